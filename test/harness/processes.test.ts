import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { waitUntil } from './ports.ts';
import { processIdentity } from './process-identity.ts';
import { describeFailure, reapLeftovers, startProcess } from './processes.ts';

const SLEEPING = 'setInterval(() => {}, 1000)';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'streamjob-processes-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const start = (script: string) =>
  startProcess({ name: 'sleeper', command: process.execPath, args: ['-e', script], logPath: join(folder, 'log') });
const notes = (): string[] => readdirSync(join(folder, 'streamjob', 'processes'));

describe('a started process', () => {
  it('is ended with the processes that it started itself', async () => {
    const parent = await start(`
      const child = require('child_process').spawn(process.execPath, ['-e', '${SLEEPING}']);
      console.log(child.pid); ${SLEEPING}`);
    const childPid = (): number => Number(readFileSync(join(folder, 'log'), 'utf8'));
    await waitUntil(async () => childPid() > 0, { timeoutMs: 10_000, what: 'the start of the child' });
    const child = childPid();
    expect(processIdentity(child)).not.toBeNull();
    await parent.stop(0);
    await waitUntil(async () => processIdentity(child) === null, { timeoutMs: 10_000, what: 'the end of the child' });
    expect(parent.running()).toBe(false);
    expect(notes()).toEqual([]);
  });

  it('that ends by itself is explained by the end of its log', async () => {
    const failing = await start(`console.error('the port is taken'); process.exit(3)`);
    expect(await failing.ended).toBe('exit code 3');
    expect(describeFailure(failing, 'it ended')).toMatch(/sleeper: it ended[\s\S]*the port is taken/);
  });

  it('that cannot be started is an error', async () => {
    const spec = { name: 'nothing', command: join(folder, 'no-such-program'), args: [], logPath: join(folder, 'log') };
    await expect(startProcess(spec)).rejects.toThrow(/cannot start nothing .*ENOENT/);
  });
});

describe('reapLeftovers', () => {
  /** A process that runs, with a note as a run would have left it. */
  async function leftover(note: { ownerPid: number; ownerIdentity: string; identity?: string }) {
    const child = spawn(process.execPath, ['-e', SLEEPING], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const own = join(folder, `own-${pid}`);
    writeFileSync(own, '');
    await start('0').then((other) => other.ended);
    const content = { name: 'left', pid, identity: processIdentity(pid), ownPaths: [own], ...note };
    writeFileSync(join(folder, 'streamjob', 'processes', `${pid}.json`), JSON.stringify(content));
    return { child, own, running: () => processIdentity(pid) !== null };
  }

  it('ends the process of a run that is over, and removes its files', async () => {
    const left = await leftover({ ownerPid: process.pid, ownerIdentity: 'an earlier process of the same number' });
    expect(reapLeftovers()).toEqual(['left']);
    await once(left.child, 'exit');
    expect(existsSync(left.own)).toBe(false);
    expect(notes()).toEqual([]);
  });

  it('leaves a process alone whose run goes on', async () => {
    const left = await leftover({ ownerPid: process.pid, ownerIdentity: processIdentity(process.pid) ?? '' });
    expect(reapLeftovers()).toEqual([]);
    expect(left.running()).toBe(true);
    expect(existsSync(left.own)).toBe(true);
    left.child.kill('SIGKILL');
  });

  it('leaves a process alone that has only got the number of one that was left', async () => {
    const left = await leftover({ ownerPid: 1, ownerIdentity: 'gone', identity: 'started at another time' });
    expect(reapLeftovers()).toEqual([]);
    expect(left.running()).toBe(true);
    expect(notes()).toEqual([]);
    left.child.kill('SIGKILL');
  });
});

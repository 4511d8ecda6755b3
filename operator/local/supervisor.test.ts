// The supervisor with real, tiny processes: what runs is asked of the system, not of the supervisor.
import { type ChildProcess, spawn } from 'node:child_process';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../clock.ts';
import { freePort } from './free-port.ts';
import { Supervisor } from './supervisor.ts';
import type { WorkerLaunch, WorkerLine } from './worker-process.ts';

const STAYS =
  'process.stdout.write(`${process.env.POD_NAME} ${process.env.REVISION ?? ""}\\n`); setInterval(() => {}, 1000);';
const STUBBORN = `process.on("SIGTERM", () => {}); ${STAYS}`;

const running: Supervisor[] = [];
afterEach(async () => {
  for (const supervisor of running.splice(0)) await supervisor.stop();
});

interface World {
  readonly supervisor: Supervisor;
  readonly lines: string[];
  readonly children: ChildProcess[];
  /** Resolves at the next change or line after which the condition holds. */
  readonly until: (condition: () => boolean) => Promise<void>;
}

function setUp(script: string, graceMs = 10_000): World {
  const lines: string[] = [];
  const children: ChildProcess[] = [];
  const watchers = new Set<() => void>();
  const look = (): void => {
    for (const watcher of watchers) watcher();
  };
  const supervisor = new Supervisor({
    job: 'j',
    configFile: '/dev/null',
    spawn: ({ env }: WorkerLaunch) => {
      const child = spawn(process.execPath, ['-e', script], {
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(child);
      child.once('exit', look);
      return child;
    },
    clock: systemClock,
    freePort,
    onLine: ({ line }: WorkerLine) => {
      lines.push(line);
      look();
    },
    onChange: look,
    isReady: () => true,
    graceMs,
  });
  running.push(supervisor);
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const watcher = (): void => {
        if (!condition()) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      watcher();
    });
  return { supervisor, lines, children, until };
}

const alive = (children: readonly ChildProcess[]): number =>
  children.filter((child) => child.exitCode === null && child.signalCode === null).length;

test('starts as many as wanted, each with its name, and stops the last ones first', async () => {
  const { supervisor, lines, children, until } = setUp(STAYS);
  supervisor.want({ replicas: 3, revision: 'r1', env: {} });
  await until(() => lines.length === 3);
  expect(lines.map((line) => line.trim()).toSorted()).toEqual(['j-worker-0', 'j-worker-1', 'j-worker-2']);
  supervisor.want({ replicas: 1, revision: 'r1', env: {} });
  await until(() => supervisor.list().length === 1);
  expect([supervisor.list().map(({ process }) => process.name), alive(children)]).toEqual([['j-worker-0'], 1]);
});

test('another revision replaces every worker, with the new environment', async () => {
  const { supervisor, lines, children, until } = setUp(STAYS);
  supervisor.want({ replicas: 2, revision: 'r1', env: { REVISION: '1' } });
  await until(() => lines.length === 2);
  supervisor.want({ replicas: 2, revision: 'r2', env: { REVISION: '2' } });
  await until(() => lines.length === 4);
  // Each process writes when it gets to it.
  expect(lines.slice(2).sort()).toEqual(['j-worker-0 2', 'j-worker-1 2']);
  expect(alive(children)).toBe(2);
});

test('a worker that is killed is started again under its name', async () => {
  const { supervisor, lines, children, until } = setUp(STAYS);
  supervisor.want({ replicas: 1, revision: 'r1', env: {} });
  await until(() => lines.length === 1);
  children[0]?.kill('SIGKILL');
  await until(() => lines.length === 2);
  const [worker] = supervisor.list();
  expect([lines[1]?.trim(), worker?.process.restarts, worker?.process.lastEnd]).toEqual([
    'j-worker-0',
    1,
    { exitCode: 128, message: 'killed by SIGKILL' },
  ]);
});

test('a worker that ends by itself keeps its exit code and last words', async () => {
  const { supervisor, until } = setUp('console.error("no such bucket"); process.exitCode = 3;');
  supervisor.want({ replicas: 1, revision: 'r1', env: {} });
  await until(() => (supervisor.list()[0]?.process.restarts ?? 0) > 0);
  expect(supervisor.list()[0]?.process.lastEnd).toMatchObject({ exitCode: 3 });
});

test('stopping leaves no process, not even one that takes no notice of SIGTERM', async () => {
  const { supervisor, lines, children, until } = setUp(STUBBORN, 50);
  supervisor.want({ replicas: 2, revision: 'r1', env: {} });
  await until(() => lines.length === 2);
  await supervisor.stop();
  expect([alive(children), supervisor.list()]).toEqual([0, []]);
});

// The command line as a person uses it: what is printed, and the exit code.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../config/samples/user-metrics.yaml', import.meta.url));
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'streamjob-cli-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, text);
  return place;
}

function streamjob(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const all = ['--disable-warning=ExperimentalWarning', MAIN, ...args];
    execFile(process.execPath, all, { timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

const job = (window: string): string => `
apiVersion: streamjob.dev/v1alpha1
kind: StreamJob
metadata: {name: j}
spec:
  source: {kafka: {bootstrapServers: "127.0.0.1:9", topic: t}}
  keyBy: [k]
  window: ${window}
  aggregates: {total: {count: {}}}
  sinks: [{print: {}}]
  checkpoint: {storage: {local: {path: /tmp/none}}}
`;

describe('validate', () => {
  test('says that a good manifest is good', async () => {
    expect(await streamjob('validate', SAMPLE)).toMatchObject({
      code: 0,
      stdout: `${SAMPLE}: user-metrics is valid\n`,
    });
  });

  test('lists all problems of all documents, each with its path', async () => {
    const bad = await file(
      'bad.yaml',
      `${job('{tumbling: {size: 1 minute}}').replace('keyBy', 'keyby')}---${job('{session: {gap: 1m}}')}  restoreFrom: latest\n`,
    );
    const { code, stdout } = await streamjob('validate', bad);
    expect(code).toBe(1);
    expect(stdout).toContain(`${bad}#1: spec.keyby: unknown field; did you mean "keyBy"?`);
    expect(stdout).toContain(
      `${bad}#1: spec.window.tumbling.size: must be a duration such as 250ms, 10s, 5m, 1h or 1d; got "1 minute"`,
    );
    expect(stdout).toContain(`${bad}#2: not supported yet: spec.restoreFrom`);
  });

  test('speaks JSON to programs', async () => {
    const { stdout } = await streamjob('validate', SAMPLE, '--output', 'json');
    expect(JSON.parse(stdout)).toEqual({ where: SAMPLE, name: 'user-metrics', valid: true, problems: [] });
  });

  test('says what it cannot read', async () => {
    expect(await streamjob('validate', '/no/such/file')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^streamjob: cannot read \/no\/such\/file/) as string,
    });
    const broken = await file('broken.yaml', 'a: [1, 2');
    expect(await streamjob('validate', broken)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not YAML') as string,
    });
  });
});

test('a wrong command or flag is exit code 2, with help', async () => {
  expect(await streamjob('rum')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/unknown command 'rum'.*Did you mean run\?/s) as string,
  });
  expect(await streamjob('run')).toMatchObject({ code: 2 });
  expect(await streamjob('run', SAMPLE, '--workers', 'two')).toMatchObject({
    code: 2,
    stderr: 'streamjob: --workers must be an integer from 1 to 64; got "two"\n',
  });
});

test('every command has help', async () => {
  for (const command of ['run', 'dev', 'validate', 'worker', 'operator']) {
    const { code, stdout } = await streamjob(command, '--help');
    expect([command, code]).toEqual([command, 0]);
    expect(stdout).toContain(`Usage: streamjob ${command}`);
  }
});

test('run tells which brokers it cannot reach, as a matter of environment', async () => {
  const manifest = await file('run.yaml', job('{tumbling: {size: 1m}}'));
  const { code, stderr } = await streamjob('run', manifest);
  expect(code).toBe(3);
  expect(stderr).toMatch(/^streamjob: cannot create the shuffle topic on 127.0.0.1:9: .*ECONNREFUSED/);
});

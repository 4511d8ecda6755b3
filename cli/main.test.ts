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
  for (const command of ['run', 'dev', 'validate', 'test', 'worker', 'operator']) {
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

test('a test file is run', async () => {
  const inline = job('{tumbling: {size: 10ms}}').replaceAll('\n', '\n  ');
  const steps = ['record: {value: {k: a}, timestamp: 3}', 'endOfInput: {}'];
  const expected = '{k: a, windowStart: 0, windowEnd: 10, total: 1}';
  const good = await file(
    'case.yaml',
    `job:${inline}\ncases:\n- name: one record\n  steps:\n  - ${steps.join('\n  - ')}\n  - expect: [${expected}]\n`,
  );
  expect(await streamjob('test', good, '--variant', 'plain')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^ok .*one record \(plain\)\n1 passed, 0 failed/) as string,
  });
  expect(await streamjob('test', good, '--filter', 'nothing')).toMatchObject({ code: 2 });
  expect(await streamjob('test', good, '--variant', 'fast')).toMatchObject({ code: 2 });
  expect(await streamjob('test', '/no/such/file')).toMatchObject({ code: 2 });
});

test('run --embedded needs no broker', async () => {
  const manifest = await file('embedded.yaml', job('{tumbling: {size: 10ms}}'));
  const input = await file('in.jsonl', '{"k":"a","at":1}\n{"k":"a","at":2}\n');
  expect(await streamjob('run', manifest, '--embedded', '--input', input, '--timestamp-field', 'at')).toMatchObject({
    code: 0,
    stdout: '{"k":"a","windowStart":0,"windowEnd":10,"total":2}\n',
    stderr: '2 records, 0 bad, 0 late\n',
  });
  expect(await streamjob('run', manifest, '--key-field', 'k')).toMatchObject({
    code: 2,
    stderr: 'streamjob: --key-field needs --embedded\n',
  });
  expect(await streamjob('run', manifest, '--embedded', '--input', '/no/such/file')).toMatchObject({ code: 2 });
});

// Whole test files through the command's body: what is printed, and the exit code.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliError } from '../cli-error.ts';
import { type RunTestFilesOptions, runTestFiles } from './run-test-files.ts';
import { VARIANTS } from './variants.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'streamjob-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const JOB = `job:
  apiVersion: streamjob.dev/v1alpha1
  kind: StreamJob
  metadata: {name: j}
  spec:
    source: {kafka: {bootstrapServers: "kafka:9092", topic: results}, eventTime: {field: ts, unit: ms}}
    keyBy: [k]
    window: {tumbling: {size: 10ms}}
    aggregates: {total: {count: {}}}
    sinks: [{print: {}}]
`;

async function run(cases: string, options: Partial<RunTestFilesOptions> = {}, job = JOB) {
  const file = path.join(folder, 'a.yaml');
  await writeFile(file, `${job}partitions: 2\ncases:\n${cases}`);
  const lines: string[] = [];
  const write = (line: string): void =>
    void lines.push(line.replaceAll(`${folder}/`, '').replace(/\(\d+\.\d s\)/, '(… s)'));
  const all = { files: [file], variants: VARIANTS, filter: '', output: 'text', write, ...options } as const;
  return { code: await runTestFiles(all), lines };
}

const GOOD = `- name: good
  steps:
  - record: {value: {k: a, ts: 1}}
  - endOfInput: {}
  - expect: [{k: a, windowStart: 0, windowEnd: 10, total: 1}]
`;
const BAD = `- name: bad
  steps:
  - record: {value: {k: a, ts: 1}}
  - endOfInput: {}
  - expect: [{k: a, windowStart: 0, windowEnd: 10, total: 2}]
`;

test('a line for each case, details for one that fails, and the sum', async () => {
  expect(await run(GOOD + BAD)).toEqual({
    code: 1,
    lines: [
      'ok    a.yaml:13 good (plain, crash, rescale)',
      'FAIL  a.yaml:18 bad (plain, crash, rescale)',
      '  a.yaml:22 expect',
      '    expected    {k: a, windowStart: 0, windowEnd: 10, total: 2}',
      '    came out    {k: a, windowStart: 0, windowEnd: 10, total: 1}',
      '      differs   total: 2 → 1',
      '1 passed, 1 failed (… s)',
    ],
  });
});

test('only some cases, only one variant', async () => {
  expect(await run(GOOD + BAD, { filter: 'goo', variants: ['crash'] })).toEqual({
    code: 0,
    lines: ['ok    a.yaml:13 good (crash)', '1 passed, 0 failed (… s)'],
  });
  await expect(run(GOOD, { filter: 'none' })).rejects.toThrow(new CliError(2, 'no case has "none" in its name'));
});

test('one object a case for programs', async () => {
  const { lines, code } = await run(BAD, { output: 'json', variants: ['plain'] });
  expect([code, lines.length]).toEqual([1, 1]);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    file: 'a.yaml',
    line: 13,
    case: 'bad',
    passed: false,
    runs: [{ variant: 'plain', passed: false, failure: { line: 17, step: 'expect' } }],
  });
});

test('a wrong file is told, and the others run', async () => {
  await writeFile(path.join(folder, 'wrong.yaml'), 'jobs: 1\n');
  const files = ['wrong.yaml', 'a.yaml'].map((name) => path.join(folder, name));
  expect(await run(GOOD, { files, variants: ['plain'] })).toEqual({
    code: 1,
    lines: [
      expect.stringMatching(/^wrong\.yaml:1: jobs: unknown field "jobs"; did you mean "job"\?\n/) as string,
      'ok    a.yaml:13 good (plain)',
      '1 passed, 0 failed, 1 file that cannot be run (… s)',
    ],
  });
});

test('a job that stops fails the case with what stopped it', async () => {
  const job = JOB.replace('    keyBy', '    onBadRecord: fail\n    keyBy');
  const { lines } = await run('- name: poison\n  steps:\n  - raw: {value: x}\n', { variants: ['plain'] }, job);
  expect(lines.slice(0, 2)).toEqual(['FAIL  a.yaml:14 poison (plain)', '  a.yaml:16 raw']);
  expect(lines[2]).toMatch(/record results\/0@0 cannot be used .* spec\.onBadRecord is fail/);
});

describe('records from a file', () => {
  const lines = [
    '{"k":"a","ts":1,"id":"u1","p":1}',
    '{broken',
    '',
    '{"k":"a","ts":2,"id":"u2","p":0}',
    '{"k":"b","ts":3}',
  ];
  beforeAll(() => writeFile(path.join(folder, 'in.jsonl'), lines.join('\n')));
  const taking = (records: string, ...steps: string[]): string =>
    ['- name: file', '  steps:', `  - records: ${records}`, ...steps.map((step) => `  - ${step}`), ''].join('\n');

  test('all of them, or lines from and to', async () => {
    const all = taking(
      '{file: ./in.jsonl, partitionField: p}',
      'expectBad: 1',
      'endOfInput: {}',
      'expect: [{k: a, windowStart: 0, windowEnd: 10, total: 2}, {k: b, windowStart: 0, windowEnd: 10, total: 1}]',
    );
    const some = taking(
      '{file: in.jsonl, keyField: id, from: 2, to: 4}',
      'endOfInput: {}',
      'expect: [{k: a, windowStart: 0, windowEnd: 10, total: 1}]',
    );
    expect((await run(all + some)).lines.at(-1)).toBe('2 passed, 0 failed (… s)');
  });

  test.each([
    ['{file: none.jsonl}', /ENOENT/],
    ['{file: in.jsonl, to: 9}', /in\.jsonl has 5 lines, lines 0 to 9 are wanted/],
  ])('%s fails', async (records, message) => {
    expect((await run(taking(records), { variants: ['plain'] })).lines.join('\n')).toMatch(message);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseTestFile } from './read-test-file.ts';
import { TestFileError } from './test-file.ts';

const JOB = `job:
  apiVersion: streamjob.dev/v1alpha1
  kind: StreamJob
  metadata: {name: j}
  spec:
    source: {kafka: {bootstrapServers: "kafka:9092", topic: in}, eventTime: {field: ts, unit: ms}}
    keyBy: [k]
    window: {tumbling: {size: 10ms}}
    aggregates: {total: {count: {}}}
    sinks: [{print: {}}]
`;
/** Line of the first step in a file that `withSteps` makes. */
const FIRST_STEP = 14;
const withSteps = (...steps: string[]): string =>
  `${JOB}cases:\n- name: c\n  steps:\n${steps.map((step) => `  - ${step}\n`).join('')}`;

async function problemsOf(text: string, file = 'a.yaml'): Promise<readonly string[]> {
  try {
    await parseTestFile(file, text);
    return [];
  } catch (error) {
    if (!(error instanceof TestFileError)) throw error;
    return error.message.split('\n');
  }
}

async function stepsOf(...steps: string[]) {
  const { documents } = await parseTestFile('a.yaml', withSteps(...steps));
  return documents[0]?.cases[0]?.steps ?? [];
}

test('every step is read as it is meant', async () => {
  const steps = await stepsOf(
    'record: {key: u1, value: {k: a, big: 9007199254740993, f: 1.50}, timestamp: 7, headers: {h: x, none: null}}',
    'raw: {value: "{broken"}',
    'record: {value: null}',
    'records: {file: x.jsonl, keyField: k, from: 2, to: 5}',
    'advanceTime: 30s',
    'checkpoint: {}',
    'crash: {}',
    'rescale: 3',
    'endOfInput: {}',
    'expect: [{k: a, total: 2.0, big: 9007199254740993}]',
    'expectLate: 1',
    'expectBad: 0',
  );
  expect(steps.map(({ line }) => line)).toEqual(steps.map((_, index) => FIRST_STEP + index));
  expect(steps).toMatchObject([
    {
      kind: 'record',
      record: {
        key: 'u1',
        value: '{"k":"a","big":9007199254740993,"f":1.50}',
        partition: 0,
        timestampMs: 7,
        headers: [
          { key: 'h', value: 'x' },
          { key: 'none', value: null },
        ],
      },
    },
    { kind: 'raw', record: { key: null, value: '{broken', partition: 0, timestampMs: null, headers: [] } },
    { kind: 'record', record: { key: null, value: null, partition: 0, timestampMs: null, headers: [] } },
    {
      kind: 'records',
      records: {
        file: path.resolve('x.jsonl'),
        keyField: 'k',
        timestampField: null,
        partitionField: null,
        from: 2,
        to: 5,
      },
    },
    { kind: 'advanceTime', ms: 30_000 },
    { kind: 'checkpoint' },
    { kind: 'crash' },
    { kind: 'rescale', workers: 3 },
    { kind: 'endOfInput' },
    { kind: 'expect', rows: [{ k: 'a', total: 2, big: 9007199254740993n }] },
    { kind: 'expectLate', count: 1 },
    { kind: 'expectBad', count: 0 },
  ]);
});

const wrongSteps: Record<string, [step: string, problem: string]> = {
  'a step of another name': ['recrod: {value: {}}', 'unknown step "recrod"; did you mean "record"?'],
  'a step of no name that is near': ['wait: 1s', 'unknown step "wait"; must be one of record, raw, records, '],
  'two names in a step': ['{crash: {}, checkpoint: {}}', 'a step is a map with one name'],
  'a record without a value': ['record: {key: a}', '.record: needs value'],
  'a field that a record has not': [
    'record: {value: 1, keys: a}',
    '.record.keys: unknown field "keys"; did you mean "key"?',
  ],
  'a partition that the topic has not': [
    'record: {value: 1, partition: 1}',
    '.record.partition: must be an integer from 0 to 0; got 1',
  ],
  'bytes that are no text': ['raw: {value: {a: 1}}', '.raw.value: must be text; got a map'],
  'a word that YAML takes for a boolean': [
    'record: {value: {a: yes}}',
    '.value.a: yes is the boolean true in YAML 1.1; write "yes" or true',
  ],
  'a name that YAML takes for a boolean': [
    'expect: [{k: a, n: 1}]',
    '.expect[0]: the name n is a boolean in YAML 1.1; put it in quotes',
  ],
  'a number that JSON has not': ['record: {value: {a: .inf}}', '.value.a: .inf is no number that JSON has'],
  'a duration without a unit': [
    'advanceTime: 30',
    '.advanceTime: must be a duration such as 250ms, 10s, 5m, 1h or 1d; got 30',
  ],
  'no workers': ['rescale: 0', '.rescale: must be an integer from 1 to 16; got 0'],
  'a row that is no map': ['expect: [1]', '.expect[0]: a row is a map of the fields of one result'],
  'fewer than no records': ['expectBad: -1', '.expectBad: must be an integer ≥ 0; got -1'],
  'lines that end before they begin': [
    'records: {file: a, from: 3, to: 2}',
    '.records.to: must be an integer ≥ 3; got 2',
  ],
  'something in a crash': ['crash: {worker: 1}', '.crash.worker: unknown field "worker"'],
};

test.each(Object.entries(wrongSteps))('%s is told with its path and line', async (_name, [step, problem]) => {
  const [found = '', ...more] = await problemsOf(withSteps('crash: {}', step));
  expect(more).toEqual([]);
  expect(found).toMatch(/^a\.yaml:15: cases\[0\]\.steps\[1\]/);
  expect(found).toContain(problem);
});

test('nothing can be fed after the end of the input', async () => {
  expect(await problemsOf(withSteps('endOfInput: {}', 'record: {value: 1}', 'crash: {}'))).toEqual([
    'a.yaml:15: cases[0].steps: record after endOfInput: no record can follow it',
  ]);
});

test('all problems of all documents are told at once, in the order of the lines', async () => {
  const text = `${withSteps('crsh: {}')}---\n${JOB.replace('10ms', '10 ms')}---\ncases: []\n`;
  expect(await problemsOf(text)).toEqual([
    'a.yaml:14: document 1.cases[0].steps[0]: unknown step "crsh"; did you mean "crash"?',
    'a.yaml:16: document 2: needs cases',
    'a.yaml:23: document 2.job: spec.window.tumbling.size: must be a duration such as 250ms, 10s, 5m, 1h or 1d; got "10 ms"',
    'a.yaml:27: document 3: needs job',
  ]);
});

test.each([
  ['text that is no YAML', 'a: [1, 2', /^a\.yaml:1: /],
  ['an empty file', '', /^a\.yaml: holds no document/],
  ['a list', '- 1\n', /^a\.yaml:1: must be a map with job, partitions, cases; got a list/],
])('%s is told', async (_name, text, problem) => {
  expect((await problemsOf(text))[0]).toMatch(problem);
});

describe('a job by path', () => {
  let folder = '';
  const place = (name: string): string => path.join(folder, name);
  const manifest = JOB.replace('job:\n', '').replaceAll(/^ {2}/gm, '');
  const using = (name: string): string => `job: ./${name}\ncases: []\n`;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'streamjob-test-file-'));
    await writeFile(place('job.yaml'), manifest);
    await writeFile(place('two.yaml'), `${manifest}---\n${manifest}`);
    await writeFile(place('bad.yaml'), manifest.replace('keyBy', 'keyby'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('is found from the folder of the test file, and needs no storage', async () => {
    const { documents } = await parseTestFile(place('a.yaml'), using('job.yaml'));
    expect(documents[0]?.job.name).toBe('j');
  });

  test.each([
    ['none.yaml', /:1: job: cannot read \.\/none\.yaml: ENOENT/],
    ['two.yaml', /:1: job: \.\/two\.yaml holds 2 documents; give a file with one StreamJob/],
    ['bad.yaml', /:1: job: spec\.keyby: unknown field; did you mean "keyBy"\?/],
  ])('%s is told', async (name, problem) => {
    expect((await problemsOf(using(name), place('a.yaml'))).join('\n')).toMatch(problem);
  });
});

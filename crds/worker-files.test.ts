// The two documents between operator and worker.
import { expect, test } from 'vitest';
import { validateStreamJob } from './validate.ts';
import { BASE_MANIFEST } from './validate.cases.ts';
import { type WorkerConfig, formatWorkerConfig, parseWorkerConfig, workerManifest } from './worker-config.ts';
import { type WorkerStatus, parseWorkerStatus } from './worker-status.ts';

const CONFIG: WorkerConfig = {
  namespace: 'analytics',
  job: 'clicks',
  uid: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
  incarnation: 1,
  planHash: '5721669a',
  generation: 4,
  spec: BASE_MANIFEST.spec,
};

test('a configuration is read as it was written, and holds a valid manifest', () => {
  const read = parseWorkerConfig(formatWorkerConfig(CONFIG));
  expect(read).toEqual(CONFIG);
  const result = validateStreamJob(workerManifest(read));
  expect(result.ok && { name: result.resolved.name, namespace: result.resolved.namespace }).toEqual({
    name: 'clicks',
    namespace: 'analytics',
  });
});

test.each([
  ['{', 'worker configuration must be JSON'],
  ['[]', 'worker configuration is not what the operator writes: : Invalid input: expected object, received array'],
  [JSON.stringify({ ...CONFIG, incarnation: 0 }), 'incarnation: Too small'],
  [JSON.stringify({ ...CONFIG, planHash: 'x' }), 'planHash: Invalid string'],
])('%s is no configuration', (text, message) => {
  expect(() => parseWorkerConfig(text)).toThrow(message);
});

const STATUS: WorkerStatus = {
  v: 1,
  job: 'clicks',
  incarnation: 1,
  planHash: '5721669a',
  instanceId: 'clicks-worker-1',
  state: 'running',
  live: true,
  tasks: [
    {
      id: 'ingest-3',
      topic: 'in',
      partition: 3,
      state: 'live',
      position: 12,
      committed: 10,
      highWatermark: 14,
      watermark: -1,
      checkpoint: null,
    },
    {
      id: 'aggregate-7',
      topic: 'a.b.c-1-shuffle',
      partition: 7,
      state: 'replaying',
      position: 0,
      committed: 0,
      highWatermark: null,
      watermark: null,
      checkpoint: '10-2-ab',
    },
  ],
  lag: { records: 2, worstPartition: { topic: 'in', partition: 3, records: 2 } },
  watermark: -1,
  lastCommitAt: 1_767_225_600_000,
  problem: {
    reason: 'NotCoPartitioned',
    message: 'm',
    topic: 'in',
    partition: 1,
    offset: 9,
    userAction: 'use shuffle: always',
    retryable: false,
  },
  why: 'waiting for the group',
  counters: { records: 12, bad: 1, late: 0 },
};

test('a status is read as it was written', () => {
  expect(parseWorkerStatus(JSON.stringify(STATUS))).toEqual(STATUS);
});

test.each([
  ['<html>', 'worker status must be JSON'],
  [JSON.stringify({ ...STATUS, v: 2 }), 'worker status is not of version 1: v: Invalid input: expected 1'],
  [
    JSON.stringify({ ...STATUS, problem: { reason: 'Oops', message: '', retryable: true } }),
    'problem.reason: Invalid option',
  ],
])('%s is no status', (text, message) => {
  expect(() => parseWorkerStatus(text)).toThrow(message);
});

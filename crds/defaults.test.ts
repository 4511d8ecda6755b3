// Every default of the contract, once in the resolved job and once in the schema of what is not resolved yet.
import { expect, test } from 'vitest';
import { schemasAt } from './parse-manifest.ts';
import { planHash } from './plan-hash.ts';
import type { ResolvedJob } from './resolved-job.ts';
import { manifestWith } from './validate.cases.ts';
import { validateStreamJob } from './validate.ts';

function resolved(set: Readonly<Record<string, unknown>> = {}): ResolvedJob {
  const result = validateStreamJob(manifestWith(set));
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  return result.resolved;
}

test('a manifest that sets only what it must', () => {
  expect(resolved()).toEqual({
    name: 'clicks',
    namespace: 'default',
    source: {
      kafka: { bootstrapServers: 'kafka:9092', topic: 'in', startFrom: { kind: 'earliest' }, partitioner: 'murmur2' },
      format: { kind: 'json' },
      eventTime: { kind: 'recordTimestamp' },
      watermark: {
        maxOutOfOrdernessMs: 0,
        idleTimeoutMs: 60_000,
        closeIdleAfterMs: 0,
        maxFutureMs: 86_400_000,
        maxDriftMs: 3_600_000,
      },
    },
    onBadRecord: { kind: 'skip' },
    where: null,
    keyBy: ['userId'],
    mode: 'shuffled',
    window: { kind: 'tumbling', sizeMs: 60_000, offsetMs: 0 },
    allowedLatenessMs: 0,
    lateData: null,
    emit: { mode: 'close' },
    aggregates: [{ name: 'views', input: { kind: 'record' }, where: null, fn: 'count' }],
    sinks: [{ kind: 'kafka', topic: 'out' }],
    delivery: { guarantee: 'exactlyOnce', commitIntervalMs: 100, transactionTimeoutMs: 10_000 },
    checkpoint: { intervalMs: 10_000, retain: 3, storage: { kind: 'local', path: '/var/lib/streamjob' } },
    parallelism: 2,
    maxParallelism: 32,
    state: 'running',
    deletion: { policy: 'retain', deadlineMs: 60_000 },
    worker: { image: null, resources: {}, env: [], podTemplate: {}, stateMemoryBytes: 0 },
  } satisfies ResolvedJob);
});

test('an S3 store that names only its bucket', () => {
  expect(resolved({ 'spec.checkpoint.storage': { s3: { bucket: 'b' } } }).checkpoint.storage).toEqual({
    kind: 's3',
    bucket: 'b',
    prefix: '',
    region: 'us-east-1',
    endpoint: null,
    pathStyle: true,
    credentialsSecret: null,
    sse: null,
  });
});

test.each([
  ['spec.source.kafka.startFrom', 'earliest'],
  ['spec.source.kafka.partitioner', 'murmur2'],
  ['spec.source.kafka.partitionDiscovery', '30s'],
  ['spec.source.kafka.onDataLoss', 'fail'],
  ['spec.source.eventTime.unit', 'ms'],
  ['spec.source.watermark.maxOutOfOrderness', '0s'],
  ['spec.source.watermark.idleTimeout', '1m'],
  ['spec.source.watermark.closeIdleAfter', '0s'],
  ['spec.source.watermark.maxFuture', '1d'],
  ['spec.source.watermark.maxDrift', '1h'],
  ['spec.onBadRecord', 'skip'],
  ['spec.shuffle', 'auto'],
  ['spec.window.tumbling.offset', '0s'],
  ['spec.window.sliding.offset', '0s'],
  ['spec.window.cumulative.offset', '0s'],
  ['spec.allowedLateness', '0s'],
  ['spec.emit.mode', 'close'],
  ['spec.aggregates.p95.quantile.relativeError', 0.01],
  ['spec.aggregates.all.collect.limit', 1000],
  ['spec.delivery.guarantee', 'exactlyOnce'],
  ['spec.delivery.commitInterval', '100ms'],
  ['spec.delivery.transactionTimeout', '10s'],
  ['spec.checkpoint.interval', '10s'],
  ['spec.checkpoint.retain', 3],
  ['spec.checkpoint.storage.s3.prefix', ''],
  ['spec.checkpoint.storage.s3.region', 'us-east-1'],
  ['spec.checkpoint.storage.s3.endpoint', ''],
  ['spec.checkpoint.storage.s3.pathStyle', true],
  ['spec.checkpoint.storage.s3.sse', ''],
  ['spec.checkpoint.storage.local.path', '/var/lib/streamjob'],
  ['spec.parallelism', 2],
  ['spec.maxParallelism', 32],
  ['spec.autoscale.mode', 'manual'],
  ['spec.autoscale.min', 1],
  ['spec.autoscale.max', 8],
  ['spec.autoscale.targetUtilization', 0.7],
  ['spec.autoscale.maxLag', '30s'],
  ['spec.autoscale.catchUp', '5m'],
  ['spec.autoscale.stabilizeUp', '30s'],
  ['spec.autoscale.stabilizeDown', '5m'],
  ['spec.autoscale.idleAfter', '10m'],
  ['spec.autoscale.excludedPeriods', []],
  ['spec.upgrade.mode', 'snapshot'],
  ['spec.upgrade.maxSnapshotAge', '0s'],
  ['spec.upgrade.rollback.enabled', true],
  ['spec.upgrade.rollback.deadline', '2m'],
  ['spec.upgrade.rollback.mayRepeat', false],
  ['spec.restoreFrom', 'fresh'],
  ['spec.state', 'running'],
  ['spec.deletion.policy', 'retain'],
  ['spec.deletion.deadline', '60s'],
  ['spec.worker.image', ''],
  ['spec.worker.resources', {}],
  ['spec.worker.env', []],
  ['spec.worker.podTemplate', {}],
  ['spec.worker.stateMemory', 0],
])('%s is %j when absent', (path, byDefault) => {
  expect(schemasAt(path.split('.').slice(1)).find((schema) => 'default' in schema)?.default).toEqual(byDefault);
});

test('everything set is resolved', () => {
  const job = resolved({
    'metadata.namespace': 'analytics',
    'spec.source.kafka.bootstrapServers': 'a:9092, [::1]:9093',
    'spec.source.kafka.startFrom': { timestamp: '2026-01-01T00:00:00Z' },
    'spec.source.kafka.partitioner': 'trusted',
    'spec.source.eventTime': { field: 'at.utc', unit: 's' },
    'spec.source.watermark': {
      maxOutOfOrderness: '5s',
      idleTimeout: '0s',
      closeIdleAfter: '1m',
      maxFuture: '0s',
      maxDrift: '2h',
    },
    'spec.onBadRecord': { deadLetter: { kafka: { topic: 'bad' } } },
    'spec.where': 'type == "view"',
    'spec.keyBy': ['$key'],
    'spec.window.tumbling': { size: '1d', offset: '-8h' },
    'spec.allowedLateness': '10s',
    'spec.lateData': { kafka: { topic: 'late' } },
    'spec.emit': { mode: 'interval', every: '5s' },
    'spec.aggregates': {
      z: { avg: { field: 'v' } },
      a: { count: { field: 'v' } },
      b: { sum: { field: 'x.y' }, where: 'v > 0' },
      c: { min: { of: 'v * 2', where: 'v < 0' } },
      d: { max: { field: '$timestamp' } },
      e: { quantile: { field: 'v', q: 0.5 } },
      f: { topK: { field: 'v', k: 3 } },
      g: { collect: { field: 'v' } },
    },
    'spec.sinks': [{ print: {} }, { kafka: { topic: 'out', bootstrapServers: '[::1]:9093,a:9092' } }],
    'spec.checkpoint.storage': {
      s3: {
        bucket: 'b',
        prefix: '/p/q/',
        endpoint: 'http://s3:8333',
        pathStyle: false,
        credentialsSecretRef: { name: 's' },
        sse: 'AES256',
      },
    },
    'spec.state': 'suspended',
    'spec.deletion': { policy: 'drop', deadline: '5m' },
    'spec.worker': {
      image: 'w:1',
      resources: { limits: { memory: '1Gi' } },
      env: [{ name: 'A', value: 'b' }],
      stateMemory: 9,
    },
  });
  expect(job).toMatchObject({
    namespace: 'analytics',
    source: {
      kafka: {
        bootstrapServers: 'a:9092,[::1]:9093',
        startFrom: { kind: 'timestamp', timestampMs: 1_767_225_600_000 },
        partitioner: 'trusted',
      },
      eventTime: { kind: 'field', field: 'at.utc', unit: 's' },
      watermark: {
        maxOutOfOrdernessMs: 5_000,
        idleTimeoutMs: 0,
        closeIdleAfterMs: 60_000,
        maxFutureMs: 0,
        maxDriftMs: 7_200_000,
      },
    },
    onBadRecord: { kind: 'deadLetter', topic: 'bad' },
    where: 'type == "view"',
    keyBy: ['$key'],
    mode: 'direct',
    window: { kind: 'tumbling', sizeMs: 86_400_000, offsetMs: -28_800_000 },
    allowedLatenessMs: 10_000,
    lateData: { topic: 'late' },
    emit: { mode: 'interval', everyMs: 5_000 },
    aggregates: [
      { name: 'a', fn: 'count', input: { kind: 'field', field: 'v' }, where: null },
      { name: 'b', fn: 'sum', input: { kind: 'field', field: 'x.y' }, where: 'v > 0' },
      { name: 'c', fn: 'min', input: { kind: 'expression', text: 'v * 2' }, where: 'v < 0' },
      { name: 'd', fn: 'max', input: { kind: 'field', field: '$timestamp' }, where: null },
      { name: 'e', fn: 'quantile', q: 0.5, relativeError: 0.01 },
      { name: 'f', fn: 'topK', k: 3 },
      { name: 'g', fn: 'collect', limit: 1000 },
      { name: 'z', fn: 'avg', input: { kind: 'field', field: 'v' }, where: null },
    ],
    sinks: [{ kind: 'print' }, { kind: 'kafka', topic: 'out' }],
    checkpoint: {
      storage: {
        kind: 's3',
        prefix: 'p/q',
        endpoint: 'http://s3:8333',
        pathStyle: false,
        credentialsSecret: 's',
        sse: 'AES256',
      },
    },
    state: 'suspended',
    deletion: { policy: 'drop', deadlineMs: 300_000 },
    worker: {
      image: 'w:1',
      resources: { limits: { memory: '1Gi' } },
      env: [{ name: 'A', value: 'b' }],
      stateMemoryBytes: 9,
    },
  });
});

test.each<[string, Record<string, unknown>, ResolvedJob['window']]>([
  [
    'sliding',
    { size: '1m', slide: '10s', offset: '-1s' },
    { kind: 'sliding', sizeMs: 60_000, slideMs: 10_000, offsetMs: -1_000 },
  ],
  ['session', { gap: '30s' }, { kind: 'session', gapMs: 30_000 }],
  [
    'cumulative',
    { size: '1d', step: '1h' },
    { kind: 'cumulative', sizeMs: 86_400_000, stepMs: 3_600_000, offsetMs: 0 },
  ],
  ['global', {}, { kind: 'global' }],
])('a %s window', (kind, fields, expected) => {
  expect(resolved({ 'spec.window': { [kind]: fields }, 'spec.emit': { mode: 'update' } }).window).toEqual(expected);
});

test.each([
  [['$key'], 'auto', 'direct'],
  [['$key'], 'never', 'direct'],
  [['$key'], 'always', 'shuffled'],
  [['userId'], 'auto', 'shuffled'],
  [['userId'], 'always', 'shuffled'],
  [['$key', 'userId'], 'auto', 'shuffled'],
])('keyBy %j with shuffle %s is %s', (keyBy, shuffle, mode) => {
  expect(resolved({ 'spec.keyBy': keyBy, 'spec.shuffle': shuffle }).mode).toBe(mode);
});

test('the plan hash of a manifest never changes: it is persisted', () => {
  expect(planHash(resolved())).toBe('e8f05f65');
  expect(planHash(resolved({ 'spec.keyBy': ['$key'] }))).toBe('b7966e32');
});

test.each<[string, Record<string, unknown>]>([
  ['the topic', { 'spec.source.kafka.topic': 'other' }],
  ['the event time', { 'spec.source.eventTime': { field: 'ts' } }],
  ['the watermark', { 'spec.source.watermark.maxOutOfOrderness': '1s' }],
  ['idleness', { 'spec.source.watermark.idleTimeout': '2m' }],
  ['the close of idle windows', { 'spec.source.watermark.closeIdleAfter': '2m' }],
  ['how far ahead records may be', { 'spec.source.watermark.maxFuture': '2d' }],
  ['lateness', { 'spec.allowedLateness': '1s' }],
  ['where late records go', { 'spec.lateData': { kafka: { topic: 'late' } } }],
  ['when results come out', { 'spec.emit': { mode: 'update' } }],
  ['the filter of an aggregate', { 'spec.aggregates.views': { count: {}, where: 'a == 1' } }],
  ['the filter', { 'spec.where': 'a == 1' }],
  ['the key', { 'spec.keyBy': ['a'] }],
  ['the shuffle', { 'spec.keyBy': ['$key'], 'spec.shuffle': 'always' }],
  ['the window', { 'spec.window.tumbling.size': '2m' }],
  ['the offset', { 'spec.window.tumbling.offset': '1s' }],
  ['the aggregates', { 'spec.aggregates.more': { sum: { field: 'v' } } }],
  ['the sinks', { 'spec.sinks': [{ print: {} }] }],
  ['the shuffle partitions', { 'spec.maxParallelism': 64 }],
])('another plan: %s', (_, set) => {
  expect(planHash(resolved(set))).not.toBe(planHash(resolved()));
});

test.each<[string, Record<string, unknown>]>([
  ['the same duration in other words', { 'spec.window.tumbling.size': '60s' }],
  ['the address of the brokers', { 'spec.source.kafka.bootstrapServers': 'elsewhere:9092' }],
  ['where reading began', { 'spec.source.kafka.startFrom': 'latest' }],
  ['the flow while catching up', { 'spec.source.watermark.maxDrift': '2h' }],
  ['how much state a worker may hold', { 'spec.worker.stateMemory': 1 }],
  ['the partitioner', { 'spec.source.kafka.partitioner': 'crc32' }],
  ['the pace of commits', { 'spec.delivery': { commitInterval: '1s' } }],
  ['what happens to bad records', { 'spec.onBadRecord': 'fail' }],
  ['checkpoints', { 'spec.checkpoint': { interval: '1m', retain: 9, storage: { s3: { bucket: 'b' } } } }],
  ['the number of workers', { 'spec.parallelism': 9 }],
  ['the state', { 'spec.state': 'suspended' }],
  ['deletion', { 'spec.deletion.policy': 'drop' }],
  ['the worker', { 'spec.worker.image': 'w:2' }],
  ['the name', { 'metadata.name': 'other' }],
  ['a default that is spelt out', { 'spec.shuffle': 'auto', 'spec.source.format': { json: {} } }],
])('the same plan: %s', (_, set) => {
  expect(planHash(resolved(set))).toBe(planHash(resolved()));
});

test('a filter means the same in the function and beside it', () => {
  const inside = resolved({ 'spec.aggregates': { a: { count: { where: 'x' } } } });
  expect(planHash(inside)).toBe(planHash(resolved({ 'spec.aggregates': { a: { count: {}, where: 'x' } } })));
});

test('the order of aggregates and sinks makes no other plan', () => {
  const [a, b] = [{ count: {} }, { sum: { field: 'v' } }];
  const one = resolved({ 'spec.aggregates': { a, b }, 'spec.sinks': [{ print: {} }, { kafka: { topic: 'out' } }] });
  const other = resolved({ 'spec.aggregates': { b, a }, 'spec.sinks': [{ kafka: { topic: 'out' } }, { print: {} }] });
  expect(planHash(one)).toBe(planHash(other));
});

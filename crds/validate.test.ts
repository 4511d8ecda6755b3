import { describe, expect, test } from 'vitest';
import { BAD_MANIFESTS, manifestWith } from './validate.cases.ts';
import { validateStreamJob } from './validate.ts';

const messagesOf = (input: unknown): string[] => {
  const result = validateStreamJob(input);
  return result.ok ? [] : result.problems.map((problem) => problem.message);
};

describe('a manifest that breaks a rule', () => {
  test.each(Object.entries(BAD_MANIFESTS))('%s', (_, { set, messages }) => {
    expect(messagesOf(manifestWith(set))).toEqual(messages);
  });

  test.each([
    ['nothing', undefined, 'got nothing'],
    ['null', null, 'got null'],
    ['text', 'StreamJob', 'got "StreamJob" (string)'],
    ['a list', [], 'got [] (list)'],
  ])('a document that is %s', (_, input, got) => {
    expect(messagesOf(input)).toEqual([
      `a manifest must be an object with apiVersion, kind, metadata and spec; ${got}`,
    ]);
  });

  test('a problem carries path, rule, value and reason', () => {
    const result = validateStreamJob(manifestWith({ 'spec.restoreFrom': 'latest', 'spec.state': 'x' }));
    expect(result).toEqual({
      ok: false,
      problems: [
        {
          path: 'spec.state',
          rule: 'choice',
          value: 'x',
          message: 'spec.state: must be one of running, suspended; got "x"',
          reason: 'InvalidSpec',
        },
        {
          path: 'spec.restoreFrom',
          rule: 'notSupportedYet',
          value: 'latest',
          message: 'not supported yet: spec.restoreFrom',
          reason: 'NotSupportedYet',
        },
      ],
    });
  });
});

describe('a part of a later release', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    [
      'several topics',
      { 'spec.source.kafka.topic': undefined, 'spec.source.kafka.topics': ['a', 'b'] },
      ['spec.source.kafka.topics'],
    ],
    [
      'a topic pattern',
      { 'spec.source.kafka.topic': undefined, 'spec.source.kafka.topicPattern': 'a.*' },
      ['spec.source.kafka.topicPattern'],
    ],
    [
      'start offsets',
      { 'spec.source.kafka.startFrom': { offsets: { 0: 17 } } },
      ['spec.source.kafka.startFrom.offsets'],
    ],
    ['a bounded job', { 'spec.source.kafka.endAt': { offsets: { 0: 17 } } }, ['spec.source.kafka.endAt']],
    ['discovery', { 'spec.source.kafka.partitionDiscovery': '0s' }, ['spec.source.kafka.partitionDiscovery']],
    ['data loss', { 'spec.source.kafka.onDataLoss': 'continue' }, ['spec.source.kafka.onDataLoss']],
    ['authentication', { 'spec.source.kafka.auth': { tls: {} } }, ['spec.source.kafka.auth']],
    ['text records', { 'spec.source.format': { text: {} } }, ['spec.source.format.text']],
    ['a database', { 'spec.sinks': [{ postgres: { table: 't' } }] }, ['spec.sinks[0].postgres']],
    ['at least once', { 'spec.delivery.guarantee': 'atLeastOnce' }, ['spec.delivery.guarantee']],
    ['autoscaling', { 'spec.autoscale': { mode: 'auto', max: 4 } }, ['spec.autoscale.mode', 'spec.autoscale.max']],
    ['stateless upgrades', { 'spec.upgrade.mode': 'stateless' }, ['spec.upgrade.mode']],
    ['no rollback', { 'spec.upgrade.rollback': { enabled: false } }, ['spec.upgrade.rollback.enabled']],
    ['restoring', { 'spec.restoreFrom': 'latest' }, ['spec.restoreFrom']],
    ['restoring a snapshot', { 'spec.restoreFrom': { snapshot: 's' } }, ['spec.restoreFrom']],
    ['a snapshot on deletion', { 'spec.deletion.policy': 'snapshot' }, ['spec.deletion.policy "snapshot"']],
  ])('%s', (_, set, paths) => {
    expect(messagesOf(manifestWith(set))).toEqual(paths.map((path) => `not supported yet: ${path}`));
  });

  test('a default never counts as set, however it is written', () => {
    const defaults = {
      'spec.source.kafka.partitionDiscovery': '30000ms',
      'spec.source.kafka.onDataLoss': 'fail',
      'spec.source.watermark': {
        maxOutOfOrderness: '0s',
        idleTimeout: '60s',
        closeIdleAfter: '0m',
        maxFuture: '24h',
        maxDrift: '60m',
      },
      'spec.allowedLateness': '0s',
      'spec.emit': { mode: 'close' },
      'spec.delivery': { guarantee: 'exactlyOnce' },
      'spec.autoscale': {
        mode: 'manual',
        min: 1,
        max: 8,
        targetUtilization: 0.7,
        maxLag: '30s',
        catchUp: '5m',
        stabilizeUp: '30s',
        stabilizeDown: '5m',
        idleAfter: '10m',
        excludedPeriods: [],
      },
      'spec.upgrade': {
        mode: 'snapshot',
        maxSnapshotAge: '0s',
        rollback: { enabled: true, deadline: '2m', mayRepeat: false },
      },
      'spec.restoreFrom': 'fresh',
      'spec.worker': { image: '', resources: {}, env: [], podTemplate: {}, stateMemory: 0 },
    };
    expect(messagesOf(manifestWith(defaults))).toEqual([]);
  });
});

describe('a manifest that keeps all rules', () => {
  test.each<[string, Record<string, unknown>]>([
    ['with a field in a field as key', { 'spec.keyBy': ['user.id', '$key'] }],
    ['with a key field that other languages name', { 'spec.keyBy': ['größe', '件'] }],
    ['with names that need quotes in YAML', { 'spec.aggregates': { n: { count: {} }, on: { count: {} } } }],
    ['with no workers', { 'spec.parallelism': 0 }],
    ['with a negative offset', { 'spec.window.tumbling': { size: '1d', offset: '-8h' } }],
    [
      'with the brokers of the source spelt out at the sink',
      { 'spec.sinks': [{ kafka: { topic: 'out', bootstrapServers: 'kafka:9092' } }] },
    ],
    ['with event time in microseconds', { 'spec.source.eventTime': { field: 'at', unit: 'us' } }],
    ['with event time in nanoseconds', { 'spec.source.eventTime': { field: 'at', unit: 'ns' } }],
    ['with event time as text', { 'spec.source.eventTime': { field: 'at', unit: 'iso8601' } }],
    ['with event time in a header', { 'spec.source.eventTime': { field: '$headers.at' } }],
    [
      'with all of its watermark set',
      {
        'spec.source.watermark': {
          maxOutOfOrderness: '1s',
          idleTimeout: '1s',
          closeIdleAfter: '1m',
          maxFuture: '0s',
          maxDrift: '0s',
        },
      },
    ],
    [
      'with headers and the partition as key',
      { 'spec.keyBy': ['$headers.tenant', '$headers.a.b', '$partition', 'u.id'] },
    ],
    ['with sliding windows', { 'spec.window': { sliding: { size: '1m', slide: '10s', offset: '-1s' } } }],
    ['with sessions', { 'spec.window': { session: { gap: '1m' } } }],
    ['with cumulative windows', { 'spec.window': { cumulative: { size: '1d', step: '1h' } } }],
    ['with a global window', { 'spec.window': { global: {} }, 'spec.emit': { mode: 'interval', every: '5s' } }],
    ['with lateness', { 'spec.allowedLateness': '1s', 'spec.lateData': { kafka: { topic: 'late' } } }],
    ['with updates', { 'spec.emit.mode': 'update' }],
    [
      'with every aggregate',
      {
        'spec.aggregates': {
          a: { count: { field: '$key' } },
          b: { sum: { of: 'price * quantity' } },
          c: { min: { field: '$timestamp' } },
          d: { max: { field: '$partition' } },
          e: { avg: { field: 'v', where: 'v > 0' } },
          f: { variance: { field: 'v' } },
          g: { stddev: { field: 'v' } },
          h: { first: { field: '$headers.tenant' } },
          i: { last: { of: 'a + "x"' } },
          j: { countDistinct: { of: 'a == b' } },
          k: { approxCountDistinct: { field: '$key' } },
          l: { quantile: { field: 'v', q: 0.95, relativeError: 0.001 } },
          m: { topK: { field: 'v', k: 3 }, where: 'has(v)' },
          o: { collect: { field: 'v', limit: 10 } },
          p: { count: { of: 'a' }, where: '$headers["content-type"] == "json"' },
        },
      },
    ],
    ['with a limit of state beyond 2 GiB', { 'spec.worker.stateMemory': 4_294_967_296 }],
    ['with a topic and standard output', { 'spec.sinks': [{ kafka: { topic: 'out' } }, { print: {} }] }],
    [
      'as the API server returns it',
      { 'metadata.managedFields': [], 'metadata.creationTimestamp': null, status: { phase: 'Running' } },
    ],
  ])('%s', (_, set) => {
    expect(messagesOf(manifestWith(set))).toEqual([]);
  });
});

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
    const result = validateStreamJob(manifestWith({ 'spec.window': { session: { gap: '1m' } }, 'spec.state': 'x' }));
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
          path: 'spec.window.session',
          rule: 'notSupportedYet',
          value: { gap: '1m' },
          message: 'not supported yet: spec.window.session',
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
    [
      'event time as text',
      { 'spec.source.eventTime': { field: 'at', unit: 'iso8601' } },
      ['spec.source.eventTime.unit "iso8601"'],
    ],
    [
      'event time in microseconds',
      { 'spec.source.eventTime': { field: 'at', unit: 'us' } },
      ['spec.source.eventTime.unit "us"'],
    ],
    ['idle close', { 'spec.source.watermark.closeIdleAfter': '1m' }, ['spec.source.watermark.closeIdleAfter']],
    ['a header as key', { 'spec.keyBy': ['$headers.tenant', 'userId'] }, ['spec.keyBy[0] "$headers.tenant"']],
    ['the partition as key', { 'spec.keyBy': ['$partition'] }, ['spec.keyBy[0] "$partition"']],
    ['allowed lateness', { 'spec.allowedLateness': '1s' }, ['spec.allowedLateness']],
    ['late data', { 'spec.lateData': { kafka: { topic: 'late' } } }, ['spec.lateData']],
    ['updates', { 'spec.emit.mode': 'update' }, ['spec.emit.mode']],
    ['intervals', { 'spec.emit': { mode: 'interval', every: '5s' } }, ['spec.emit.mode', 'spec.emit.every']],
    ['an expression as input', { 'spec.aggregates.total': { sum: { of: 'a * b' } } }, ['spec.aggregates.total.sum.of']],
    ['a quantile', { 'spec.aggregates.p95': { quantile: { field: 'ms', q: 0.95 } } }, ['spec.aggregates.p95.quantile']],
    ['a filter beside the function', { 'spec.aggregates.views.where': 'a == 1' }, ['spec.aggregates.views.where']],
    [
      'a filter in the function',
      { 'spec.aggregates.views.count.where': 'a == 1' },
      ['spec.aggregates.views.count.where'],
    ],
    ['a database', { 'spec.sinks': [{ postgres: { table: 't' } }] }, ['spec.sinks[0].postgres']],
    ['at least once', { 'spec.delivery.guarantee': 'atLeastOnce' }, ['spec.delivery.guarantee']],
    ['autoscaling', { 'spec.autoscale': { mode: 'auto', max: 4 } }, ['spec.autoscale.mode', 'spec.autoscale.max']],
    ['stateless upgrades', { 'spec.upgrade.mode': 'stateless' }, ['spec.upgrade.mode']],
    ['no rollback', { 'spec.upgrade.rollback': { enabled: false } }, ['spec.upgrade.rollback.enabled']],
    ['restoring', { 'spec.restoreFrom': 'latest' }, ['spec.restoreFrom']],
    ['restoring a snapshot', { 'spec.restoreFrom': { snapshot: 's' } }, ['spec.restoreFrom']],
    ['a snapshot on deletion', { 'spec.deletion.policy': 'snapshot' }, ['spec.deletion.policy "snapshot"']],
    ['a state limit', { 'spec.worker.stateMemory': 1 }, ['spec.worker.stateMemory']],
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
    [
      'as the API server returns it',
      { 'metadata.managedFields': [], 'metadata.creationTimestamp': null, status: { phase: 'Running' } },
    ],
  ])('%s', (_, set) => {
    expect(messagesOf(manifestWith(set))).toEqual([]);
  });
});

// Manifests that break a rule, and exactly what is said about each. Shared by every place that judges manifests.

/** What every case starts from: valid, and setting only what it must. */
export const BASE_MANIFEST = {
  apiVersion: 'streamjob.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name: 'clicks' },
  spec: {
    source: { kafka: { bootstrapServers: 'kafka:9092', topic: 'in' } },
    keyBy: ['userId'],
    window: { tumbling: { size: '1m' } },
    aggregates: { views: { count: {} } },
    sinks: [{ kafka: { topic: 'out' } }],
    checkpoint: { storage: { local: {} } },
  },
};

export interface BadManifest {
  /** Dotted path → value; undefined takes the field away. */
  readonly set: Readonly<Record<string, unknown>>;
  /** All messages, in order. */
  readonly messages: readonly string[];
  /** The API server refuses it as well, by the generated definition alone. */
  readonly server: boolean;
}

/** The base manifest with some fields set. */
export function manifestWith(set: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const manifest: Record<string, unknown> = structuredClone(BASE_MANIFEST);
  for (const [path, value] of Object.entries(set)) {
    const parts = path.split('.');
    const last = parts.pop() ?? '';
    let at = manifest;
    for (const part of parts) at = (at[part] ??= {}) as Record<string, unknown>;
    if (value === undefined) Reflect.deleteProperty(at, last);
    else at[last] = value;
  }
  return manifest;
}

const DURATION = 'must be a duration such as 250ms, 10s, 5m, 1h or 1d';
const NAME = 'must be a DNS label without dots (lower case letters, digits, dashes), at most 40 characters';
const FUNCTIONS =
  'count, sum, min, max, avg, variance, stddev, first, last, countDistinct, approxCountDistinct, quantile, topK, collect';
const KEY = 'must be a field path such as userId or user.id, $key, $partition or $headers.<name>';
const QUOTE = 'if you wrote a word, quote it: YAML reads an unquoted on, off, yes, no, y or n as a boolean';

export const BAD_MANIFESTS: Readonly<Record<string, BadManifest>> = {
  'a duration in words': {
    set: { 'spec.window.tumbling.size': '1 minute' },
    messages: [`spec.window.tumbling.size: ${DURATION}; got "1 minute"`],
    server: true,
  },
  'a duration as a number': {
    set: { 'spec.source.watermark.idleTimeout': 60 },
    messages: [`spec.source.watermark.idleTimeout: ${DURATION}; got 60 (number)`],
    server: true,
  },
  'a duration beyond what a double counts': {
    set: { 'spec.source.watermark.maxOutOfOrderness': '999999999999d' },
    messages: ['spec.source.watermark.maxOutOfOrderness: must be less than 2^53 milliseconds; got "999999999999d"'],
    server: false,
  },
  'a misspelt field': {
    set: { 'spec.sorce': {} },
    messages: ['spec.sorce: unknown field; did you mean "source"?'],
    server: true,
  },
  'a field that is like no other': {
    set: { 'spec.checkpoint.storage.local.bucketName': 'x' },
    messages: ['spec.checkpoint.storage.local.bucketName: unknown field; known are path'],
    server: true,
  },
  'a field in what has none': {
    set: { 'spec.source.format': { json: { strict: true } } },
    messages: ['spec.source.format.json.strict: unknown field; nothing can be set here'],
    server: true,
  },
  'a misspelt window, without a second complaint that none is there': {
    set: { 'spec.window': { tumblin: { size: '1m' } } },
    messages: ['spec.window.tumblin: unknown field; did you mean "tumbling"?'],
    server: true,
  },
  'a misspelt start': {
    set: { 'spec.source.kafka.startFrom': { timestmp: '2026-01-01T00:00:00Z' } },
    messages: ['spec.source.kafka.startFrom.timestmp: unknown field; did you mean "timestamp"?'],
    server: false,
  },
  'a start that is no word of the contract': {
    set: { 'spec.source.kafka.startFrom': 'beginning' },
    messages: [
      'spec.source.kafka.startFrom: must be earliest, latest or {timestamp: "2026-01-01T00:00:00Z"}; got "beginning"',
    ],
    server: false,
  },
  'a start at no time': {
    set: { 'spec.source.kafka.startFrom': { timestamp: 'yesterday' } },
    messages: ['spec.source.kafka.startFrom.timestamp: must be a time such as "2026-01-01T00:00:00Z"; got "yesterday"'],
    server: false,
  },
  'text where a number belongs': {
    set: { 'spec.parallelism': 'two' },
    messages: ['spec.parallelism: must be an integer; got "two" (string)'],
    server: true,
  },
  'a fraction of a worker': {
    set: { 'spec.parallelism': 1.5 },
    messages: ['spec.parallelism: must be an integer; got 1.5 (number)'],
    server: true,
  },
  'fewer than no workers': {
    set: { 'spec.parallelism': -1 },
    messages: ['spec.parallelism: must be at least 0; got -1'],
    server: true,
  },
  'no shuffle partitions': {
    set: { 'spec.maxParallelism': 0 },
    messages: ['spec.maxParallelism: must be at least 1; got 0'],
    server: true,
  },
  'too many shuffle partitions': {
    set: { 'spec.maxParallelism': 1025 },
    messages: ['spec.maxParallelism: must be at most 1024; got 1025'],
    server: true,
  },
  'a state of no list': {
    set: { 'spec.state': 'paused' },
    messages: ['spec.state: must be one of running, suspended; got "paused"'],
    server: true,
  },
  'a missing source': {
    set: { 'spec.source': undefined },
    messages: ['spec.source: is required'],
    server: true,
  },
  'a missing topic': {
    set: { 'spec.source.kafka.topic': undefined },
    messages: ['spec.source.kafka: must have exactly one of topic, topics, topicPattern; got nothing'],
    server: true,
  },
  'a topic name with a space': {
    set: { 'spec.source.kafka.topic': 'web clicks' },
    messages: [
      'spec.source.kafka.topic: must be a Kafka topic name: letters, digits, dots, dashes and underscores; got "web clicks"',
    ],
    server: true,
  },
  'brokers without a port': {
    set: { 'spec.source.kafka.bootstrapServers': 'kafka' },
    messages: ['spec.source.kafka.bootstrapServers: must be host:port, several separated by commas; got "kafka"'],
    server: true,
  },
  'null where an object belongs': {
    set: { 'spec.window.tumbling': null },
    messages: [
      'spec.window.tumbling: must be an object ({} when there is nothing to set); got null',
      'spec.window: must have exactly one of tumbling, sliding, session, cumulative, global; got nothing',
    ],
    server: true,
  },
  'a name with a dot': {
    set: { 'metadata.name': 'clicks.v2' },
    messages: [`metadata.name: ${NAME}; got "clicks.v2"`],
    server: true,
  },
  'a name of 41 characters': {
    set: { 'metadata.name': 'a'.repeat(41) },
    messages: [`metadata.name: ${NAME}; got "${'a'.repeat(41)}"`],
    server: true,
  },
  'another kind': {
    set: { kind: 'StreamJobs' },
    messages: ['kind: must be StreamJob; got "StreamJobs"'],
    server: true,
  },
  'no keys': {
    set: { 'spec.keyBy': [] },
    messages: ['spec.keyBy: must have at least 1 entry; got []'],
    server: true,
  },
  'a key that YAML read as a boolean': {
    set: { 'spec.keyBy': [true] },
    messages: [`spec.keyBy[0]: ${KEY}; got true (boolean); ${QUOTE}`],
    server: true,
  },
  'a key that is nothing': {
    set: { 'spec.keyBy': ['a..b'] },
    messages: [`spec.keyBy[0]: ${KEY}; got "a..b"`],
    server: true,
  },
  'an unknown part of the record': {
    set: { 'spec.keyBy': ['$topic'] },
    messages: [`spec.keyBy[0]: ${KEY}; got "$topic"`],
    server: true,
  },
  'a key named twice': {
    set: { 'spec.keyBy': ['a', 'b', 'a'] },
    messages: ['spec.keyBy: must not name a key twice; got ["a"]'],
    server: true,
  },
  'no shuffle for a field': {
    set: { 'spec.shuffle': 'never' },
    messages: [
      'spec.shuffle: can be never only when keyBy is exactly ["$key"]; got {"shuffle":"never","keyBy":["userId"]}',
    ],
    server: true,
  },
  'two windows': {
    set: { 'spec.window': { tumbling: { size: '1m' }, session: { gap: '1m' } } },
    messages: [
      'spec.window: must have exactly one of tumbling, sliding, session, cumulative, global; got ["tumbling","session"]',
    ],
    server: true,
  },
  'no window': {
    set: { 'spec.window': {} },
    messages: ['spec.window: must have exactly one of tumbling, sliding, session, cumulative, global; got nothing'],
    server: true,
  },
  'a window without length': {
    set: { 'spec.window.tumbling.size': '0s' },
    messages: ['spec.window.tumbling.size: must be more than 0; got "0s"'],
    server: true,
  },
  'an offset as long as the window': {
    set: { 'spec.window.tumbling.offset': '-60s' },
    messages: ['spec.window.tumbling.offset: must be smaller than size, forwards or backwards; got -60s, size 1m'],
    server: true,
  },
  'a slide longer than the window': {
    set: { 'spec.window': { sliding: { size: '1h', slide: '1d' } } },
    messages: ['spec.window.sliding.slide: must be at most size; got 1d, size 1h'],
    server: true,
  },
  'an offset as long as the slide': {
    set: { 'spec.window': { sliding: { size: '1m', slide: '10s', offset: '10000ms' } } },
    messages: ['spec.window.sliding.offset: must be smaller than slide, forwards or backwards; got 10000ms, slide 10s'],
    server: true,
  },
  'a size that the step does not divide': {
    set: { 'spec.window': { cumulative: { size: '10m', step: '3m' } } },
    messages: ['spec.window.cumulative.size: must be a multiple of step; got 10m, step 3m'],
    server: true,
  },
  'a global window that emits at its close': {
    set: { 'spec.window': { global: {} } },
    messages: ['spec.emit.mode: must be update or interval with a global window, which never closes; got "close"'],
    server: true,
  },
  'an interval without a length': {
    set: { 'spec.emit': { mode: 'interval' } },
    messages: ['spec.emit.every: must be set with mode interval, and only then; got nothing'],
    server: true,
  },
  'no aggregates': {
    set: { 'spec.aggregates': {} },
    messages: ['spec.aggregates: must have 1 to 100 entries; got 0 entries'],
    server: true,
  },
  'an aggregate of no function': {
    set: { 'spec.aggregates.views': {} },
    messages: [`spec.aggregates.views: must have exactly one function: ${FUNCTIONS}; got nothing`],
    server: true,
  },
  'an aggregate of two functions': {
    set: { 'spec.aggregates.views': { count: {}, sum: { field: 'n' } } },
    messages: [`spec.aggregates.views: must have exactly one function: ${FUNCTIONS}; got ["count","sum"]`],
    server: true,
  },
  'a misspelt function': {
    set: { 'spec.aggregates.views': { averge: { field: 'x' } } },
    messages: [`spec.aggregates.views.averge: unknown field; known are ${FUNCTIONS}, where`],
    server: true,
  },
  'a sum of nothing': {
    set: { 'spec.aggregates.total': { sum: {} } },
    messages: ['spec.aggregates.total.sum: must have exactly one of field, of; got nothing'],
    server: true,
  },
  'an aggregate whose name YAML read as a boolean': {
    set: { 'spec.aggregates': { true: { count: {} } } },
    messages: [`spec.aggregates.true: a name must not be true or false: ${QUOTE}; got "true"`],
    server: true,
  },
  'an aggregate named as every row names its window': {
    set: { 'spec.aggregates': { windowEnd: { count: {} } } },
    messages: [
      'spec.aggregates.windowEnd: a name must not be windowStart or windowEnd, which every row has; got "windowEnd"',
    ],
    server: true,
  },
  'an aggregate named as a key': {
    set: { 'spec.aggregates': { userId: { count: {} } } },
    messages: ['spec.aggregates.userId: a name must not be in keyBy, a row holds both; got "userId"'],
    server: true,
  },
  'an aggregate name with a space': {
    set: { 'spec.aggregates': { 'page views': { count: {} } } },
    messages: [
      'spec.aggregates["page views"]: a name must begin with a letter or _ and go on with letters, digits, _, - or ., at most 63 characters; got "page views"',
    ],
    server: false,
  },
  'a field that YAML read as a boolean': {
    set: { 'spec.aggregates.total': { sum: { field: false } } },
    messages: [
      `spec.aggregates.total.sum.field: must be a field path such as userId or user.id, $key, $partition, $timestamp or $headers.<name>; got false (boolean); ${QUOTE}`,
    ],
    server: true,
  },
  'no sinks': {
    set: { 'spec.sinks': [] },
    messages: ['spec.sinks: must have at least 1 entry; got []'],
    server: true,
  },
  'a sink of two kinds': {
    set: { 'spec.sinks': [{ kafka: { topic: 'out' }, print: {} }] },
    messages: ['spec.sinks[0]: must have exactly one of kafka, print, postgres; got ["kafka","print"]'],
    server: true,
  },
  'a sink of no kind': {
    set: { 'spec.sinks': [{ print: {} }, {}] },
    messages: ['spec.sinks[1]: must have exactly one of kafka, print, postgres; got nothing'],
    server: true,
  },
  'results into the source': {
    set: { 'spec.sinks': [{ kafka: { topic: 'in' } }] },
    messages: ['spec.sinks: must not write to the topic that the job reads; got "in"'],
    server: true,
  },
  'bad records into the source': {
    set: { 'spec.onBadRecord': { deadLetter: { kafka: { topic: 'in' } } } },
    messages: ['spec.onBadRecord: must not write to the topic that the job reads; got "in"'],
    server: false,
  },
  'bad records to nowhere': {
    set: { 'spec.onBadRecord': { deadLetter: { kafka: {} } } },
    messages: ['spec.onBadRecord.deadLetter.kafka.topic: is required'],
    server: false,
  },
  'a word for bad records that is none of the contract': {
    set: { 'spec.onBadRecord': 'ignore' },
    messages: ['spec.onBadRecord: must be skip, fail or {deadLetter: {kafka: {topic: …}}}; got "ignore"'],
    server: false,
  },
  'a sink in another cluster': {
    set: { 'spec.sinks': [{ kafka: { topic: 'out', bootstrapServers: 'other:9092' } }] },
    messages: [
      'spec.sinks: must be in the source\'s cluster with delivery.guarantee exactlyOnce: leave bootstrapServers empty; got "other:9092"',
    ],
    server: true,
  },
  'transactions that end before a slow commit': {
    set: { 'spec.delivery': { commitInterval: '2s' } },
    messages: [
      'spec.delivery.transactionTimeout: must be more than 5 × commitInterval (100ms when absent), so that a slow commit is not aborted; got 10s, commitInterval 2s',
    ],
    server: true,
  },
  'transactions longer than brokers allow': {
    set: { 'spec.delivery': { transactionTimeout: '1h' } },
    messages: [
      'spec.delivery.transactionTimeout: must be at most 15m, the brokers\' transaction.max.timeout.ms; got "1h"',
    ],
    server: true,
  },
  'no time between commits': {
    set: { 'spec.delivery': { commitInterval: '0ms' } },
    messages: ['spec.delivery.commitInterval: must be more than 0; got "0ms"'],
    server: true,
  },
  'two stores': {
    set: { 'spec.checkpoint.storage': { local: {}, s3: { bucket: 'b' } } },
    messages: ['spec.checkpoint.storage: must have exactly one of s3, local; got ["s3","local"]'],
    server: true,
  },
  'no store': {
    set: { 'spec.checkpoint.storage': {} },
    messages: ['spec.checkpoint.storage: must have exactly one of s3, local; got nothing'],
    server: true,
  },
  'a store that is no URL': {
    set: { 'spec.checkpoint.storage': { s3: { bucket: 'b', endpoint: 's3:8333' } } },
    messages: ['spec.checkpoint.storage.s3.endpoint: must be empty or a URL such as http://s3:8333; got "s3:8333"'],
    server: true,
  },
  'a folder that depends on where one stands': {
    set: { 'spec.checkpoint.storage.local.path': './state' },
    messages: ['spec.checkpoint.storage.local.path: must be an absolute path; got "./state"'],
    server: true,
  },
  'no checkpoints kept': {
    set: { 'spec.checkpoint.retain': 0 },
    messages: ['spec.checkpoint.retain: must be at least 1; got 0'],
    server: true,
  },
  'more workers at least than at most': {
    set: { 'spec.autoscale': { min: 9 } },
    messages: [
      'spec.autoscale.min: must be at most max (8 when absent); got 9, max 8',
      'not supported yet: spec.autoscale.min',
    ],
    server: true,
  },
  'an environment variable without a name': {
    set: { 'spec.worker.env': [{ value: 'x' }] },
    messages: ['spec.worker.env[0].name: is required'],
    server: true,
  },
  'a filter that is no expression': {
    set: { 'spec.where': 'type ==' },
    messages: ['spec.where: not a CEL expression: Unexpected token: EOF at position 8; got "type =="'],
    server: false,
  },
  'a filter that is no condition': {
    set: { 'spec.where': 'price + 1' },
    messages: ['spec.where: a condition must be true or false, not a number, at position 1; got "price + 1"'],
    server: false,
  },
  'a filter of a function that is misspelt': {
    set: { 'spec.where': 'ok && type.startWith("page")' },
    messages: [
      'spec.where: unknown function startWith (did you mean startsWith?) at position 12; got "ok && type.startWith(\\"page\\")"',
    ],
    server: false,
  },
  'a filter with a pattern that is none': {
    set: { 'spec.where': 'url.matches("(")' },
    messages: [
      'spec.where: not a pattern of RE2: error parsing regexp: missing closing ): `(` at position 13; got "url.matches(\\"(\\")"',
    ],
    server: false,
  },
  'mistakes in all expressions': {
    set: {
      'spec.where': 'a ==',
      'spec.aggregates': {
        a: { sum: { of: 'a == b' }, where: '1' },
        b: { first: { of: '[1]', where: '"x"' } },
        c: { count: { of: 'timestamp(a)' } },
      },
    },
    messages: [
      'spec.where: not a CEL expression: Unexpected token: EOF at position 5; got "a =="',
      'spec.aggregates.a.where: a condition must be true or false, not 1, at position 1; got "1"',
      'spec.aggregates.c.count.of: the aggregate takes text, a number, true or false, not a timestamp: use string(…), at position 1; got "timestamp(a)"',
      'spec.aggregates.a.sum.of: the aggregate takes a number, not true or false, at position 1; got "a == b"',
      'spec.aggregates.b.first.of: the aggregate takes text, a number, true or false, not a list, at position 1; got "[1]"',
      'spec.aggregates.b.first.where: a condition must be true or false, not "x", at position 1; got "\\"x\\""',
    ],
    server: false,
  },
  'a sum of keys': {
    set: { 'spec.aggregates.total': { sum: { field: '$key' } } },
    messages: [
      'spec.aggregates.total.sum.field: must be a field of numbers; for the number in a key or a header write of: double($key); got "$key"',
    ],
    server: true,
  },
  'a quantile of headers': {
    set: { 'spec.aggregates.p50': { quantile: { field: '$headers.ms', q: 0.5 } } },
    messages: [
      'spec.aggregates.p50.quantile.field: must be a field of numbers; for the number in a key or a header write of: double($key); got "$headers.ms"',
    ],
    server: true,
  },
  'the time of the record as a key': {
    set: { 'spec.keyBy': ['$timestamp'] },
    messages: [`spec.keyBy[0]: ${KEY}; got "$timestamp"`],
    server: true,
  },
  'an event time in what a record does not have': {
    set: { 'spec.source.eventTime': { field: '$offset' } },
    messages: [
      'spec.source.eventTime.field: must be a field path such as userId or user.id, $key, $partition, $timestamp or $headers.<name>; got "$offset"',
    ],
    server: true,
  },
  'late records into the source': {
    set: { 'spec.lateData': { kafka: { topic: 'in' } } },
    messages: ['spec.lateData: must not write to the topic that the job reads; got "in"'],
    server: true,
  },
  'late records among results': {
    set: { 'spec.lateData': { kafka: { topic: 'out' } } },
    messages: [
      'spec.lateData: must not write to the topic of a sink: it holds records as they came, the sink holds results; got "out"',
    ],
    server: true,
  },
  'late records into another cluster': {
    set: { 'spec.lateData': { kafka: { topic: 'late', bootstrapServers: 'other:9092' } } },
    messages: ['spec.lateData.kafka.bootstrapServers: unknown field; known are topic'],
    server: true,
  },
  'results twice into one topic': {
    set: { 'spec.sinks': [{ kafka: { topic: 'out' } }, { print: {} }, { kafka: { topic: 'out' } }] },
    messages: ['spec.sinks: must not name a place twice: every result would be written twice; got topic out'],
    server: true,
  },
  'results printed twice': {
    set: { 'spec.sinks': [{ print: {} }, { print: {} }] },
    messages: ['spec.sinks: must not name a place twice: every result would be written twice; got print'],
    server: true,
  },
  'an interval of no length': {
    set: { 'spec.emit': { mode: 'interval', every: '0s' } },
    messages: ['spec.emit.every: must be more than 0; got "0s"'],
    server: true,
  },
  'a quantile beyond the largest value': {
    set: { 'spec.aggregates.p95': { quantile: { field: 'ms', q: 95 } } },
    messages: ['spec.aggregates.p95.quantile.q: must be at most 1; got 95'],
    server: true,
  },
  'several mistakes at once': {
    set: { 'spec.window.tumbling.size': '1min', 'spec.parallelism': 'two', 'spec.sinks': [], 'spec.shufle': 'auto' },
    messages: [
      `spec.window.tumbling.size: ${DURATION}; got "1min"`,
      'spec.sinks: must have at least 1 entry; got []',
      'spec.parallelism: must be an integer; got "two" (string)',
      'spec.shufle: unknown field; did you mean "shuffle"?',
    ],
    server: true,
  },
};

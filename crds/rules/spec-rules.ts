// Rules of all other parts of a StreamJob.
import { durationMs } from '../duration.ts';
import { valueAt } from '../problem.ts';
import { isRecordKey, splitServers } from '../resolve.ts';
import { NAME_PATTERN, NAME_MAX_LENGTH, NAME_RULE } from '../schema/stream-job.ts';
import { type Rule, Shown, celMs, celWithDurations, exactlyOne, positive } from './rule.ts';

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Durations of `spec.delivery` in CEL, with their defaults. */
const TIMEOUT = "(has(self.transactionTimeout) ? self.transactionTimeout : '10s')";
const INTERVAL = "(has(self.commitInterval) ? self.commitInterval : '100ms')";

/** Longest transaction that brokers allow unless they are configured otherwise. */
const TRANSACTION_TIMEOUT_MAX_MS = 900_000;

const duplicates = (items: readonly unknown[]): unknown[] => [
  ...new Set(items.filter((item, index) => items.indexOf(item) !== index)),
];

const sourceServers = (self: Record<string, unknown>): unknown =>
  valueAt(self, ['source', 'kafka', 'bootstrapServers']);

function sameServers(a: string, b: string): boolean {
  return splitServers(a).sort().join() === splitServers(b).sort().join();
}

const lateTopic = (self: Record<string, unknown>): unknown => valueAt(self, ['lateData', 'kafka', 'topic']);

/** Where a sink writes to, in words; a database is not judged. */
function placeOf(sink: unknown): string[] {
  const topic = valueAt(sink, ['kafka', 'topic']);
  if (typeof topic === 'string') {
    const servers = valueAt(sink, ['kafka', 'bootstrapServers']);
    return [`topic ${topic}${typeof servers === 'string' && servers !== '' ? ` in ${servers}` : ''}`];
  }
  return valueAt(sink, ['print']) === undefined ? [] : ['print'];
}

export const SPEC_RULES: readonly Rule[] = [
  {
    id: 'name',
    at: '',
    field: 'metadata.name',
    text: NAME_RULE,
    cel: `self.metadata.name.size() <= ${NAME_MAX_LENGTH} && self.metadata.name.matches('${NAME_PATTERN}')`,
    // The schema of metadata says the same; here it is only for the API server, which gives metadata no schema.
    holds: () => true,
  },
  exactlyOne({ id: 'oneTopic', at: 'spec.source.kafka', fields: ['topic', 'topics', 'topicPattern'] }),
  exactlyOne({
    id: 'oneFormat',
    at: 'spec.source.format',
    fields: ['json', 'text', 'avro', 'protobuf', 'csv', 'debezium'],
  }),
  {
    id: 'keysAreUnique',
    at: 'spec',
    field: 'keyBy',
    text: 'must not name a key twice',
    cel: 'self.keyBy.all(a, self.keyBy.exists_one(b, a == b))',
    holds: (self) => {
      const twice = duplicates(list(self['keyBy']));
      return twice.length === 0 || { got: twice };
    },
  },
  {
    id: 'neverShuffleNeedsRecordKey',
    at: 'spec',
    field: 'shuffle',
    text: 'can be never only when keyBy is exactly ["$key"]',
    cel: "!has(self.shuffle) || self.shuffle != 'never' || (self.keyBy.size() == 1 && self.keyBy[0] == '$key')",
    holds: (self) =>
      self['shuffle'] !== 'never' ||
      !Array.isArray(self['keyBy']) ||
      isRecordKey(self['keyBy']) || { got: { shuffle: 'never', keyBy: self['keyBy'] } },
  },
  exactlyOne({ id: 'oneSink', at: 'spec.sinks.*', fields: ['kafka', 'print', 'postgres'] }),
  {
    id: 'sinkIsNotSource',
    at: 'spec',
    field: 'sinks',
    text: 'must not write to the topic that the job reads',
    cel: '!has(self.source.kafka.topic) || self.sinks.all(s, !has(s.kafka) || s.kafka.topic != self.source.kafka.topic)',
    holds: (self) => {
      const topic = valueAt(self, ['source', 'kafka', 'topic']);
      return (
        typeof topic !== 'string' ||
        !list(self['sinks']).some((sink) => valueAt(sink, ['kafka', 'topic']) === topic) || { got: topic }
      );
    },
  },
  {
    id: 'sinksAreUnique',
    at: 'spec',
    field: 'sinks',
    text: 'must not name a place twice: every result would be written twice',
    cel:
      'self.sinks.all(a, has(a.kafka) ? self.sinks.exists_one(b, has(b.kafka) && b.kafka.topic == a.kafka.topic && ' +
      "(has(b.kafka.bootstrapServers) ? b.kafka.bootstrapServers : '') == (has(a.kafka.bootstrapServers) ? a.kafka.bootstrapServers : '')) : " +
      '!has(a.print) || self.sinks.exists_one(b, !has(b.kafka) && has(b.print)))',
    holds: (self) => {
      const twice = duplicates(list(self['sinks']).flatMap(placeOf));
      return twice.length === 0 || { got: new Shown(twice.join(', ')) };
    },
  },
  {
    id: 'lateDataIsNotSource',
    at: 'spec',
    field: 'lateData',
    text: 'must not write to the topic that the job reads',
    cel: '!has(self.lateData) || !has(self.source.kafka.topic) || self.lateData.kafka.topic != self.source.kafka.topic',
    holds: (self) => {
      const topic = lateTopic(self);
      return topic === undefined || valueAt(self, ['source', 'kafka', 'topic']) !== topic || { got: topic };
    },
  },
  {
    id: 'lateDataIsNoSink',
    at: 'spec',
    field: 'lateData',
    text: 'must not write to the topic of a sink: it holds records as they came, the sink holds results',
    cel: '!has(self.lateData) || self.sinks.all(s, !has(s.kafka) || s.kafka.topic != self.lateData.kafka.topic)',
    holds: (self) => {
      const topic = lateTopic(self);
      return (
        topic === undefined ||
        !list(self['sinks']).some((sink) => valueAt(sink, ['kafka', 'topic']) === topic) || { got: topic }
      );
    },
  },
  {
    id: 'deadLetterIsNotSource',
    at: 'spec',
    field: 'onBadRecord',
    text: 'must not write to the topic that the job reads',
    // The API server gives a field that is text or object no schema.
    cel: null,
    holds: (self) => {
      const topic = valueAt(self, ['source', 'kafka', 'topic']);
      return (
        typeof topic !== 'string' ||
        valueAt(self, ['onBadRecord', 'deadLetter', 'kafka', 'topic']) !== topic || { got: topic }
      );
    },
  },
  {
    id: 'oneCluster',
    at: 'spec',
    field: 'sinks',
    text: "must be in the source's cluster with delivery.guarantee exactlyOnce: leave bootstrapServers empty",
    cel:
      "(has(self.delivery) && has(self.delivery.guarantee) && self.delivery.guarantee == 'atLeastOnce') || self.sinks.all(s, !has(s.kafka) || " +
      "!has(s.kafka.bootstrapServers) || s.kafka.bootstrapServers == '' || s.kafka.bootstrapServers == self.source.kafka.bootstrapServers)",
    holds: (self) => {
      const own = sourceServers(self);
      if (typeof own !== 'string' || valueAt(self, ['delivery', 'guarantee']) === 'atLeastOnce') return true;
      const others = list(self['sinks'])
        .map((sink) => valueAt(sink, ['kafka', 'bootstrapServers']))
        .filter((servers) => typeof servers === 'string' && servers !== '' && !sameServers(servers, own));
      return others.length === 0 || { got: others[0] };
    },
  },
  positive('spec.delivery', 'commitInterval'),
  {
    id: 'transactionOutlastsCommits',
    at: 'spec.delivery',
    field: 'transactionTimeout',
    text: 'must be more than 5 × commitInterval (100ms when absent), so that a slow commit is not aborted',
    cel: celWithDurations([TIMEOUT, INTERVAL], `${celMs(TIMEOUT)} > 5 * ${celMs(INTERVAL)}`),
    holds: (self) => {
      const [timeout, interval] = [self['transactionTimeout'] ?? '10s', self['commitInterval'] ?? '100ms'];
      const [timeoutMs, intervalMs] = [durationMs(timeout), durationMs(interval)];
      return (
        timeoutMs === null ||
        intervalMs === null ||
        timeoutMs > 5 * intervalMs || { got: new Shown(timeout, ', commitInterval ', interval) }
      );
    },
  },
  {
    id: 'transactionWithinBrokerLimit',
    at: 'spec.delivery',
    field: 'transactionTimeout',
    text: "must be at most 15m, the brokers' transaction.max.timeout.ms",
    cel: celWithDurations([TIMEOUT], `${celMs(TIMEOUT)} <= ${TRANSACTION_TIMEOUT_MAX_MS}`),
    holds: (self) =>
      (durationMs(self['transactionTimeout']) ?? 0) <= TRANSACTION_TIMEOUT_MAX_MS || {
        got: self['transactionTimeout'],
      },
  },
  positive('spec.checkpoint', 'interval'),
  exactlyOne({ id: 'oneStorage', at: 'spec.checkpoint.storage', fields: ['s3', 'local'] }),
  {
    id: 'minAtMostMax',
    at: 'spec.autoscale',
    field: 'min',
    text: 'must be at most max (8 when absent)',
    cel: '(has(self.min) ? self.min : 1) <= (has(self.max) ? self.max : 8)',
    holds: (self) => {
      const [min, max] = [self['min'] ?? 1, self['max'] ?? 8];
      return typeof min !== 'number' || typeof max !== 'number' || min <= max || { got: new Shown(min, ', max ', max) };
    },
  },
  positive('spec.autoscale', 'catchUp'),
  positive('spec.upgrade.rollback', 'deadline'),
  positive('spec.deletion', 'deadline'),
];

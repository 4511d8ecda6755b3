// The plan hash: 8 hex digits over everything in a job that influences its results or its state. Two workers of different
// plans must never share a group, and state of one plan must never be read by another. It is persisted (commit metadata,
// group protocol, labels): a change to what is hashed is a replan of every job, and the fixture in the test must say so.
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { ResolvedJob } from './resolved-job.ts';

/** What is hashed, field by field, and why the rest is not. */
export const PLAN_FIELDS: readonly { field: string; hashed: boolean; why: string }[] = [
  { field: 'source.kafka.topic', hashed: true, why: 'other records' },
  { field: 'source.format', hashed: true, why: 'other values' },
  { field: 'source.eventTime', hashed: true, why: 'other windows' },
  { field: 'source.watermark', hashed: true, why: 'other records are late; but not maxDrift, which is flow control' },
  { field: 'onBadRecord', hashed: false, why: 'a bad record moves no state, whatever is done with it' },
  { field: 'where', hashed: true, why: 'other records; compared as text' },
  { field: 'keyBy', hashed: true, why: 'other groups; order matters, it is the order in the key' },
  { field: 'mode', hashed: true, why: 'state lives in other tasks' },
  { field: 'window', hashed: true, why: 'other windows' },
  { field: 'allowedLatenessMs', hashed: true, why: 'other records are late' },
  { field: 'lateData', hashed: true, why: 'what is written' },
  { field: 'emit', hashed: true, why: 'what is written' },
  { field: 'aggregates', hashed: true, why: 'layout of the state' },
  { field: 'sinks', hashed: true, why: 'what is written where; order does not matter' },
  { field: 'maxParallelism', hashed: true, why: 'a key lives in another partition (shuffled jobs only)' },
  { field: 'name, namespace', hashed: false, why: 'the incarnation names the job' },
  { field: 'source.kafka.bootstrapServers', hashed: false, why: 'an address; the cluster id is checked instead' },
  { field: 'source.kafka.startFrom', hashed: false, why: 'used once, for the baseline of an incarnation' },
  { field: 'source.kafka.partitioner', hashed: false, why: 'a check, it changes no result' },
  { field: 'delivery', hashed: false, why: 'pace only' },
  { field: 'checkpoint', hashed: false, why: 'a cache of the fold' },
  {
    field: 'parallelism, state, deletion, worker',
    hashed: false,
    why: 'where and whether it runs, not what it computes',
  },
];

/** First 8 hex digits of SHA-256 over the canonical JSON of the hashed fields. */
export function planHash(job: ResolvedJob): string {
  const { source } = job;
  const plan = {
    source: {
      topic: source.kafka.topic,
      format: source.format,
      eventTime: source.eventTime,
      watermark: { ...source.watermark, maxDriftMs: undefined },
    },
    where: job.where,
    keyBy: job.keyBy,
    mode: job.mode,
    window: job.window,
    allowedLatenessMs: job.allowedLatenessMs,
    lateData: job.lateData,
    emit: job.emit,
    aggregates: job.aggregates,
    sinks: job.sinks.map(canonicalJson).sort(),
    maxParallelism: job.mode === 'shuffled' ? job.maxParallelism : null,
  };
  return createHash('sha256').update(canonicalJson(plan)).digest('hex').slice(0, 8);
}

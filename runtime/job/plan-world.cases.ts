// Jobs and records for the tests of this folder.
import { type ResolvedJob, validateStreamJob } from '../../crds/index.ts';
import { RecordCursor, RecordsBuilder } from '../log/batch/index.ts';
import { compileJob, type JobPlan } from './plan.ts';

export interface SpecParts {
  readonly keyBy?: readonly string[];
  readonly where?: string;
  readonly eventTime?: object | null;
  readonly aggregates?: object;
  /** `spec.source.watermark`. */
  readonly watermark?: object;
  /** More of the spec. */
  readonly more?: object;
}

/** The plan of a job with these parts; the rest is usual. Throws when it is not valid. */
export function planOf({
  keyBy = ['k'],
  where,
  eventTime = { field: 'ts', unit: 'ms' },
  aggregates = { n: { count: {} }, s: { sum: { field: 'v' } } },
  watermark = {},
  more = {},
}: SpecParts): JobPlan {
  const validation = validateStreamJob({
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'job' },
    spec: {
      source: {
        kafka: { bootstrapServers: 'k:9092', topic: 'in' },
        format: { json: {} },
        ...(eventTime === null ? {} : { eventTime }),
        watermark,
      },
      ...(where === undefined ? {} : { where }),
      keyBy,
      window: { tumbling: { size: '10ms' } },
      aggregates,
      sinks: [{ print: {} }],
      checkpoint: { storage: { local: { path: '/tmp' } } },
      ...more,
    },
  });
  if (!validation.ok) throw new Error(validation.problems.map((problem) => problem.message).join('; '));
  return compileJob(validation.resolved satisfies ResolvedJob);
}

export interface Sent {
  readonly key?: string | null;
  readonly value: string | null;
  readonly timestampMs?: number;
  readonly headers?: readonly (readonly [name: string, value: string | Uint8Array | null])[];
}

/** A cursor over a batch of these records. */
export function cursorOver(records: readonly Sent[]): RecordCursor {
  const builder = new RecordsBuilder();
  for (const { key = null, value, timestampMs = 0, headers = [] } of records) {
    builder.append({
      timestampMs,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers: headers.map(([name, bytes]) => ({ key: name, value: bytes === null ? null : Buffer.from(bytes) })),
    });
  }
  const cursor = new RecordCursor();
  cursor.reset(builder.asBatch());
  return cursor;
}

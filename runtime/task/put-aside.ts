// Source records that go into a topic of their own as they came, with their origin in headers: bad ones and late ones.
import { type HeadersView, readHeaders } from '../log/batch/index.ts';
import type { OriginalRecord } from '../window/index.ts';
import type { Outputs } from './outputs.ts';
import type { TaskContext } from './task-context.ts';

export interface AsideRecord {
  readonly record: OriginalRecord & { readonly topic: string; readonly partition: number };
  readonly topic: string;
  readonly partitions: number;
  /** More headers: why it is there. */
  readonly about: Readonly<Record<string, string | number>>;
}

/** A record where it lies; a start of −1 is null. */
export interface RecordBytes extends HeadersView {
  readonly timestampMs: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The record as it is in its log; its bytes are not copied. */
export function originalOf(record: RecordBytes): OriginalRecord {
  const { offset, timestampMs, buffer, keyStart, keyEnd, valueStart, valueEnd } = record;
  return {
    offset,
    timestampMs,
    key: keyStart < 0 ? null : buffer.subarray(keyStart, keyEnd),
    value: valueStart < 0 ? null : buffer.subarray(valueStart, valueEnd),
    headers: readHeaders(record),
  };
}

/** The same in memory of its own. */
export function copyOf({ key, value, headers, ...rest }: OriginalRecord): OriginalRecord {
  const copy = (bytes: Uint8Array | null): Uint8Array | null => (bytes === null ? null : Uint8Array.from(bytes));
  return {
    ...rest,
    key: copy(key),
    value: copy(value),
    headers: headers.map((header) => ({ key: header.key, value: copy(header.value) })),
  };
}

/** The wall clock is its timestamp there, because brokers refuse odd ones; the original one is a header. */
export function putAside(context: Pick<TaskContext, 'clock'>, outputs: Outputs, aside: AsideRecord): void {
  const { record, about } = aside;
  const { topic, partition, offset } = record;
  const origin = { ...about, topic, partition, offset, timestamp: record.timestampMs };
  outputs
    .topic(aside.topic)
    .builder(partition % aside.partitions)
    .append({
      timestampMs: context.clock.now(),
      key: record.key,
      value: record.value,
      headers: [
        ...record.headers,
        ...Object.entries(origin).map(([name, value]) => ({
          key: `streamjob.${name}`,
          value: Buffer.from(String(value)),
        })),
      ],
    });
}

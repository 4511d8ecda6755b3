// A line of JSON as a source record: which field is its key, its time, its partition.
import { murmur2Partition } from '../../runtime/log/batch/index.ts';
import { fieldOf, parsed } from './event-time-of.ts';
import type { RecordsFile, SourceRecord } from './test-file.ts';

export type LineFields = Pick<RecordsFile, 'keyField' | 'timestampField' | 'partitionField'>;

/**
 * Key: the text of `keyField`; partition: that of `partitionField`, else what murmur2 producers choose for the key, else 0; timestamp:
 * that of `timestampField` in milliseconds, else none. A line that is no JSON is a record all the same, without a key.
 */
export function lineRecord(line: string, fields: LineFields, partitions: number): SourceRecord {
  const value = parsed(line);
  const of = (field: string | null): unknown => (field === null ? undefined : fieldOf(value, field));
  const key = textOf(of(fields.keyField));
  const timestamp = of(fields.timestampField);
  const partition = of(fields.partitionField);
  const isPartition = typeof partition === 'number' && Number.isInteger(partition) && partition >= 0;
  if (isPartition && partition >= partitions)
    throw new RangeError(`${fields.partitionField} is ${partition}, the source topic has ${partitions} partitions`);
  return {
    key,
    value: line,
    partition: isPartition ? partition : key === null ? 0 : partitionOf(key, partitions),
    timestampMs: typeof timestamp === 'number' && Number.isFinite(timestamp) ? Math.floor(timestamp) : null,
    headers: [],
  };
}

function partitionOf(key: string, partitions: number): number {
  const bytes = Buffer.from(key);
  return murmur2Partition(bytes, 0, bytes.length, partitions);
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

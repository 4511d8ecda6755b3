// Reading and filling topics of the embedded log without a client: what tests and `streamjob test` expect and feed.
import {
  decodeFetch,
  encodeBatch,
  readHeaders,
  CONTROL_BIT,
  RecordCursor,
  RecordsBuilder,
  type RecordBatch,
} from '../batch/index.ts';
import { decodeStored } from './batch-validation.ts';
import type { PartitionLog } from './partition-log.ts';

export type Isolation = 'read_committed' | 'read_uncommitted';

export interface LogRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly { readonly key: string; readonly value: Buffer | null }[];
}

/** Texts are written as UTF-8; absent and null are null. */
export interface NewRecord {
  readonly key?: string | Uint8Array | null;
  readonly value?: string | Uint8Array | null;
  /** Epoch milliseconds; the wall clock when absent. */
  readonly timestampMs?: number;
  readonly headers?: readonly { readonly key: string; readonly value: string | Uint8Array | null }[];
}

/** Rows of one partition from its log start, in offset order. */
export function readPartition(log: PartitionLog, isolation: Isolation): LogRow[] {
  const batches = isolation === 'read_committed' ? committedBatches(log) : allBatches(log);
  const cursor = new RecordCursor();
  const rows: LogRow[] = [];
  for (const batch of batches) {
    cursor.reset(batch);
    while (cursor.next()) if (cursor.offset >= log.logStartOffset) rows.push(rowOf(log, cursor));
  }
  return rows;
}

/** One batch of plain records, written by no transaction. */
export function encodeRecords(records: readonly NewRecord[], nowMs: number): Buffer {
  const builder = new RecordsBuilder();
  for (const { key, value, timestampMs, headers } of records) {
    builder.append({
      timestampMs: timestampMs ?? nowMs,
      key: bytesOf(key),
      value: bytesOf(value),
      headers: (headers ?? []).map((header) => ({ key: header.key, value: bytesOf(header.value) })),
    });
  }
  return encodeBatch(builder, { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false });
}

function committedBatches(log: PartitionLog): readonly RecordBatch[] {
  const offset = log.logStartOffset;
  return decodeFetch(log.read({ offset, maxBytes: Number.MAX_SAFE_INTEGER, atLeastOneBatch: true }), offset).batches;
}

function allBatches(log: PartitionLog): readonly RecordBatch[] {
  return log.batches
    .filter(({ header }) => (header.attributes & CONTROL_BIT) === 0)
    .map(({ bytes }) => decodeStored(bytes));
}

function rowOf({ topic, partition }: PartitionLog, cursor: RecordCursor): LogRow {
  const { buffer, offset, timestampMs, keyStart, keyEnd, valueStart, valueEnd } = cursor;
  const key = keyStart < 0 ? null : Buffer.from(buffer.subarray(keyStart, keyEnd));
  const value = valueStart < 0 ? null : Buffer.from(buffer.subarray(valueStart, valueEnd));
  return { topic, partition, offset, timestampMs, key, value, headers: readHeaders(cursor) };
}

function bytesOf(value: string | Uint8Array | null | undefined): Uint8Array | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}

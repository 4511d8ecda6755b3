// Builds complete record batches (magic 2): data batches for producers, and the stamps a log puts on a batch it takes in.
import { crc32c } from './checksum.ts';
import { COMPRESSIONS, type Compression, compress } from './compression.ts';
import * as layout from './layout.ts';
import type { RecordsBuilder } from './records-builder.ts';

export interface BatchStamp {
  /** −1n for a producer that is neither idempotent nor transactional. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Sequence number of the first record; −1 when there is no producer id. */
  readonly baseSequence: number;
  readonly transactional: boolean;
  readonly compression?: Compression;
}

/**
 * A batch of all records of the builder. The first one without compression lies in the builder's own memory, which must not be reset
 * before the broker has it; all others are copies, because a request that was given up may still be on its way. Throws for an empty builder.
 */
export function encodeBatch(records: RecordsBuilder, stamp: BatchStamp): Buffer {
  if (records.count === 0) throw new RangeError('a record batch holds at least one record; the builder is empty');
  const compression = stamp.compression ?? 'none';
  const batch = compression === 'none' && !records.isLent ? lend(records) : copyOf(records, compression);
  writeHeader(batch, {
    baseOffset: 0,
    leaderEpoch: -1,
    attributes: COMPRESSIONS.indexOf(compression) | (stamp.transactional ? layout.TRANSACTIONAL_BIT : 0),
    lastOffsetDelta: records.count - 1,
    baseTimestampMs: records.baseTimestampMs,
    maxTimestampMs: records.maxTimestampMs,
    producerId: stamp.producerId,
    producerEpoch: stamp.producerEpoch,
    baseSequence: stamp.baseSequence,
    recordCount: records.count,
  });
  return batch;
}

function lend(records: RecordsBuilder): Buffer {
  records.isLent = true;
  return records.buffer.subarray(0, layout.HEADER_BYTES + records.sizeBytes);
}

function copyOf({ buffer, sizeBytes }: RecordsBuilder, compression: Compression): Buffer {
  const payload = compress(compression, buffer.subarray(layout.HEADER_BYTES, layout.HEADER_BYTES + sizeBytes));
  const batch = Buffer.allocUnsafe(layout.HEADER_BYTES + payload.length);
  payload.copy(batch, layout.HEADER_BYTES);
  return batch;
}

/** The sequence number after `count` records: it wraps to 0 after 2^31 − 1. */
export function nextSequence(baseSequence: number, count: number): number {
  return (baseSequence + count) % 0x80000000;
}

/** Fills in the header of a batch whose records are in place, checksum last. */
export function writeHeader(batch: Buffer, header: Omit<layout.BatchHeader, 'sizeBytes' | 'magic' | 'crc'>): void {
  batch.writeBigInt64BE(BigInt(header.baseOffset), layout.BASE_OFFSET_AT);
  batch.writeInt32BE(batch.length - layout.LENGTH_PREFIX_BYTES, layout.BATCH_LENGTH_AT);
  batch.writeInt32BE(header.leaderEpoch, layout.LEADER_EPOCH_AT);
  batch.writeInt8(2, layout.MAGIC_AT);
  batch.writeInt16BE(header.attributes, layout.ATTRIBUTES_AT);
  batch.writeInt32BE(header.lastOffsetDelta, layout.LAST_OFFSET_DELTA_AT);
  batch.writeBigInt64BE(BigInt(header.baseTimestampMs), layout.BASE_TIMESTAMP_AT);
  batch.writeBigInt64BE(BigInt(header.maxTimestampMs), layout.MAX_TIMESTAMP_AT);
  batch.writeBigInt64BE(header.producerId, layout.PRODUCER_ID_AT);
  batch.writeInt16BE(header.producerEpoch, layout.PRODUCER_EPOCH_AT);
  batch.writeInt32BE(header.baseSequence, layout.BASE_SEQUENCE_AT);
  batch.writeInt32BE(header.recordCount, layout.RECORD_COUNT_AT);
  writeChecksum(batch);
}

/**
 * A copy of the batch as the log keeps it: with its offset and leader epoch, and, where the topic says LogAppendTime, with
 * the time of the append instead of the producer's.
 */
export function stampBatch(
  batch: Uint8Array,
  stamp: { baseOffset: number; leaderEpoch: number; appendTimestampMs?: number },
): Buffer {
  const copy = Buffer.from(batch);
  copy.writeBigInt64BE(BigInt(stamp.baseOffset), layout.BASE_OFFSET_AT);
  copy.writeInt32BE(stamp.leaderEpoch, layout.LEADER_EPOCH_AT);
  if (stamp.appendTimestampMs !== undefined) {
    copy.writeInt16BE(copy.readInt16BE(layout.ATTRIBUTES_AT) | layout.LOG_APPEND_TIME_BIT, layout.ATTRIBUTES_AT);
    copy.writeBigInt64BE(BigInt(stamp.appendTimestampMs), layout.MAX_TIMESTAMP_AT);
    writeChecksum(copy);
  }
  return copy;
}

function writeChecksum(batch: Buffer): void {
  batch.writeUInt32BE(crc32c(batch.subarray(layout.ATTRIBUTES_AT)), layout.CRC_AT);
}

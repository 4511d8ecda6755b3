// From the bytes of a fetch to batches that may be folded: checked, decompressed, without markers and aborted data.
import { BrokerError, type FetchedPartition } from '../broker.ts';
import type { LeaderEpochs } from '../leader-epochs.ts';
import { AbortedFilter } from './aborted-filter.ts';
import { crc32c } from './checksum.ts';
import { COMPRESSIONS, decompress } from './compression.ts';
import { markerKind } from './control-batch.ts';
import * as layout from './layout.ts';
import type { DecodedFetch, RecordBatch } from './record-batch.ts';
import { RecordCursor } from './record-cursor.ts';

/**
 * Decodes what was fetched at `position`. Batches that end below it are left out; one that straddles it is given whole, and
 * the caller passes over its records below `position`. Records of uncompressed batches refer to the fetched bytes.
 * `epochs` is told the leader epoch of every batch, markers and aborted ones too.
 * Throws `BrokerError` CORRUPT, naming topic, partition and offset. An incomplete last batch is not an error.
 */
export function decodeFetch(partition: FetchedPartition, position: number, epochs?: LeaderEpochs): DecodedFetch {
  const batches: RecordBatch[] = [];
  let nextOffset = position;
  if (partition.records !== null) {
    const bytes = layout.asBuffer(partition.records);
    const aborted = new AbortedFilter(partition.abortedTransactions);
    for (let at = 0; ; ) {
      const sizeBytes = completeBatchBytes(bytes, at, partition);
      if (sizeBytes === 0) break;
      const header = layout.readBatchHeader(bytes, at);
      const end = at + sizeBytes;
      // Before the header is believed in anything: a damaged one could pass for a batch that need not be read.
      verify({ header, bytes, at, partition });
      epochs?.note(header.leaderEpoch, header.baseOffset);
      const batchEnd = header.baseOffset + header.lastOffsetDelta + 1;
      const dead = isMarkerOrAborted({ header, bytes, at, partition }, aborted);
      // Compaction may leave a header without records.
      if (!dead && batchEnd > position && header.recordCount !== 0)
        batches.push(decodeData({ header, bytes, at, partition }));
      if (batchEnd > nextOffset) nextOffset = batchEnd;
      at = end;
    }
  }
  return { batches, nextOffset };
}

interface RawBatch {
  readonly header: layout.BatchHeader;
  readonly bytes: Buffer;
  readonly at: number;
  readonly partition: FetchedPartition;
}

/** Size of the batch at `at`, 0 when it is not complete. */
function completeBatchBytes(bytes: Buffer, at: number, partition: FetchedPartition): number {
  if (at + layout.MAGIC_AT >= bytes.length) return 0;
  // Older formats have other fields behind this byte, so it is looked at first.
  const magic = bytes.readInt8(at + layout.MAGIC_AT);
  const offset = Number(bytes.readBigInt64BE(at));
  if (magic !== 2) {
    throw corrupt(
      partition,
      offset,
      `message format ${magic} is not supported, only format 2 (Kafka 0.11 and later). Copy the topic with a current client`,
    );
  }
  const sizeBytes = bytes.readInt32BE(at + layout.BATCH_LENGTH_AT) + layout.LENGTH_PREFIX_BYTES;
  if (sizeBytes < layout.HEADER_BYTES)
    throw corrupt(partition, offset, `a batch of ${sizeBytes} bytes is shorter than its header`);
  return at + sizeBytes > bytes.length ? 0 : sizeBytes;
}

function isMarkerOrAborted(raw: RawBatch, aborted: AbortedFilter): boolean {
  const { attributes, producerId, baseOffset, lastOffsetDelta } = raw.header;
  const lastOffset = baseOffset + lastOffsetDelta;
  if ((attributes & layout.CONTROL_BIT) !== 0) {
    if (controlKind(raw) === 'abort') aborted.endAborted(producerId, lastOffset);
    return true;
  }
  return (attributes & layout.TRANSACTIONAL_BIT) !== 0 && aborted.isAborted(producerId, lastOffset);
}

function controlKind(raw: RawBatch): 'commit' | 'abort' | null {
  // A marker that was compacted away leaves an empty batch.
  if (raw.header.recordCount === 0) return null;
  const cursor = new RecordCursor();
  cursor.reset(decodeData(raw));
  return cursor.next() ? markerKind(cursor.buffer, cursor.keyStart, cursor.keyEnd) : null;
}

function verify({ header, bytes, at, partition }: RawBatch): void {
  const crc = crc32c(bytes.subarray(at + layout.ATTRIBUTES_AT, at + header.sizeBytes));
  if (crc !== header.crc) {
    throw corrupt(
      partition,
      header.baseOffset,
      `the checksum of the batch is ${hex(crc)}, its header says ${hex(header.crc)}. ` +
        'Bytes changed on the way or on the disk of the broker; compare its replicas',
    );
  }
  if (header.recordCount < 0 || header.lastOffsetDelta < 0) {
    throw corrupt(
      partition,
      header.baseOffset,
      `${header.recordCount} records, last offset delta ${header.lastOffsetDelta}`,
    );
  }
}

function decodeData({ header, bytes, at, partition }: RawBatch): RecordBatch {
  const end = at + header.sizeBytes;
  const codec = COMPRESSIONS[header.attributes & layout.COMPRESSION_MASK];
  if (codec === undefined) {
    throw corrupt(
      partition,
      header.baseOffset,
      `compression codec ${header.attributes & layout.COMPRESSION_MASK} is not known`,
    );
  }
  let records = { buffer: bytes, start: at + layout.HEADER_BYTES, end };
  if (codec !== 'none') {
    try {
      const buffer = decompress(codec, bytes.subarray(records.start, end));
      records = { buffer, start: 0, end: buffer.length };
    } catch (cause) {
      throw corrupt(partition, header.baseOffset, `its records are not ${codec}`, cause);
    }
  }
  return {
    baseOffset: header.baseOffset,
    nextOffset: header.baseOffset + header.lastOffsetDelta + 1,
    recordCount: header.recordCount,
    baseTimestampMs: header.baseTimestampMs,
    appendTimestampMs: (header.attributes & layout.LOG_APPEND_TIME_BIT) === 0 ? null : header.maxTimestampMs,
    leaderEpoch: header.leaderEpoch,
    ...records,
  };
}

// oxlint-disable-next-line max-params -- private
function corrupt(partition: FetchedPartition, offset: number, what: string, cause?: unknown): BrokerError {
  const where = `topic ${partition.topic}, partition ${partition.partition}, offset ${offset}`;
  return new BrokerError('CORRUPT', `${where}: ${what}`, cause === undefined ? {} : { cause });
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

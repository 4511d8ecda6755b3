// Where the fields of a record batch (magic 2) are: the header is 61 bytes, records follow. Source: the Kafka protocol guide.

export const BASE_OFFSET_AT = 0;
export const BATCH_LENGTH_AT = 8;
export const LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
/** The checksum covers everything from here to the end, so offset and leader epoch may be stamped without renewing it. */
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;
export const HEADER_BYTES = 61;
/** Base offset and length, which the length field itself does not count. */
export const LENGTH_PREFIX_BYTES = 12;

export const COMPRESSION_MASK = 0x07;
export const LOG_APPEND_TIME_BIT = 0x08;
export const TRANSACTIONAL_BIT = 0x10;
export const CONTROL_BIT = 0x20;

/** The header of one batch, as numbers. `sizeBytes` is that of the whole batch. */
export interface BatchHeader {
  readonly baseOffset: number;
  readonly sizeBytes: number;
  readonly leaderEpoch: number;
  readonly magic: number;
  readonly crc: number;
  readonly attributes: number;
  readonly lastOffsetDelta: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
}

/** A view as Buffer over the same bytes. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads the header at `at`; the caller has made sure that 61 bytes are there. */
export function readBatchHeader(buffer: Buffer, at = 0): BatchHeader {
  return {
    baseOffset: Number(buffer.readBigInt64BE(at + BASE_OFFSET_AT)),
    sizeBytes: buffer.readInt32BE(at + BATCH_LENGTH_AT) + LENGTH_PREFIX_BYTES,
    leaderEpoch: buffer.readInt32BE(at + LEADER_EPOCH_AT),
    magic: buffer.readInt8(at + MAGIC_AT),
    crc: buffer.readUInt32BE(at + CRC_AT),
    attributes: buffer.readInt16BE(at + ATTRIBUTES_AT),
    lastOffsetDelta: buffer.readInt32BE(at + LAST_OFFSET_DELTA_AT),
    baseTimestampMs: Number(buffer.readBigInt64BE(at + BASE_TIMESTAMP_AT)),
    maxTimestampMs: Number(buffer.readBigInt64BE(at + MAX_TIMESTAMP_AT)),
    producerId: buffer.readBigInt64BE(at + PRODUCER_ID_AT),
    producerEpoch: buffer.readInt16BE(at + PRODUCER_EPOCH_AT),
    baseSequence: buffer.readInt32BE(at + BASE_SEQUENCE_AT),
    recordCount: buffer.readInt32BE(at + RECORD_COUNT_AT),
  };
}

// The record-batch codec: what both logs, the reader and the writer share. Pure: bytes in, bytes out.
export { crc32, crc32c } from './checksum.ts';
export { COMPRESSIONS, type Compression } from './compression.ts';
export { type ControlBatch, encodeControlBatch, type MarkerKind, markerKind } from './control-batch.ts';
export { decodeFetch } from './decode-fetch.ts';
export { type BatchStamp, encodeBatch, nextSequence, stampBatch } from './encode-batch.ts';
export {
  asBuffer,
  type BatchHeader,
  CONTROL_BIT,
  HEADER_BYTES,
  LOG_APPEND_TIME_BIT,
  readBatchHeader,
  TRANSACTIONAL_BIT,
} from './layout.ts';
export { murmur2, toPositive } from './murmur2.ts';
export { crc32Partition, murmur2Partition } from './partitioner.ts';
export type { DecodedFetch, RecordBatch } from './record-batch.ts';
export { RecordCursor } from './record-cursor.ts';
export { type HeadersView, type RecordHeader, readHeaders } from './record-headers.ts';
export { type RecordInput, RecordsBuilder } from './records-builder.ts';

// What a fetch yields after checksum, decompression and the aborted-transaction filter: batches, and a cursor that walks the
// records of one without making an object per record.

/** One data batch of the log, records decompressed. Record bytes are `buffer[start, end)`. */
export interface RecordBatch {
  /** Offset of the first record. */
  readonly baseOffset: number;
  /** Base offset + last offset delta + 1: the next offset to fold after this batch. */
  readonly nextOffset: number;
  readonly recordCount: number;
  readonly baseTimestampMs: number;
  /** With LogAppendTime every record has this timestamp; null for CreateTime. */
  readonly appendTimestampMs: number | null;
  readonly leaderEpoch: number;
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The decoded answer for one partition. `nextOffset` is past control and aborted batches too, so it moves when `batches` is empty. */
export interface DecodedFetch {
  readonly batches: readonly RecordBatch[];
  readonly nextOffset: number;
}

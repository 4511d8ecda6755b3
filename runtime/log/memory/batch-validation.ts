// What a broker checks of a batch before it looks at its producer: size, format, checksum, the records, their timestamps.
import { BrokerError, type ErrorCode } from '../broker.ts';
import {
  asBuffer,
  CONTROL_BIT,
  decodeFetch,
  HEADER_BYTES,
  type RecordBatch,
  readBatchHeader,
  RecordCursor,
} from '../batch/index.ts';
import type { TopicConfig } from './topic-config.ts';

export interface Refusal {
  readonly error: ErrorCode;
  readonly errorMessage: string;
}

/** Null when the batch may be appended. `nowMs` is the wall clock. */
export function validateBatch(source: Uint8Array, config: TopicConfig, nowMs: number): Refusal | null {
  const batch = asBuffer(source);
  if (batch.length < HEADER_BYTES) return refuse('CORRUPT_MESSAGE', `${batch.length} bytes are no record batch`);
  const header = readBatchHeader(batch);
  if (header.magic !== 2) return refuse('UNSUPPORTED_FOR_MESSAGE_FORMAT', `record format ${header.magic}, must be 2`);
  if (header.sizeBytes !== batch.length)
    return refuse('CORRUPT_MESSAGE', `the batch says it has ${header.sizeBytes} bytes, ${batch.length} were sent`);
  if (batch.length > config.maxMessageBytes)
    return refuse(
      'MESSAGE_TOO_LARGE',
      `the batch has ${batch.length} bytes, the topic takes ${config.maxMessageBytes}`,
    );
  if ((header.attributes & CONTROL_BIT) !== 0) return refuse('INVALID_RECORD', 'clients cannot write control batches');
  return validateRecords(batch, config, nowMs);
}

function validateRecords(batch: Buffer, config: TopicConfig, nowMs: number): Refusal | null {
  const cursor = new RecordCursor();
  try {
    cursor.reset(decodeStored(batch));
    let expected = 0;
    while (cursor.next()) {
      if (cursor.offset !== expected++)
        return refuse('INVALID_RECORD', `offset ${cursor.offset} where ${expected - 1} is due`);
      if (config.logAppendTime || cursor.timestampMs === -1) continue;
      const aheadMs = cursor.timestampMs - nowMs;
      if (aheadMs > config.timestampAfterMaxMs || -aheadMs > config.timestampBeforeMaxMs)
        return refuse(
          'INVALID_TIMESTAMP',
          `timestamp ${cursor.timestampMs} is too far from the broker's clock, ${nowMs}`,
        );
    }
    const { lastOffsetDelta } = readBatchHeader(batch);
    return lastOffsetDelta === expected - 1
      ? null
      : refuse('INVALID_RECORD', `${expected} records, last delta ${lastOffsetDelta}`);
  } catch (error) {
    if (error instanceof BrokerError && error.code === 'CORRUPT') return refuse('CORRUPT_MESSAGE', error.message);
    throw error;
  }
}

/** The records of one data batch, decompressed. Throws `BrokerError` CORRUPT. */
export function decodeStored(batch: Buffer): RecordBatch {
  const offsets = { highWatermark: 0, lastStableOffset: 0, logStartOffset: 0 };
  const fetched = { topic: '', partition: 0, error: 'NONE', ...offsets, abortedTransactions: [], records: batch };
  const [decoded] = decodeFetch(fetched, readBatchHeader(batch).baseOffset).batches;
  if (decoded === undefined) throw new BrokerError('CORRUPT', 'the batch holds no records');
  return decoded;
}

function refuse(error: ErrorCode, errorMessage: string): Refusal {
  return { error, errorMessage };
}

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BrokerError } from '../broker.ts';
import type { RecordBatch } from './record-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import { readHeaders } from './record-headers.ts';

function batchOf(buffer: Buffer, recordCount: number, start = 0, end = buffer.length): RecordBatch {
  return {
    baseOffset: 100,
    nextOffset: 100 + recordCount,
    recordCount,
    baseTimestampMs: 1_700_000_000_000,
    appendTimestampMs: null,
    leaderEpoch: 0,
    buffer,
    start,
    end,
  };
}

/** Walks everything; every position must lie inside the batch. */
function walk(batch: RecordBatch): number {
  const cursor = new RecordCursor();
  cursor.reset(batch);
  let records = 0;
  while (cursor.next()) {
    for (const at of [cursor.keyStart, cursor.keyEnd, cursor.valueStart, cursor.valueEnd]) {
      expect(at).toBeGreaterThanOrEqual(-1);
      expect(at).toBeLessThanOrEqual(batch.end);
    }
    readHeaders(cursor);
    records++;
  }
  return records;
}

/** How many records could be read, or the code of the error. */
function outcomeOf(batch: RecordBatch): number | string {
  try {
    return walk(batch);
  } catch (error) {
    if (error instanceof BrokerError) return error.code;
    throw error;
  }
}

test('bytes that are no records end in CORRUPT, never in a loop or outside the batch', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 0, max: 0x7fffffff }), (bytes, recordCount) => {
      expect([recordCount, 'CORRUPT']).toContain(outcomeOf(batchOf(Buffer.from(bytes), recordCount)));
    }),
    { numRuns: 2000 },
  );
});

describe('CORRUPT names offset and reason when', () => {
  const cases: Readonly<Record<string, [bytes: number[], reason: string]>> = {
    'the record is longer than the batch': [[40, 0, 0, 0, 1, 1, 0], 'a record of 20 bytes leaves the batch'],
    'the record length is negative': [[1, 0, 0, 0, 1, 1, 0], 'a record of -1 bytes leaves the batch'],
    'the key is longer than the record': [[12, 0, 0, 0, 40, 1, 0], 'a key leaves its record'],
    'the value is longer than the record': [[12, 0, 0, 0, 1, 40, 0], 'a value leaves its record'],
    'the key length is below −1': [[12, 0, 0, 0, 3, 1, 0], 'key length -2'],
    'the value length is below −1': [[12, 0, 0, 0, 1, 3, 0], 'value length -2'],
    'headers are announced that do not fit': [[12, 0, 0, 0, 1, 1, 8], '4 headers in 0 bytes'],
    'bytes follow the header count of 0': [[14, 0, 0, 0, 1, 1, 0, 0], '0 headers in 1 bytes'],
    'bytes follow the last record': [[12, 0, 0, 0, 1, 1, 0, 9], '1 bytes follow the last record'],
    'a length has more than 5 bytes': [[0xff, 0xff, 0xff, 0xff, 0xff, 0x0f], 'more than 5 bytes'],
  };
  test.each(Object.entries(cases))('%s', (_name, [bytes, reason]) => {
    expect(() => walk(batchOf(Buffer.from(bytes), 1))).toThrow(reason);
    expect(() => walk(batchOf(Buffer.from(bytes), 1))).toThrow('offset 100');
  });
});

test('a time delta of more than 31 bits is exact', () => {
  // 0x80000000 ms = 2^31, zigzag 2^32
  const record = Buffer.from([20, 0, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 1, 1, 0]);
  const cursor = new RecordCursor();
  cursor.reset(batchOf(record, 1));
  expect(cursor.next()).toBe(true);
  expect(cursor.timestampMs).toBe(1_700_000_000_000 + 2 ** 31);
});

test('headers that do not fill their bytes are CORRUPT', () => {
  const record = Buffer.from([18, 0, 0, 0, 1, 1, 2, 0, 1, 0]); // one header: empty key, null value, and a byte too many
  expect(() => walk(batchOf(record, 1))).toThrow('1 bytes follow the last header');
});

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FetchedPartition } from '../broker.ts';
import { COMPRESSIONS } from './compression.ts';
import { decodeFetch } from './decode-fetch.ts';
import { encodeBatch, nextSequence, stampBatch } from './encode-batch.ts';
import { ATTRIBUTES_AT, HEADER_BYTES, LAST_OFFSET_DELTA_AT, MAGIC_AT, readBatchHeader } from './layout.ts';
import type { DecodedFetch } from './record-batch.ts';
import { RecordCursor } from './record-cursor.ts';
import { readHeaders } from './record-headers.ts';
import { RecordsBuilder } from './records-builder.ts';

const STAMP = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };

function fetched(records: Uint8Array | null): FetchedPartition {
  return {
    topic: 'clicks',
    partition: 3,
    error: 'NONE',
    highWatermark: 1000,
    lastStableOffset: 1000,
    logStartOffset: 0,
    abortedTransactions: [],
    records,
  };
}

function batchAt(
  offset: number,
  values: readonly string[],
  stamp: Partial<Parameters<typeof encodeBatch>[1]> = {},
): Buffer {
  const builder = new RecordsBuilder();
  for (const value of values) builder.append({ timestampMs: 1000 + offset, key: null, value: Buffer.from(value) });
  return stampBatch(encodeBatch(builder, { ...STAMP, ...stamp }), { baseOffset: offset, leaderEpoch: 7 });
}

function values(decoded: DecodedFetch): [number, string][] {
  const cursor = new RecordCursor();
  const found: [number, string][] = [];
  for (const batch of decoded.batches) {
    cursor.reset(batch);
    while (cursor.next())
      found.push([cursor.offset, cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)]);
  }
  return found;
}

describe('positions', () => {
  const log = Buffer.concat([batchAt(10, ['a', 'b']), batchAt(12, ['c', 'd', 'e']), batchAt(15, ['f'])]);

  test('batches below the position are left out, the one that straddles it is given whole', () => {
    const decoded = decodeFetch(fetched(log), 13);
    expect(decoded.batches.map((batch) => [batch.baseOffset, batch.nextOffset, batch.leaderEpoch])).toEqual([
      [12, 15, 7],
      [15, 16, 7],
    ]);
    expect(decoded.nextOffset).toBe(16);
  });

  test('however the answer is cut, complete batches are given and the rest is fetched next', () => {
    const ends = [0, batchAt(10, ['a', 'b']).length, log.length - batchAt(15, ['f']).length, log.length];
    const nexts = [10, 12, 15, 16];
    for (let length = 0; length <= log.length; length++) {
      const complete = ends.filter((end) => end <= length).length - 1;
      const decoded = decodeFetch(fetched(log.subarray(0, length)), 10);
      expect(decoded.batches.length).toBe(complete);
      expect(decoded.nextOffset).toBe(nexts[complete]);
    }
  });

  test('nothing fetched leaves the position', () => {
    expect(decodeFetch(fetched(null), 42)).toEqual({ batches: [], nextOffset: 42 });
    expect(decodeFetch(fetched(Buffer.alloc(0)), 42)).toEqual({ batches: [], nextOffset: 42 });
  });

  test('a compacted batch keeps its last offset delta: the position passes the gap', () => {
    const batch = encodeBatch(oneRecord('x'), STAMP);
    batch.writeInt32BE(9, LAST_OFFSET_DELTA_AT);
    const decoded = decodeFetch(
      fetched(stampBatch(batch, { baseOffset: 20, leaderEpoch: 0, appendTimestampMs: 5 })),
      20,
    );
    expect(decoded.nextOffset).toBe(30);
    expect(values(decoded)).toEqual([[20, 'x']]);
  });

  test('with LogAppendTime every record has the time of the append', () => {
    const batch = stampBatch(batchAt(0, ['a', 'b']), { baseOffset: 0, leaderEpoch: 0, appendTimestampMs: 9_999 });
    const decoded = decodeFetch(fetched(batch), 0);
    expect(decoded.batches[0]?.appendTimestampMs).toBe(9_999);
    const cursor = new RecordCursor();
    cursor.reset(decoded.batches[0]!);
    while (cursor.next()) expect(cursor.timestampMs).toBe(9_999);
  });

  test('records of an uncompressed batch refer to the fetched bytes', () => {
    const bytes = batchAt(0, ['a']);
    expect(decodeFetch(fetched(bytes), 0).batches[0]?.buffer).toBe(bytes);
  });
});

function oneRecord(value: string): RecordsBuilder {
  const builder = new RecordsBuilder();
  builder.append({ timestampMs: 1, key: null, value: Buffer.from(value) });
  return builder;
}

describe('round trip', () => {
  const compression = fc.constantFrom(...COMPRESSIONS);
  test('of any values under every compression', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), compression, fc.nat(2 ** 40), (texts, codec, offset) => {
        const decoded = decodeFetch(fetched(batchAt(offset, texts, { compression: codec })), offset);
        expect(values(decoded)).toEqual(texts.map((text, index) => [offset + index, text]));
        expect(decoded.nextOffset).toBe(offset + texts.length);
      }),
    );
  });

  test.each(COMPRESSIONS)('of 2 MB under %s', (codec) => {
    const texts = Array.from({ length: 2000 }, (_, index) => `${index}-`.repeat(200));
    expect(values(decodeFetch(fetched(batchAt(0, texts, { compression: codec })), 0)).map(([, text]) => text)).toEqual(
      texts,
    );
  });

  test('the header says what it was stamped with', () => {
    const batch = batchAt(5, ['a', 'b'], {
      producerId: 77n,
      producerEpoch: 4,
      baseSequence: 12,
      transactional: true,
      compression: 'zstd',
    });
    expect(readBatchHeader(batch)).toMatchObject({
      baseOffset: 5,
      sizeBytes: batch.length,
      magic: 2,
      attributes: 0x14,
      producerId: 77n,
      producerEpoch: 4,
      baseSequence: 12,
      recordCount: 2,
      lastOffsetDelta: 1,
    });
  });

  test('a batch without records is refused', () => {
    expect(() => encodeBatch(new RecordsBuilder(), STAMP)).toThrow('the builder is empty');
  });

  test('sequence numbers wrap to 0', () => {
    expect(nextSequence(0x7fffffff, 1)).toBe(0);
    expect(nextSequence(0x7ffffffe, 5)).toBe(3);
  });
});

describe('damage', () => {
  test('any flipped bit that the checksum covers is CORRUPT, and the message says where', () => {
    const batch = batchAt(8, ['value'], { compression: 'none' });
    for (let bit = ATTRIBUTES_AT * 8; bit < batch.length * 8; bit++) {
      const damaged = Buffer.from(batch);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      // A flipped control bit makes it a marker, a flipped sign of the last offset a batch of the past: both are checked as well.
      expect(() => decodeFetch(fetched(damaged), 8), `bit ${bit}`).toThrow(
        /^topic clicks, partition 3, offset 8: .*checksum/,
      );
    }
  });

  test('the error is a BrokerError CORRUPT', () => {
    const damaged = batchAt(8, ['value']);
    damaged[HEADER_BYTES + 3]! ^= 1;
    expect(() => decodeFetch(fetched(damaged), 8)).toThrow(
      expect.objectContaining({ name: 'BrokerError', code: 'CORRUPT' }),
    );
  });

  test('a message format before 2 is refused with what to do', () => {
    const old = batchAt(8, ['value']);
    old[MAGIC_AT] = 1;
    expect(() => decodeFetch(fetched(old), 8)).toThrow('message format 1 is not supported, only format 2');
  });

  test('bytes that are not of the codec named are CORRUPT', () => {
    for (const codec of [1, 2, 3, 4, 5]) {
      const batch = encodeBatch(oneRecord('value'), STAMP);
      batch.writeInt16BE(codec, ATTRIBUTES_AT);
      const stamped = stampBatch(batch, { baseOffset: 0, leaderEpoch: 0, appendTimestampMs: 1 });
      expect(() => decodeFetch(fetched(stamped), 0)).toThrow(
        codec === 5 ? 'codec 5 is not known' : 'its records are not',
      );
    }
  });
});

// Log segments of a 4.4 broker, 40 records each, written by the Java client and by librdkafka with each of their codecs.
describe('written by other clients', () => {
  const fixture = (name: string): FetchedPartition =>
    fetched(readFileSync(new URL(`./fixtures/${name}.bin`, import.meta.url)));
  const json = (index: number): string => `{"n":${index},"page":"/products/42","text":"${'a'.repeat(32)}"}`;

  test.each(COMPRESSIONS)('the Java client with %s', (codec) => {
    const partition = fixture(`java-${codec}`);
    expect(readBatchHeader(partition.records as Buffer).attributes & 7).toBe(COMPRESSIONS.indexOf(codec));
    const decoded = decodeFetch(partition, 0);
    const cursor = new RecordCursor();
    let index = 0;
    for (const batch of decoded.batches) {
      cursor.reset(batch);
      for (; cursor.next(); index++) {
        expect(cursor.offset).toBe(index);
        expect(cursor.timestampMs).toBe(1_700_000_000_000 + index * 1000);
        expect(cursor.keyStart < 0 ? null : cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd)).toBe(
          index % 10 === 9 ? null : `k${index}`,
        );
        expect(cursor.valueStart < 0 ? null : cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)).toBe(
          index % 10 === 8 ? null : json(index),
        );
        expect(readHeaders(cursor).map(({ key, value }) => [key, value?.toString() ?? null])).toEqual(
          index % 10 === 7
            ? [
                ['trace', `t${index}`],
                ['empty', null],
              ]
            : [],
        );
      }
    }
    expect([index, decoded.nextOffset]).toEqual([40, 40]);
  });

  test.each(COMPRESSIONS)('librdkafka with %s', (codec) => {
    const decoded = decodeFetch(fixture(`librdkafka-${codec}`), 0);
    expect(values(decoded)).toEqual(Array.from({ length: 40 }, (_, index) => [index, json(index)]));
  });

  test('two transactional Java producers whose transactions interleave', () => {
    const partition = fixture('java-transactions');
    const [x, y] = [0, 1].map((offset) => producerAt(partition.records as Buffer, offset));
    const decoded = decodeFetch(
      {
        ...partition,
        abortedTransactions: [
          { producerId: x!, firstOffset: 0 },
          { producerId: y!, firstOffset: 8 },
        ],
      },
      0,
    );
    expect(values(decoded)).toEqual([
      [1, 'y1 committed'],
      [4, 'x3 committed'],
      [6, 'y2 committed'],
      [10, 'x4 committed'],
    ]);
    expect(decoded.nextOffset).toBe(12);
  });
});

function producerAt(log: Buffer, offset: number): bigint {
  for (let at = 0; at < log.length; ) {
    const header = readBatchHeader(log, at);
    if (header.baseOffset === offset) return header.producerId;
    at += header.sizeBytes;
  }
  throw new Error(`no batch at offset ${offset}`);
}

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordCursor } from './record-cursor.ts';
import { readHeaders } from './record-headers.ts';
import { type RecordInput, RecordsBuilder } from './records-builder.ts';

interface PlainRecord {
  readonly timestampMs: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString('latin1');

function read(builder: RecordsBuilder): PlainRecord[] {
  const cursor = new RecordCursor();
  cursor.reset(builder.asBatch());
  const records: PlainRecord[] = [];
  while (cursor.next()) {
    expect(cursor.offset).toBe(records.length);
    records.push({
      timestampMs: cursor.timestampMs,
      key: cursor.keyStart < 0 ? null : cursor.buffer.toString('latin1', cursor.keyStart, cursor.keyEnd),
      value: cursor.valueStart < 0 ? null : cursor.buffer.toString('latin1', cursor.valueStart, cursor.valueEnd),
      headers: readHeaders(cursor).map(({ key, value }) => [key, text(value)]),
    });
  }
  return records;
}

const plain = (record: RecordInput): PlainRecord => ({
  timestampMs: record.timestampMs,
  key: text(record.key),
  value: text(record.value),
  headers: (record.headers ?? []).map(({ key, value }) => [key, text(value)]),
});

const bytes = fc.option(fc.uint8Array({ maxLength: 200 }));
const record: fc.Arbitrary<RecordInput> = fc.record({
  timestampMs: fc.oneof(fc.integer({ min: -1, max: 100 }), fc.integer({ min: 0, max: 8.64e15 })),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ key: fc.string(), value: bytes }), { maxLength: 3 }),
});

describe('any records', () => {
  test('are read back as they were appended', () => {
    fc.assert(
      fc.property(fc.array(record), (records) => {
        const builder = new RecordsBuilder();
        for (const each of records) builder.append(each);
        expect(builder.count).toBe(records.length);
        expect(read(builder)).toEqual(records.map(plain));
        const times = records.map((each) => each.timestampMs);
        expect(builder.baseTimestampMs).toBe(times[0] ?? 0);
        expect(builder.maxTimestampMs).toBe(times.length === 0 ? 0 : Math.max(...times));
      }),
    );
  });

  test('of the owners that stay are the same, in their order, without the others', () => {
    const owned = fc.tuple(fc.nat(3), record);
    fc.assert(
      fc.property(fc.array(owned), fc.uniqueArray(fc.nat(3)), (records, gone) => {
        const builder = new RecordsBuilder();
        for (const [owner, each] of records) {
          builder.owner(owner);
          builder.append(each);
        }
        const stay = records.filter(([owner]) => !gone.includes(owner));
        const rest = builder.without(new Set(gone));
        expect(read(rest)).toEqual(stay.map(([, each]) => plain(each)));
        expect(rest.owners()).toEqual(new Set(stay.map(([owner]) => owner)));
        expect(read(builder)).toEqual(records.map(([, each]) => plain(each)));
      }),
    );
  });

  test('can be stamped with another time and keep all else', () => {
    fc.assert(
      fc.property(fc.array(record), fc.nat(), (records, timestampMs) => {
        const builder = new RecordsBuilder();
        for (const each of records) builder.append(each);
        expect(read(builder.withTimestamp(timestampMs))).toEqual(
          records.map((each) => ({ ...plain(each), timestampMs })),
        );
      }),
    );
  });

  test('can be split into parts of a size, or of one record, and keep their order and owners', () => {
    const owned = fc.tuple(fc.nat(3), record);
    fc.assert(
      fc.property(fc.array(owned), fc.integer({ min: 1, max: 1_000 }), (records, maxBytes) => {
        const builder = new RecordsBuilder();
        for (const [owner, each] of records) {
          builder.owner(owner);
          builder.append(each);
        }
        const parts = builder.split(maxBytes);
        expect(parts.flatMap(read)).toEqual(records.map(([, each]) => plain(each)));
        expect(parts.every(({ sizeBytes, count }) => count === 1 || sizeBytes <= maxBytes + 20 * count)).toBe(true);
        for (const owner of [0, 1, 2, 3])
          expect(parts.flatMap((part) => read(part.without(new Set([owner]))))).toEqual(
            records.filter(([other]) => other !== owner).map(([, each]) => plain(each)),
          );
      }),
    );
  });

  test('written in place are read back, shorter than reserved or not', () => {
    const placed = fc.tuple(fc.uint8Array(), fc.uint8Array({ maxLength: 300 }), fc.nat(20_000));
    fc.assert(
      fc.property(fc.array(placed), (records) => {
        const builder = new RecordsBuilder();
        for (const [key, value, spare] of records) {
          const at = builder.beginRecord(1000, key, 0, key.length, value.length + spare);
          builder.buffer.set(value, at);
          builder.endRecord(at + value.length);
        }
        expect(read(builder)).toEqual(
          records.map(([key, value]) => ({ timestampMs: 1000, key: text(key), value: text(value), headers: [] })),
        );
      }),
    );
  });
});

test('a record that was begun and given up leaves no trace', () => {
  const builder = new RecordsBuilder();
  const key = Buffer.from('k');
  builder.buffer[builder.beginRecord(1, key, 0, 1, 1)] = 65;
  builder.endRecord();
  builder.beginRecord(2, key, 0, 1, 100);
  builder.append({ timestampMs: 3, key: null, value: Buffer.from('B') });
  expect(read(builder).map(({ value }) => value)).toEqual(['A', 'B']);
});

test('after reset the builder is empty and begins a new base timestamp', () => {
  const builder = new RecordsBuilder();
  builder.owner(1);
  builder.append({ timestampMs: 5000, key: null, value: null });
  builder.reset();
  expect([builder.count, builder.sizeBytes, builder.owners().size]).toEqual([0, 0, 0]);
  builder.append({ timestampMs: 70, key: null, value: null });
  expect([builder.baseTimestampMs, builder.maxTimestampMs]).toEqual([70, 70]);
  expect(builder.owners()).toEqual(new Set([1]));
});

test('misuse is refused with a reason', () => {
  const builder = new RecordsBuilder();
  const key = Buffer.from('k');
  expect(() => builder.endRecord()).toThrow('without beginRecord');
  expect(() => builder.append({ timestampMs: 1.5, key: null, value: null })).toThrow(
    'integer of milliseconds, not 1.5',
  );
  const at = builder.beginRecord(1, key, 0, 1, 2);
  expect(() => builder.endRecord(at + 3)).toThrow('3 bytes was written where 2 were reserved');
});

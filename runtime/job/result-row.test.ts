import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecordCursor, RecordsBuilder } from '../log/batch/index.ts';
import { ScalarWriter } from '../scalar/index.ts';
import { KeyTable } from '../state/index.ts';
import type { WindowRows } from '../window/index.ts';
import type { JobPlan } from './plan.ts';
import { cursorOver, planOf } from './plan-world.cases.ts';
import { OK } from './record-reader.ts';
import { resultTimestampMs } from './result-row.ts';
import { writeInteger } from './write-integer.ts';

/** A table of a job into which these documents were folded, whatever their time. */
function tableOf(plan: JobPlan, documents: readonly object[]): KeyTable {
  const table = new KeyTable(plan.windowLayout);
  const aggregates = plan.newAggregates();
  const reader = plan.newReader(0);
  const cursor = cursorOver(documents.map((one) => ({ value: JSON.stringify({ ts: 1, ...one }) })));
  while (cursor.next()) {
    expect(reader.read(cursor)).toBe(OK);
    aggregates.add(table, table.upsert(reader.keyBytes, reader.keyStart, reader.keyEnd, reader.keyHash), reader);
  }
  return table;
}

const ALL_IN_ORDER = { rows: null, startMs: 0, endMs: 10, starts: null, ends: null } as const;

function written(plan: JobPlan, rows: readonly WindowRows[]): { key: string; value: string }[] {
  const writer = plan.newRowWriter(plan.newAggregates());
  const builder = new RecordsBuilder();
  for (const one of rows) {
    writer.begin(one);
    for (let i = 0; i < one.count; i++) writer.write(one.rows === null ? i : one.rows[i]!, builder, 5);
  }
  const cursor = new RecordCursor();
  cursor.reset(builder.asBatch());
  const records: { key: string; value: string }[] = [];
  while (cursor.next())
    records.push({
      key: cursor.buffer.toString('utf8', cursor.keyStart, cursor.keyEnd),
      value: cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd),
    });
  return records;
}

describe('result rows', () => {
  const plan = planOf({ aggregates: { n: { count: {} } } });
  const table = tableOf(plan, [{ k: 'a' }, { k: 'b' }, { k: 'b' }]);

  test('of a window share its bounds', () => {
    const bounds = { startMs: -20, endMs: 1767225600000 };
    expect(written(plan, [{ ...ALL_IN_ORDER, ...bounds, table, count: 2 }])).toEqual([
      { key: 'a', value: '{"k":"a","windowStart":-20,"windowEnd":1767225600000,"n":1}' },
      { key: 'b', value: '{"k":"b","windowStart":-20,"windowEnd":1767225600000,"n":2}' },
    ]);
  });

  test('of the global window have none', () => {
    const bounds = { startMs: Number.NaN, endMs: Number.NaN };
    expect(written(plan, [{ ...ALL_IN_ORDER, ...bounds, table, count: 1 }])).toEqual([
      { key: 'a', value: '{"k":"a","windowStart":null,"windowEnd":null,"n":1}' },
    ]);
  });

  test('of sessions have their own', () => {
    const bounds = { startMs: Number.NaN, endMs: Number.NaN, starts: Float64Array.of(-5, 1767225600000) };
    const ends = Float64Array.of(0, 1767225600001);
    expect(written(plan, [{ ...bounds, ends, rows: null, table, count: 2 }]).map(({ value }) => value)).toEqual([
      '{"k":"a","windowStart":-5,"windowEnd":0,"n":1}',
      '{"k":"b","windowStart":1767225600000,"windowEnd":1767225600001,"n":2}',
    ]);
  });

  test('are those that were asked for, in that order, window after window', () => {
    const rows = { ...ALL_IN_ORDER, table };
    const values = written(plan, [
      { ...rows, rows: Int32Array.of(1, 0, 99), count: 2 },
      { ...rows, startMs: 10, endMs: 20, rows: Int32Array.of(1), count: 1 },
      { ...rows, count: 1 },
    ]).map(({ value }) => value);
    expect(values).toEqual([
      '{"k":"b","windowStart":0,"windowEnd":10,"n":2}',
      '{"k":"a","windowStart":0,"windowEnd":10,"n":1}',
      '{"k":"b","windowStart":10,"windowEnd":20,"n":2}',
      '{"k":"a","windowStart":0,"windowEnd":10,"n":1}',
    ]);
  });

  test('hold results of every kind and size', () => {
    const long = 'é"\n'.repeat(40_000);
    const whole = planOf({
      aggregates: {
        all: { collect: { field: 'v' } },
        first: { first: { field: 'v' } },
        kinds: { countDistinct: { field: 'v' } },
        largest: { topK: { field: 'x', k: 2 } },
        mean: { avg: { field: 'x' } },
        none: { last: { field: 'absent' } },
      },
    });
    const documents = [
      { k: long, v: long, x: 1.5 },
      { k: long, v: 7, x: 2 },
      { k: long, v: true, x: 3 },
    ];
    const [record] = written(whole, [{ ...ALL_IN_ORDER, table: tableOf(whole, documents), count: 1 }]);
    expect(record!.key).toBe(long);
    expect(JSON.parse(record!.value)).toEqual({
      k: long,
      windowStart: 0,
      windowEnd: 10,
      all: [long, 7, true],
      first: long,
      kinds: 3,
      largest: [3, 2],
      mean: 6.5 / 3,
      none: null,
    });
  });

  test('cannot be written before it is known whose they are', () => {
    const writer = plan.newRowWriter(plan.newAggregates());
    expect(() => writer.writeKey(0)).toThrow(/begin\(\)/);
  });
});

test.each<[string, [number, number, number], number]>([
  ['the last millisecond of the window', [100, 1000, 1000], 99],
  ['not later than what was seen', [100, 50, 1000], 50],
  ['not later than the clock', [100, 1000, 40], 40],
  ['not before 1970', [-100, 1000, 1000], 0],
  ['without an end: what was seen', [Number.POSITIVE_INFINITY, 70, 1000], 70],
])('the timestamp of a result is %s', (_, [endMs, seenMs, nowMs], expected) => {
  expect(resultTimestampMs(endMs, seenMs, nowMs)).toBe(expected);
});

test('integers are written as JSON writes them', () => {
  const to = Buffer.alloc(32);
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.nat({ max: 2_000_000_000 })), (value) => {
      expect(to.toString('latin1', 1, writeInteger(to, 1, value))).toBe(JSON.stringify(value));
    }),
  );
  for (const value of [0, 9, 10, 999_999_999, 1e9, 1e9 + 1, 999_999_999_999, 1e12, 1e15, -1e9, Number.MAX_SAFE_INTEGER])
    expect(to.toString('latin1', 0, writeInteger(to, 0, value))).toBe(String(value));
});

describe('tables of a job', () => {
  const aggregates = { f: { first: { field: 'v' } }, s: { sum: { field: 'v' } } };
  const session = { window: { session: { gap: '10ms' } } };
  test.each<[string, object, { epochs: boolean; windowColumns: number; partialColumns: number; partialCells: number }]>(
    [
      ['that only closes windows', {}, { epochs: false, windowColumns: 0, partialColumns: 0, partialCells: 1 }],
      [
        'that takes late records',
        { allowedLateness: '1s' },
        { epochs: true, windowColumns: 0, partialColumns: 0, partialCells: 1 },
      ],
      [
        'that emits changes',
        { emit: { mode: 'update' } },
        { epochs: true, windowColumns: 0, partialColumns: 0, partialCells: 1 },
      ],
      ['with sessions', session, { epochs: false, windowColumns: 3, partialColumns: 3, partialCells: 1 }],
      [
        'with sessions and late data',
        { ...session, lateData: { kafka: { topic: 'late' } }, allowedLateness: '1s' },
        { epochs: true, windowColumns: 3, partialColumns: 3, partialCells: 2 },
      ],
      [
        'with windows and late data',
        { lateData: { kafka: { topic: 'late' } } },
        { epochs: false, windowColumns: 0, partialColumns: 0, partialCells: 1 },
      ],
    ],
  )('%s', (_, more, { epochs, windowColumns, partialColumns, partialCells }) => {
    const plan = planOf({ aggregates, more });
    const own = plan.newAggregates().columns.length;
    const { windowLayout, partialLayout } = plan;
    expect([windowLayout.epochs, windowLayout.provenance, windowLayout.columns.length - own]).toEqual([
      epochs,
      false,
      windowColumns,
    ]);
    expect([partialLayout.epochs, partialLayout.provenance, partialLayout.columns.length - own]).toEqual([
      false,
      true,
      partialColumns,
    ]);
    expect([windowLayout.cells.length, partialLayout.cells.length]).toEqual([1, partialCells]);
    expect([plan.inputCount, plan.aggregateSpecs]).toEqual([2, [{ fn: 'first' }, { fn: 'sum' }]]);
  });
});

test('a key is written within the room that is asked for it', () => {
  const writer = planOf({ keyBy: ['a', 'b'] }).newKeyWriter();
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.double({ noNaN: true, noDefaultInfinity: true }), (text, number) => {
      const scalars = new ScalarWriter();
      const bytes = Buffer.from(text);
      scalars.encodeText(bytes, 0, bytes.length);
      scalars.encodeNumber(number);
      const to = Buffer.alloc(writer.maxBytes(scalars.length));
      const end = writer.writeFields(scalars.bytes, 0, { to, at: 0 });
      expect(JSON.parse(`{${to.toString('utf8', 0, end)}}`)).toEqual({ a: text.toWellFormed(), b: number + 0 });
    }),
  );
});

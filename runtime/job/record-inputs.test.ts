import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scalarJsonBound, writeScalarJson } from '../scalar/index.ts';
import type { JobPlan } from './plan.ts';
import { cursorOver, planOf } from './plan-world.cases.ts';
import { FILTERED, OK, type RecordReader } from './record-reader.ts';
import type { RecordView } from './record-view.ts';

/** The scalar that aggregate `i` got of the last record, as JSON. */
function scalarOf(reader: RecordReader, i: number): unknown {
  if (Number.isNaN(reader.inputs[i]!)) return null;
  const start = reader.scalarStarts[i]!;
  const end = reader.scalarEnds[i]!;
  const to = Buffer.alloc(scalarJsonBound(end - start));
  return JSON.parse(to.toString('utf8', 0, writeScalarJson(reader.scalarBytes, start, end, { to, at: 0 })));
}

function keyOf(plan: JobPlan, reader: RecordReader): unknown {
  const writer = plan.newKeyWriter();
  const to = Buffer.alloc(writer.maxBytes(reader.keyEnd) + 2);
  return JSON.parse(`{${to.toString('utf8', 0, writer.writeFields(reader.keyBytes, 0, { to, at: 0 }))}}`);
}

describe('what a record has besides its value', () => {
  test('is read like fields of the value, the last of several headers', () => {
    const plan = planOf({
      keyBy: ['$key', '$partition', '$headers.a.b', '$headers.t'],
      aggregates: {
        f: { first: { field: '$headers.t' } },
        g: { last: { field: '$key' } },
        h: { max: { field: '$timestamp' } },
      },
    });
    const reader = plan.newReader(7);
    const cursor = cursorOver([
      {
        key: 'u1',
        value: '{"ts":1}',
        timestampMs: 12,
        headers: [
          ['t', 'x'],
          ['a.b', '1'],
          ['t', 'y"'],
        ],
      },
      {
        key: '',
        value: '{"ts":1}',
        timestampMs: 13,
        headers: [
          ['a.b', '2'],
          ['t', ''],
        ],
      },
    ]);
    const seen: unknown[] = [];
    while (cursor.next()) {
      expect(reader.read(cursor)).toBe(OK);
      seen.push(keyOf(plan, reader), [scalarOf(reader, 0), scalarOf(reader, 1), reader.inputs[2]]);
    }
    expect(seen).toEqual([
      { $key: 'u1', $partition: 7, '$headers.a.b': '1', '$headers.t': 'y"' },
      ['y"', 'u1', 12],
      { $key: '', $partition: 7, '$headers.a.b': '2', '$headers.t': '' },
      ['', '', 13],
    ]);
  });

  test('headers of one record do not leak into the next', () => {
    const reader = planOf({ where: '$headers.t == "x"' }).newReader(0);
    const value = '{"k":"a","ts":1}';
    const cursor = cursorOver([{ value, headers: [['t', 'x']] }, { value }, { value, headers: [['u', 'x']] }]);
    const outcomes: number[] = [];
    while (cursor.next()) outcomes.push(reader.read(cursor));
    expect([outcomes, reader.whereErrors]).toEqual([[OK, FILTERED, FILTERED], 2]);
  });

  test('headers that are none are an error of the log, not of the record', () => {
    const reader = planOf({ where: '$headers.t == "x"' }).newReader(0);
    const cursor = cursorOver([{ value: '{"k":"a","ts":1}', headers: [['t', 'x']] }]);
    cursor.next();
    const { buffer, headersStart, headersEnd } = cursor;
    const view = (bytes: readonly number[], headerCount: number) => ({
      ...cursorFields(cursor),
      buffer: Buffer.concat([buffer.subarray(0, headersStart), Buffer.from(bytes)]),
      headersEnd: headersStart + bytes.length,
      headerCount,
    });
    const good = [...buffer.subarray(headersStart, headersEnd)];
    expect(reader.read(view(good, 1))).toBe(OK);
    for (const [bytes, count] of [
      [good.slice(0, -1), 1],
      [[...good, 0], 1],
      [good, 2],
      [[0x80, 0x80, 0x80, 0x80, 0x80, 0x80], 1],
      [[0x01, 0x00], 1],
    ] as const)
      expect(() => reader.read(view(bytes, count))).toThrow(/the headers of the record at offset 0 cannot be decoded/);
  });
});

function cursorFields({ offset, timestampMs, keyStart, keyEnd, valueStart, valueEnd, headersStart }: RecordView) {
  return { offset, timestampMs, keyStart, keyEnd, valueStart, valueEnd, headersStart };
}

describe('inputs', () => {
  /** By aggregate, in order of name: whether its filter lets the record in (null: cannot say), what it takes, and of what type. */
  const AGGREGATES = {
    a: { count: {}, where: 't == "x"' },
    b: { count: { field: 'w' } },
    c: { sum: { field: 'v' }, where: 't == "x"' },
    d: { countDistinct: { field: 'w' }, where: 'b' },
    e: { max: { of: 'v * 2 - 1' }, where: 'b' },
    f: { first: { field: 'w' } },
    g: { last: { field: 'w' }, where: 't == "x"' },
    h: { count: { of: 'w' }, where: '!b' },
    i: { avg: { of: 'v * 2 - 1' } },
  };

  interface Fields {
    readonly t?: unknown;
    readonly b?: unknown;
    readonly v?: unknown;
    readonly w?: unknown;
  }

  const BAD_TYPE = 'inputType';
  const BAD_RANGE = 'inputRange';

  function number(value: unknown): number | null | string {
    if (value === undefined || value === null) return null;
    if (typeof value !== 'number') return BAD_TYPE;
    return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : BAD_RANGE;
  }

  function scalar(value: unknown): { value: unknown } | null | string {
    if (typeof value === 'object' && value !== null) return BAD_TYPE;
    if (typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) return BAD_RANGE;
    return value === undefined || value === null ? null : { value };
  }

  function presence(value: unknown): 1 | null | string {
    if (typeof value === 'object' && value !== null) return BAD_TYPE;
    return value === undefined || value === null ? null : 1;
  }

  function doubled(v: unknown): number | null | string {
    if (v === undefined || v === null) return null;
    return typeof v === 'number' ? number(v * 2 - 1) : BAD_TYPE;
  }

  /** By plain objects: the inputs, or why the record is bad. */
  function oracle({ t, b, v, w }: Fields): unknown {
    const isX = t === 'x';
    const taken = [
      isX ? 1 : null,
      presence(w),
      isX ? number(v) : null,
      b === true ? scalar(w) : null,
      b === true ? doubled(v) : null,
      scalar(w),
      isX ? scalar(w) : null,
      // An expression that comes to a number is judged as one.
      b === false ? (typeof scalar(w) === 'object' ? presence(w) : scalar(w)) : null,
      doubled(v),
    ];
    return taken.find((one) => typeof one === 'string') ?? taken;
  }

  const value = fc.oneof(
    fc.constant(undefined),
    fc.constantFrom<unknown>(null, true, false, [], {}, 'x', 'é"\n', '', 9007199254740992, -9007199254740992, 0.5, -0),
    fc.integer(),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
  );

  test('are those of a plain reading of the document', () => {
    const reader = planOf({ aggregates: AGGREGATES }).newReader(0);
    const names = Object.keys(AGGREGATES);
    const overScalars = new Set(['d', 'f', 'g']);
    const fields = fc.record(
      {
        t: fc.constantFrom<unknown>('x', 'y', 1, null),
        b: fc.constantFrom<unknown>(true, false, null, 'x'),
        v: value,
        w: value,
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fields, { minLength: 1, maxLength: 10 }), (records) => {
        const cursor = cursorOver(records.map((record) => ({ value: JSON.stringify({ k: 'a', ts: 1, ...record }) })));
        for (const record of records) {
          cursor.next();
          const outcome = reader.read(cursor);
          const read = () =>
            names.map((name, i) => {
              const input = reader.inputs[i]!;
              if (Number.isNaN(input)) return null;
              return overScalars.has(name) ? { value: scalarOf(reader, i) } : input;
            });
          const plain = oracle(JSON.parse(JSON.stringify(record)) as Fields);
          expect(outcome === OK ? read() : reader.badReason).toEqual(plain);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('a filter that several aggregates share is evaluated once, and counted once when it cannot be', () => {
    const reader = planOf({ aggregates: AGGREGATES }).newReader(0);
    const cursor = cursorOver([{ value: '{"k":"a","ts":1,"b":true}' }, { value: '{"k":"a","ts":1,"t":"x","b":true}' }]);
    const errors: number[] = [];
    while (cursor.next()) {
      reader.read(cursor);
      errors.push(reader.whereErrors);
    }
    expect(errors).toEqual([1, 1]);
  });
});

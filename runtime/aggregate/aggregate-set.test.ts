import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyTable } from '../state/index.ts';
import { AggregateSet } from './aggregate-set.ts';
import type { AggregateKind } from './aggregate-function.ts';

const KINDS: readonly AggregateKind[] = ['count', 'sum', 'min', 'max', 'avg'];
const KEY = Buffer.from('k');
const MAX = Number.MAX_SAFE_INTEGER;

const newTable = (set: AggregateSet): KeyTable => new KeyTable({ columns: set.columns, provenance: false });

/** One row, built from `inputs`: NaN is a null input. */
function fold(set: AggregateSet, inputs: readonly number[]): KeyTable {
  const table = newTable(set);
  const row = table.upsert(KEY, 0, 1, 1);
  for (const input of inputs) set.add(table, row, new Float64Array(KINDS.length).fill(input));
  return table;
}

function results(set: AggregateSet, table: KeyTable): Record<string, number | null> {
  return Object.fromEntries(
    set.kinds.map((kind, index) => {
      const value = set.result(table, index, 0);
      return [kind, Number.isNaN(value) ? null : value];
    }),
  );
}

function merged(set: AggregateSet, parts: readonly KeyTable[]): KeyTable {
  const table = newTable(set);
  for (const part of parts) {
    const rows = Int32Array.from({ length: part.rowCount }, (_, row) =>
      table.upsert(part.keyBytes, part.keyOffsets[row]!, part.keyOffsets[row + 1]!, part.hashes[row]!),
    );
    set.merge(table, { from: part, rows, count: part.rowCount });
  }
  return table;
}

/** Integers over the whole safe range, with nulls between them and the extremes favoured: their sums carry often. */
const integers = fc.array(
  fc.oneof(fc.maxSafeInteger(), fc.constantFrom(MAX, -MAX, MAX - 1, 1, -1, 0), fc.constant(Number.NaN)),
  { maxLength: 30 },
);

function exact(inputs: readonly number[]): Record<string, number | null> {
  const values = inputs.filter((value) => !Number.isNaN(value));
  const total = values.reduce((sum, value) => sum + BigInt(value), 0n);
  const safe = total >= -BigInt(MAX) && total <= BigInt(MAX);
  const none = values.length === 0;
  return {
    count: values.length,
    sum: none || !safe ? null : Number(total),
    min: none ? null : Math.min(...values) + 0,
    max: none ? null : Math.max(...values) + 0,
  };
}

describe('aggregates', () => {
  test.each<[string, readonly number[], Record<string, number | null>]>([
    [
      'no input: count is 0, the others are null',
      [Number.NaN],
      { count: 0, sum: null, min: null, max: null, avg: null },
    ],
    ['integers', [1, 2, 2], { count: 3, sum: 5, min: 1, max: 2, avg: 5 / 3 }],
    ['fractions', [5.4, 100.1], { count: 2, sum: 105.5, min: 5.4, max: 100.1, avg: 52.75 }],
    ['values that cancel', [5, -5, -7, 7], { count: 4, sum: 0, min: -7, max: 7, avg: 0 }],
    ['the largest exact integers', [MAX, -MAX, -MAX], { count: 3, sum: -MAX, min: -MAX, max: MAX, avg: -MAX / 3 }],
    [
      'a sum beyond 2^53 is null, its mean is not',
      [MAX, MAX, MAX],
      { count: 3, sum: null, min: MAX, max: MAX, avg: MAX },
    ],
    [
      'a sum that comes back into the range is right again',
      [MAX, MAX, 2, -MAX, -MAX],
      { count: 5, sum: 2, min: -MAX, max: MAX, avg: 0.4 },
    ],
    ['integers and fractions', [1, 0.5, 2], { count: 3, sum: 3.5, min: 0.5, max: 2, avg: 3.5 / 3 }],
  ])('%s', (_, inputs, expected) => {
    const set = new AggregateSet(KINDS);
    expect(results(set, fold(set, inputs))).toEqual(expected);
    expect(set.overflows).toBe(expected['sum'] === null && inputs.length > 1 ? 1 : 0);
  });

  test('integer results are exact and do not depend on the order of the inputs', () => {
    fc.assert(
      fc.property(
        integers.chain((inputs) =>
          fc.tuple(fc.constant(inputs), fc.shuffledSubarray(inputs, { minLength: inputs.length })),
        ),
        ([inputs, shuffled]) => {
          const set = new AggregateSet(KINDS);
          expect(results(set, fold(set, inputs))).toMatchObject(exact(inputs));
          expect(results(set, fold(set, shuffled))).toEqual(results(set, fold(set, inputs)));
        },
      ),
    );
  });

  test('any split of the input, merged in any order, gives the result of the whole', () => {
    fc.assert(
      fc.property(fc.array(integers, { minLength: 1, maxLength: 5 }), (parts) => {
        const set = new AggregateSet(KINDS);
        const whole = results(set, fold(set, parts.flat()));
        const tables = parts.map((part) => fold(set, part));
        expect(results(set, merged(set, tables))).toEqual(whole);
        expect(results(set, merged(set, tables.toReversed()))).toEqual(whole);
        const [first, ...rest] = tables;
        expect(results(set, merged(set, [first!, merged(set, rest)]))).toEqual(whole);
      }),
    );
  });

  test('the mean of integers is the exact quotient, rounded', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 30 }), (inputs) => {
        const set = new AggregateSet(['avg']);
        const value = set.result(fold(set, inputs), 0, 0);
        const total = inputs.reduce((sum, input) => sum + BigInt(input), 0n);
        // Compared in units of 2^-40, within two units in the last place.
        const scaled = Number((total << 40n) / BigInt(inputs.length)) / 2 ** 40;
        expect(Math.abs(value - scaled)).toBeLessThanOrEqual(Math.abs(scaled) * 2 ** -51 + 2 ** -40);
      }),
    );
  });

  test('fractions are added up to rounding, whatever the split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2 }),
        fc.nat(),
        (inputs, at) => {
          const set = new AggregateSet(['sum']);
          const cut = at % inputs.length;
          const value = set.result(merged(set, [fold(set, inputs.slice(0, cut)), fold(set, inputs.slice(cut))]), 0, 0);
          const size = inputs.reduce((sum, input) => sum + Math.abs(input), 0);
          expect(Math.abs(value - inputs.reduce((sum, input) => sum + input, 0))).toBeLessThanOrEqual(size * 1e-12);
        },
      ),
    );
  });
});

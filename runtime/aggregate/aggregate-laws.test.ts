// The laws that make pre-aggregation, panes, sessions and restores give what record by record would have given, for every aggregate.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CorruptStateError, KeyTable } from '../state/index.ts';
import { AggregateSet } from './aggregate-set.ts';
import type { AggregateSpec } from './aggregate-spec.ts';
import { inputsOf, type Item, type Scalar, World } from './aggregate-world.cases.ts';

interface Law {
  readonly spec: AggregateSpec;
  readonly values: fc.Arbitrary<Scalar>;
  /** The result over values that are there, in order of arrival, straight from the definition. */
  readonly oracle: (items: readonly { value: Scalar; timeMs: number }[]) => unknown;
  /** Results that depend on the order in which floating-point numbers were added. */
  readonly rounds?: true;
  /** Ties of event time are broken by arrival. */
  readonly ordered?: true;
}

const MAX = Number.MAX_SAFE_INTEGER;
const integers = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(MAX, -MAX, 0, 1, -1), fc.integer({ min: -9, max: 9 }));
const numbers = fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), integers).map((value) => value + 0);
const scalars: fc.Arbitrary<Scalar> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.constantFrom('', '1', 'true', 'é', '"', '\u0000', '😀', 'x'.repeat(60)),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.boolean(),
);

const asNumbers = (items: readonly { value: Scalar }[]): number[] => items.map(({ value }) => Number(value));
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);
const byTime = <T extends { timeMs: number }>(items: readonly T[]): T[] =>
  items
    .map((entry, at) => ({ entry, at }))
    .sort((a, b) => a.entry.timeMs - b.entry.timeMs || a.at - b.at)
    .map(({ entry }) => entry);

function sampleVariance(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
}

const LAWS: readonly Law[] = [
  { spec: { fn: 'count' }, values: scalars, oracle: (items) => items.length },
  {
    spec: { fn: 'sum' },
    values: integers,
    oracle(items) {
      const total = items.reduce((sum, { value }) => sum + BigInt(value), 0n);
      return items.length === 0 || total > BigInt(MAX) || total < -BigInt(MAX) ? null : Number(total);
    },
  },
  { spec: { fn: 'min' }, values: numbers, oracle: (items) => ascending(asNumbers(items))[0] ?? null },
  { spec: { fn: 'max' }, values: numbers, oracle: (items) => ascending(asNumbers(items)).at(-1) ?? null },
  {
    spec: { fn: 'avg' },
    values: fc.integer({ min: -1e6, max: 1e6 }),
    oracle: (items) =>
      items.length === 0 ? null : asNumbers(items).reduce((sum, value) => sum + value, 0) / items.length + 0,
  },
  {
    spec: { fn: 'variance' },
    values: fc.integer({ min: -1000, max: 1000 }),
    oracle: (items) => sampleVariance(asNumbers(items)),
    rounds: true,
  },
  {
    spec: { fn: 'stddev' },
    values: fc.integer({ min: -1000, max: 1000 }),
    oracle(items) {
      const variance = sampleVariance(asNumbers(items));
      return variance === null ? null : Math.sqrt(variance);
    },
    rounds: true,
  },
  { spec: { fn: 'first' }, values: scalars, oracle: (items) => byTime(items)[0]?.value ?? null, ordered: true },
  { spec: { fn: 'last' }, values: scalars, oracle: (items) => byTime(items).at(-1)?.value ?? null, ordered: true },
  { spec: { fn: 'countDistinct' }, values: scalars, oracle: (items) => new Set(items.map(({ value }) => value)).size },
  {
    spec: { fn: 'approxCountDistinct' },
    values: scalars,
    oracle: (items) => (items.length === 0 ? null : new Set(items.map(({ value }) => value)).size),
  },
  {
    spec: { fn: 'quantile', q: 0.75, relativeError: 0.01 },
    values: numbers,
    oracle: (items) => ascending(asNumbers(items))[Math.floor(0.75 * (items.length - 1))] ?? null,
  },
  {
    spec: { fn: 'topK', k: 5 },
    values: numbers,
    oracle: (items) => ascending(asNumbers(items)).reverse().slice(0, 5),
  },
  {
    spec: { fn: 'collect', limit: 6 },
    values: scalars,
    oracle: (items) =>
      byTime(items)
        .slice(0, 6)
        .map(({ value }) => value),
    ordered: true,
  },
];

const itemsOf = (values: fc.Arbitrary<Scalar>, maxLength = 30): fc.Arbitrary<Item[]> =>
  fc.array(fc.record({ value: fc.option(values, { freq: 6 }), timeMs: fc.integer({ min: -3, max: 6 }) }), {
    maxLength,
  });

const isThere = (entry: Item): entry is { value: Scalar; timeMs: number } => entry.value !== null;

describe.each(LAWS.map((law) => ({ name: law.spec.fn, ...law })))('$name', ({ spec, values, oracle, ...law }) => {
  const world = new World(spec);
  const rounds = law.rounds === true;
  const items = itemsOf(values);

  /** `expected` when the value is as near to it as rounding leaves it, else the value. */
  function nearly(value: unknown, expected: unknown): unknown {
    if (!rounds || typeof value !== 'number' || typeof expected !== 'number') return value;
    return Math.abs(value - expected) <= Math.abs(expected) * 1e-9 ? expected : value;
  }

  function expectSame(table: KeyTable, expected: KeyTable): void {
    expect(nearly(world.value(table), world.value(expected))).toEqual(world.value(expected));
  }

  test('is what its definition says', () => {
    fc.assert(
      fc.property(items, (input) => {
        const text = world.text(world.fold(input));
        const value = JSON.parse(text) as unknown;
        expect(text).toBe(JSON.stringify(value));
        const expected = oracle(input.filter(isThere));
        expect(nearly(value, expected)).toEqual(expected);
      }),
    );
  });

  test('any split of the input gives the result of the whole', () => {
    fc.assert(
      fc.property(fc.array(itemsOf(values, 12), { minLength: 1, maxLength: 6 }), (parts) => {
        const merged = world.merged(...parts.map((part) => world.fold(part)));
        expectSame(merged, world.fold(parts.flat()));
      }),
    );
  });

  test('merging is associative', () => {
    fc.assert(
      fc.property(items, items, items, (a, b, c) => {
        const [x, y, z] = [world.fold(a), world.fold(b), world.fold(c)];
        expectSame(world.merged(world.merged(x, y), z), world.merged(x, world.merged(y, z)));
      }),
    );
  });

  test(`merging is commutative${law.ordered === true ? ' where no event times tie' : ''}`, () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const later = law.ordered === true ? b.map((entry) => ({ ...entry, timeMs: entry.timeMs + 100 })) : b;
        const [x, y] = [world.fold(a), world.fold(later)];
        expectSame(world.merged(x, y), world.merged(y, x));
      }),
    );
  });

  test('a row without input changes nothing, whichever side it is on', () => {
    fc.assert(
      fc.property(items, (input) => {
        const table = world.fold(input);
        expect(world.text(world.merged(table, world.empty()))).toBe(world.text(table));
        expect(world.text(world.merged(world.empty(), table))).toBe(world.text(table));
      }),
    );
  });

  test('a merge copies: what is merged into goes its own way', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const source = world.fold(a);
        const before = world.text(source);
        expectSame(world.fold(b, world.merged(source)), world.fold([...a, ...b]));
        expect(world.text(source)).toBe(before);
        const copy = world.merged(source);
        world.fold(b, source);
        expect(world.text(copy)).toBe(before);
      }),
    );
  });

  test('written and read back it is the same, and goes on as if nothing had happened', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const table = world.fold(a);
        const restored = world.restored(table);
        expect(world.text(restored)).toBe(world.text(table));
        for (const index of table.layout.cells.keys()) {
          expect(world.cellBytes(restored, index)).toEqual(world.cellBytes(table, index));
        }
        expect(world.text(world.fold(b, restored))).toBe(world.text(world.fold(b, table)));
      }),
    );
  });

  test('rows of a batch can be picked, and several can go into one row', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const set = world.set;
        const from = new KeyTable(world.empty().layout);
        for (const [row, part] of [b, [], a].entries()) {
          from.append(Buffer.from([row]), 0, 1, row);
          for (const entry of part) set.add(from, row, inputsOf(entry, spec));
        }
        const into = world.empty();
        set.merge(into, { from, fromRows: Int32Array.of(2, 0), rows: Int32Array.of(0, 0), count: 2 });
        expectSame(into, world.fold([...a, ...b]));
        // The same, inside of one table.
        set.merge(from, { from, fromRows: Int32Array.of(2, 0), rows: Int32Array.of(1, 1), count: 2 });
        const picked = world.empty();
        set.merge(picked, { from, fromRows: Int32Array.of(1), rows: Int32Array.of(0), count: 1 });
        expectSame(picked, world.fold([...a, ...b]));
      }),
    );
  });

  test('the memory of cells is counted row by row', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const set = world.set;
        const table = new KeyTable(world.empty().layout);
        for (const row of [0, 1, 2]) table.append(Buffer.from([row]), 0, 1, row);
        for (const entry of a) set.add(table, 0, inputsOf(entry, spec));
        for (const entry of b) set.add(table, 1, inputsOf(entry, spec));
        const apart = world.fold(a).cellBytes + world.fold(b).cellBytes;
        expect(table.cellBytes).toBe(apart);
        set.merge(table, { from: table, fromRows: Int32Array.of(0, 1), rows: Int32Array.of(2, 2), count: 2 });
        expect(table.cellBytes).toBe(apart + world.merged(world.fold(a), world.fold(b)).cellBytes);
      }),
    );
  });
});

describe('bytes that make no sense', () => {
  const withCells = LAWS.filter(({ spec }) => new AggregateSet([spec]).cells.length > 0);

  test.each(withCells.map((law) => ({ name: law.spec.fn, ...law })))('$name refuses them', ({ spec, values }) => {
    const world = new World(spec);
    const filled = itemsOf(values, 120)
      .map((input) => world.cellBytes(world.fold(input)))
      .filter((bytes) => bytes !== null);
    const damaged = fc
      .tuple(filled, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 3 }), fc.option(fc.nat()))
      .map(([bytes, flips, cut]) => {
        const copy = Buffer.from(bytes);
        for (const [at, byte] of flips) copy[at % copy.length] = byte;
        return cut === null ? copy : copy.subarray(0, cut % copy.length);
      });
    const anything = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, anything), (bytes) => {
        const cell = readOrRefuse(world, bytes);
        if (cell === null) return;
        // What was believed must be a cell like any other.
        const table = world.empty();
        table.cells[0]![0] = cell;
        JSON.parse(world.text(table));
        JSON.parse(world.text(world.merged(table, table)));
      }),
      { numRuns: 500 },
    );
  });
});

/** The cell, or null when it was refused as it should be; any other error goes up. */
function readOrRefuse(world: World, bytes: Buffer): object | null {
  try {
    return world.readCell(bytes);
  } catch (error) {
    if (error instanceof CorruptStateError) return null;
    throw error;
  }
}

// Several aggregates side by side in one table, and the numbers that a double would lose.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyTable } from '../state/index.ts';
import { AggregateSet } from './aggregate-set.ts';
import { type AggregateSpec, takesScalar } from './aggregate-spec.ts';
import { inputsOf, item, type Scalar, World } from './aggregate-world.cases.ts';

const NUMBERS: readonly AggregateSpec[] = (['count', 'sum', 'min', 'max', 'avg'] as const).map((fn) => ({ fn }));
const EVERYTHING: readonly AggregateSpec[] = [
  { fn: 'last' },
  ...NUMBERS,
  { fn: 'topK', k: 2 },
  { fn: 'variance' },
  { fn: 'collect', limit: 10 },
  { fn: 'stddev' },
  { fn: 'first' },
  { fn: 'quantile', q: 0.5, relativeError: 0.01 },
  { fn: 'countDistinct' },
  { fn: 'approxCountDistinct' },
];
const MAX = Number.MAX_SAFE_INTEGER;

/** Results of one row over `values` at times 0, 1, 2 …; null is an input that is not there. */
function results(specs: readonly AggregateSpec[], values: readonly (number | null)[]): Record<string, unknown> {
  const set = new AggregateSet(specs);
  const table = new KeyTable({ columns: set.columns, cells: set.cells, provenance: false, epochs: false });
  const row = table.upsert(Buffer.from('k'), 0, 1, 1);
  for (const [timeMs, value] of values.entries()) {
    const each = specs.map((spec) => inputsOf(item(value, timeMs), spec));
    const scalarBytes = Buffer.concat(each.map((one) => one.scalarBytes));
    const base = (at: number): number => each.slice(0, at).reduce((sum, one) => sum + one.scalarBytes.length, 0);
    set.add(table, row, {
      eventTimeMs: timeMs,
      inputs: Float64Array.from(each, (one) => one.inputs[0]!),
      scalarBytes,
      scalarStarts: Int32Array.from(each, (one, at) => one.scalarStarts[0]! + base(at)),
      scalarEnds: Int32Array.from(each, (one, at) => one.scalarEnds[0]! + base(at)),
    });
  }
  return Object.fromEntries(
    specs.map(({ fn }, index) => {
      const to = Buffer.alloc(set.maxResultBytes(table, index, row));
      const end = set.writeResult(table, index, row, to, 0);
      return [fn, JSON.parse(to.toString('utf8', 0, end)) as unknown];
    }),
  );
}

describe('all aggregates of a job', () => {
  test('a released row gives its memory back, the others keep theirs', () => {
    const specs: readonly AggregateSpec[] = [{ fn: 'count' }, { fn: 'collect', limit: 10 }, { fn: 'last' }];
    const set = new AggregateSet(specs);
    const table = new KeyTable({ columns: set.columns, cells: set.cells, provenance: false, epochs: false });
    const one = inputsOf(item('some text', 1), specs[1]!);
    const record = {
      ...one,
      inputs: Float64Array.of(1, 1, 1),
      scalarStarts: new Int32Array(3).fill(one.scalarStarts[0]!),
      scalarEnds: new Int32Array(3).fill(one.scalarEnds[0]!),
    };
    for (const row of [table.append(Buffer.from('a'), 0, 1, 1), table.append(Buffer.from('b'), 0, 1, 2)])
      set.add(table, row, record);
    const bytes = table.cellBytes;
    set.release(table, 0);
    set.release(table, 0);
    expect([table.cellBytes, table.cells.map((cells) => cells[0])]).toEqual([bytes / 2, [null, null]]);
    set.release(table, 1);
    expect(table.cellBytes).toBe(0);
  });

  test('over no input count and countDistinct are 0, collect and topK are empty, all others null', () => {
    expect(results(EVERYTHING, [null])).toEqual({
      count: 0,
      countDistinct: 0,
      collect: [],
      topK: [],
      sum: null,
      min: null,
      max: null,
      avg: null,
      variance: null,
      stddev: null,
      first: null,
      last: null,
      approxCountDistinct: null,
      quantile: null,
    });
  });

  test('each reads its own input and keeps its own state', () => {
    expect(results(EVERYTHING, [6, null, 2, 4, 4])).toEqual({
      count: 4,
      countDistinct: 3,
      collect: [6, 2, 4, 4],
      topK: [6, 4],
      sum: 16,
      min: 2,
      max: 6,
      avg: 4,
      variance: 8 / 3,
      stddev: Math.sqrt(8 / 3),
      first: 6,
      last: 4,
      approxCountDistinct: 3,
      quantile: 4,
    });
  });

  test('over one value variance and stddev are null', () => {
    expect(results(EVERYTHING, [5])).toMatchObject({ variance: null, stddev: null, avg: 5 });
  });

  test('columns and cells have names of their own', () => {
    const set = new AggregateSet([...EVERYTHING, ...EVERYTHING]);
    const names = [...set.columns, ...set.cells].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('those over scalars are told from those over numbers', () => {
    const scalars = EVERYTHING.filter(({ fn }) => takesScalar(fn)).map(({ fn }) => fn);
    expect(scalars).toEqual(['last', 'collect', 'first', 'countDistinct', 'approxCountDistinct']);
  });
});

describe('sums and means', () => {
  test.each<[string, readonly number[], Record<string, number | null>]>([
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
  ])('%s', (_, values, expected) => {
    expect(results(NUMBERS, values)).toEqual(expected);
  });

  test('a sum that leaves the safe range is counted each time it is given out', () => {
    const world = new World({ fn: 'sum' });
    const table = world.fold([item(MAX), item(1)]);
    expect(world.set.overflows).toBe(0);
    expect(world.text(table)).toBe('null');
    expect(world.set.overflows).toBe(1);
    expect(world.text(world.fold([item(-1)], table))).toBe(String(MAX));
    expect(world.set.overflows).toBe(1);
  });

  test('the mean of integers is the exact quotient, rounded', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { minLength: 1, maxLength: 30 }), (inputs) => {
        const value = Number(results([{ fn: 'avg' }], inputs)['avg']);
        const total = inputs.reduce((sum, input) => sum + BigInt(input), 0n);
        // Compared in units of 2^-40, within two units in the last place.
        const scaled = Number((total << 40n) / BigInt(inputs.length)) / 2 ** 40;
        expect(Math.abs(value - scaled)).toBeLessThanOrEqual(Math.abs(scaled) * 2 ** -51 + 2 ** -40);
      }),
    );
  });

  test('fractions are added up to rounding, whatever the split', () => {
    const world = new World({ fn: 'sum' });
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2 });
    fc.assert(
      fc.property(values, fc.nat(), (inputs, at) => {
        const items = inputs.map((value: Scalar) => item(value));
        const cut = at % inputs.length;
        const parts = [world.fold(items.slice(0, cut)), world.fold(items.slice(cut))];
        const size = inputs.reduce((sum, input) => sum + Math.abs(input), 0);
        const expected = inputs.reduce((sum, input) => sum + input, 0);
        expect(Math.abs(Number(world.value(world.merged(...parts))) - expected)).toBeLessThanOrEqual(size * 1e-12);
      }),
    );
  });
});

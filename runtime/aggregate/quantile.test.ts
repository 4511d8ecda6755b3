import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { item, World } from './aggregate-world.cases.ts';

const worldOf = (q: number, relativeError = 0.01) => new World({ fn: 'quantile', q, relativeError });

/** The number of rank ⌊q · (n − 1)⌋, `q` in thousandths. */
function exact(values: readonly number[], thousandths: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((thousandths * (values.length - 1)) / 1000)]!;
}

const q = fc.oneof(fc.constantFrom(0, 1000, 500), fc.nat({ max: 1000 }));
const relativeError = fc.constantFrom(0.001, 0.01, 0.05, 0.5, 0.99);
const magnitude = fc.oneof(
  fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
  fc.integer({ min: 1, max: 1000 }),
  fc.constantFrom(1, 1.01, 2 ** 30),
);
const numbers = fc.oneof(
  magnitude,
  magnitude.map((value) => -value),
  fc.constant(0),
);

test('the answer is within the relative error of the number with that rank', () => {
  fc.assert(
    fc.property(q, relativeError, fc.array(numbers, { minLength: 1, maxLength: 300 }), (thousandths, error, values) => {
      const world = worldOf(thousandths / 1000, error);
      const answer = Number(world.value(world.fold(values.map((value) => item(value)))));
      const expected = exact(values, thousandths);
      expect(Math.abs(answer - expected)).toBeLessThanOrEqual(Math.abs(expected) * error * (1 + 1e-9));
    }),
    { numRuns: 300 },
  );
});

test('merged sketches are the sketch of the whole, byte by byte, also where buckets had to be joined', () => {
  const wide = fc.tuple(fc.integer({ min: -300, max: 15 }), fc.boolean()).map(([exponent, negative]) => {
    return (negative ? -1 : 1) * 10 ** exponent;
  });
  const parts = fc.array(fc.array(fc.oneof(wide, numbers), { maxLength: 120 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(parts, q, (inputs, thousandths) => {
      const world = worldOf(thousandths / 1000);
      const tables = inputs.map((values) => world.fold(values.map((value) => item(value))));
      const whole = world.fold(inputs.flat().map((value) => item(value)));
      for (const merged of [world.merged(...tables), world.merged(...tables.toReversed())]) {
        expect(world.cellBytes(merged)).toEqual(world.cellBytes(whole));
        expect(world.text(world.restored(merged))).toBe(world.text(whole));
      }
    }),
  );
});

describe('ranks', () => {
  const oneToHundredOne = Array.from({ length: 101 }, (_, at) => item(at + 1));

  test('up to 64 numbers the answer is exact', () => {
    const values = Array.from({ length: 64 }, (_, at) => item((at * 37) % 64));
    for (const rank of [0, 0.25, 0.5, 0.75, 1]) {
      const world = worldOf(rank, 0.5);
      expect(world.value(world.fold(values))).toBe(Math.floor(rank * 63));
    }
  });

  test('q 0 is the smallest and q 1 the largest number, exactly', () => {
    for (const [rank, expected] of [
      [0, 1],
      [1, 101],
    ] as const) {
      const world = worldOf(rank, 0.5);
      expect(world.value(world.fold(oneToHundredOne))).toBe(expected);
    }
  });

  test('a rank that only rounding keeps from a whole number is that number', () => {
    // 0.29 · 100 is 28.999999999999996 in doubles.
    const world = worldOf(0.29, 0.001);
    expect(Math.round(Number(world.value(world.fold(oneToHundredOne))))).toBe(30);
  });

  test('zeros have their place between negative and positive numbers', () => {
    const values = [
      ...Array.from({ length: 100 }, () => -5),
      ...Array.from({ length: 100 }, () => 0),
      ...Array(100).fill(5),
    ];
    const at = (rank: number) => Number(worldOf(rank).value(worldOf(rank).fold(values.map((value) => item(value)))));
    expect([at(0.1), at(0.5), at(0.9)]).toEqual([expect.closeTo(-5, 1), 0, expect.closeTo(5, 1)]);
  });
});

describe('bounds', () => {
  test('numbers 15 powers of ten apart are all within the error; of those further apart the large ones are', () => {
    const near = Array.from({ length: 150 }, (_, at) => 10 ** (at / 10));
    const far = [...near, ...near.map((value) => value * 1e-200)];
    const errorOf = (values: readonly number[], thousandths: number) => {
      const world = worldOf(thousandths / 1000);
      const answer = Number(world.value(world.fold(values.map((value) => item(value)))));
      return Math.abs(answer / exact(values, thousandths) - 1);
    };
    for (const thousandths of [0, 10, 300, 700, 990])
      expect(errorOf(near, thousandths)).toBeLessThanOrEqual(0.01 + 1e-9);
    for (const thousandths of [510, 700, 990]) expect(errorOf(far, thousandths)).toBeLessThanOrEqual(0.01 + 1e-9);
    // Of what lies too far below only the smallest is known.
    expect(errorOf(far, 0)).toBe(0);
    expect(errorOf(far, 300)).toBeGreaterThan(1);
  });

  test('memory is bounded whatever comes', () => {
    for (const [error, limitBytes] of [
      [0.01, 64 * 1024],
      [0.001, 512 * 1024],
      [1e-9, 512 * 1024],
      [1e-15, 512 * 1024],
    ] as const) {
      const world = worldOf(0.5, error);
      const values = Array.from(
        { length: 4000 },
        (_, at) => (at % 2 === 0 ? 1 : -1) * 1.19 ** (((at * 7919) % 4000) % 200),
      );
      const table = world.fold(values.map((value) => item(value)));
      expect(table.cellBytes).toBeLessThan(limitBytes);
      expect(world.text(world.restored(table))).toBe(world.text(table));
    }
  });
});

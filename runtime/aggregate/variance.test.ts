import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { item, World } from './aggregate-world.cases.ts';

const world = new World({ fn: 'variance' });
const MAX = Number.MAX_SAFE_INTEGER;

/** Exactly, as a fraction of integers, then rounded to 60 bits behind the leading one. */
function exactVariance(values: readonly number[]): number {
  const n = BigInt(values.length);
  const sum = values.reduce((total, value) => total + BigInt(value), 0n);
  const squares = values.reduce((total, value) => total + BigInt(value) * BigInt(value), 0n);
  return Number(((n * squares - sum * sum) << 64n) / (n * (n - 1n))) / 2 ** 64;
}

/** Integers that lie close together, far away from zero: where the textbook formula loses every digit. */
const clustered = fc
  .tuple(fc.integer({ min: -MAX + 1000, max: MAX - 1000 }), fc.integer({ min: 1, max: 1000 }))
  .chain(([center, width]) =>
    fc.array(
      fc.integer({ min: -width, max: width }).map((distance) => center + distance),
      { minLength: 2, maxLength: 60 },
    ),
  );
const spread = fc.array(fc.maxSafeInteger(), { minLength: 2, maxLength: 60 });

test('integers far from zero keep nine digits and more, whatever the order, split and order of merges', () => {
  fc.assert(
    fc.property(fc.oneof(clustered, spread), fc.infiniteStream(fc.nat()), (values, choices) => {
      const expected = exactVariance(values);
      const parts = [world.empty()];
      for (const value of values) {
        if (choices.next().value! % 4 === 0) parts.push(world.empty());
        world.fold([item(value)], parts[choices.next().value! % parts.length]);
      }
      while (parts.length > 1) {
        const [left] = parts.splice(choices.next().value! % parts.length, 1);
        const [right] = parts.splice(choices.next().value! % parts.length, 1);
        parts.push(world.merged(left!, right!));
      }
      for (const table of [world.fold(values.map((value) => item(value))), parts[0]!]) {
        expect(Math.abs(Number(world.value(table)) - expected)).toBeLessThanOrEqual(expected * 1e-9);
      }
    }),
    { numRuns: 300 },
  );
});

test('equal numbers have no variance, however they were merged', () => {
  for (const value of [0.1, 1e15 + 1, -3, MAX]) {
    const some = (count: number) => world.fold(Array.from({ length: count }, () => item(value)));
    expect(world.text(world.merged(some(3), some(7), some(1)))).toBe('0');
  }
});

test.each<[string, readonly number[], string, string]>([
  ['of nothing: null', [], 'null', 'null'],
  ['of one number: null', [7], 'null', 'null'],
  ['divided by n − 1', [2, 4, 6], '4', '2'],
  ['of fractions', [0.5, 1.5], '0.5', JSON.stringify(Math.sqrt(0.5))],
])('%s', (_, values, variance, stddev) => {
  const items = values.map((value) => item(value));
  expect(world.text(world.fold(items))).toBe(variance);
  const deviation = new World({ fn: 'stddev' });
  expect(deviation.text(deviation.fold(items))).toBe(stddev);
});

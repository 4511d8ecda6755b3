import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { item, World } from './aggregate-world.cases.ts';

const world = new World({ fn: 'approxCountDistinct' });
/** 1.04 / √16384. */
const STANDARD_ERROR = 0.008125;

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => item(from + at));

test('up to 1024 values are counted exactly, each as often as it likes to come', () => {
  const table = world.fold(range(0, 1000));
  world.fold(range(0, 1000), table);
  expect(world.text(table)).toBe('1000');
  expect(world.text(world.fold(range(1000, 1024), table))).toBe('1024');
  expect(world.cellBytes(table)!.length).toBe(1 + 1024 * 8);
});

test('beyond, the error stays within four times the documented standard error, at every size', () => {
  for (const [size, make] of [
    [1_025, (at: number) => item(at)],
    [3_000, (at: number) => item(`user-${at}`)],
    [20_000, (at: number) => item(at * 1e6 + 0.5)],
    [60_000, (at: number) => item(`https://example.org/${at}`)],
  ] as const) {
    const table = world.fold(Array.from({ length: size }, (_, at) => make(at)));
    expect(Math.abs(Number(world.value(table)) / size - 1)).toBeLessThan(4 * STANDARD_ERROR);
  }
});

test('the mean of many estimates is near the truth: the estimate has no bias', () => {
  const sizes = [1_500, 4_000, 8_000];
  for (const size of sizes) {
    const rounds = 24;
    let sum = 0;
    for (let round = 0; round < rounds; round++) {
      sum += Number(world.value(world.fold(range(round * size, (round + 1) * size)))) / size;
    }
    expect(Math.abs(sum / rounds - 1)).toBeLessThan((4 * STANDARD_ERROR) / Math.sqrt(rounds));
  }
});

test('merged sketches are the sketch of the whole, in either form', () => {
  const length = fc.oneof(fc.nat({ max: 40 }), fc.constantFrom(1000, 1024, 1025, 2500));
  const slice = fc.tuple(fc.nat({ max: 3000 }), length).map(([from, size]) => range(from, from + size));
  fc.assert(
    fc.property(slice, slice, slice, (a, b, c) => {
      const whole = world.fold([...a, ...b, ...c]);
      const merged = world.merged(world.merged(world.fold(a), world.fold(b)), world.fold(c));
      expect(world.cellBytes(merged)).toEqual(world.cellBytes(whole));
      expect(world.text(world.restored(merged))).toBe(world.text(whole));
    }),
    { numRuns: 25 },
  );
});

test('types are kept apart and numbers go by value', () => {
  expect(world.text(world.fold([item(1), item('1'), item(true), item('true'), item(1.0), item(-0), item(0)]))).toBe(
    '5',
  );
});

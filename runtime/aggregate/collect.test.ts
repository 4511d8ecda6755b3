import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { item, World } from './aggregate-world.cases.ts';

test('of many values out of order the earliest stay, ties by arrival, and memory stays bounded', () => {
  const limits = fc.constantFrom(1, 2, 10, 100);
  const times = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 600 });
  fc.assert(
    fc.property(limits, times, fc.nat(), (limit, arrivals, at) => {
      const world = new World({ fn: 'collect', limit });
      const items = arrivals.map((timeMs, index) => item(index, timeMs));
      const expected = [...items].sort((a, b) => a.timeMs - b.timeMs).slice(0, limit);
      const whole = world.fold(items);
      expect(world.value(whole)).toEqual(expected.map(({ value }) => value));
      const cut = at % items.length;
      const merged = world.merged(world.fold(items.slice(0, cut)), world.restored(world.fold(items.slice(cut))));
      expect(world.text(merged)).toBe(world.text(whole));
      expect(whole.cellBytes).toBeLessThan(800 + (limit + 100) * 2 * (12 + 8));
    }),
  );
});

test('values in order of time are never moved: what comes after the limit is turned away', () => {
  const world = new World({ fn: 'collect', limit: 3 });
  const table = world.fold([item('a', 1), item('b', 2), item('c', 2)]);
  const before = world.cellBytes(table)!;
  world.fold([item('d', 2), item('e', 9)], table);
  expect(world.cellBytes(table)).toEqual(before);
  expect(world.text(world.fold([item('f', 1)], table))).toBe('["a","f","b"]');
});

test('texts of any length are kept as they are', () => {
  const world = new World({ fn: 'collect', limit: 10 });
  const values = ['', 'x'.repeat(47), 'y'.repeat(48), 'z'.repeat(5000), '"\\\n', 'é😀'];
  expect(world.value(world.fold(values.map((value, at) => item(value, at))))).toEqual(values);
});

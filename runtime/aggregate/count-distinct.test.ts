import { expect, test } from 'vitest';
import { item, World } from './aggregate-world.cases.ts';

const world = new World({ fn: 'countDistinct' });

test('types are kept apart, numbers go by value', () => {
  const values = [1, '1', true, 'true', false, 'false', 1, 1.0, 0, -0, '', 1e3, 1000];
  expect(world.text(world.fold(values.map((value) => item(value))))).toBe('9');
});

test('many values are counted exactly, in memory that follows their bytes', () => {
  const values = Array.from({ length: 20_000 }, (_, at) => item(`user-${at % 12_000}`));
  const table = world.fold(values);
  expect(world.text(table)).toBe('12000');
  expect(world.text(world.merged(table, world.fold(values)))).toBe('12000');
  expect(world.text(world.restored(table))).toBe('12000');
  const payload = world.cellBytes(table)!.length;
  expect(table.cellBytes).toBeLessThan(payload * 2 + 12_000 * 4 * 3 + 1000);
});

test('long values are told apart by their last byte', () => {
  const long = 'x'.repeat(300);
  expect(world.text(world.fold([item(`${long}a`), item(`${long}b`), item(`${long}a`), item(long)]))).toBe('3');
});

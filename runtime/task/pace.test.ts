import { expect, test } from 'vitest';
import { commitIntervalMs, smoothed } from './pace.ts';

test.each([
  ['a cheap commit keeps the configured interval', 100, { durationMs: 15, partitions: 37, workers: 2 }, 100],
  ['a slow commit stretches it to keep its share at 30 %', 100, { durationMs: 60, partitions: 10, workers: 1 }, 200],
  [
    'many workers stretch it to stay below 5,000 markers a second',
    100,
    { durationMs: 15, partitions: 45, workers: 64 },
    576,
  ],
  ['it is never stretched beyond a second', 100, { durationMs: 900, partitions: 1000, workers: 64 }, 1000],
  ['a longer configured interval stays as it is', 5_000, { durationMs: 900, partitions: 1, workers: 1 }, 5_000],
])('%s', (_name, configured, cost, expected) => expect(commitIntervalMs(configured, cost)).toBe(expected));

test('one slow commit moves the smoothed cost by an eighth', () => {
  const before = { durationMs: 16, partitions: 8, workers: 1 };
  expect(smoothed(before, { durationMs: 96, partitions: 8, workers: 2 })).toEqual({
    durationMs: 26,
    partitions: 8,
    workers: 2,
  });
});

import { expect, it } from 'vitest';
import { epochMs, parseResult } from './read-results.ts';

const values = { windowStart: 10_000, windowEnd: 20_000, count: 2, sum: 3, max: 2 };
const row = { user: 12, startMs: 10_000, endMs: 20_000, count: 2, sum: 3, max: 2 };

it('knows the user by field and by key', () => {
  expect(parseResult(JSON.stringify({ userId: 'u12', ...values }))).toEqual(row);
  expect(parseResult(JSON.stringify({ $key: 'u12', ...values }))).toEqual(row);
  expect(() => parseResult(JSON.stringify(values))).toThrow('a result without a user');
});

it('reads times as numbers and as dates in UTC', () => {
  for (const text of ['1970-01-01T00:00:10', '1970-01-01 00:00:10', '1970-01-01T00:00:10.000Z'])
    expect(epochMs(text)).toBe(10_000);
  expect(epochMs(10_000)).toBe(10_000);
});

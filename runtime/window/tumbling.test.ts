import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isComplete, isLate, windowStart } from './tumbling.ts';

const time = fc.integer({ min: -8.64e15, max: 8.64e15 });
const size = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 366 * 86_400_000 }));

test('windows partition time: each moment lies in exactly one, and starts are a whole number of sizes apart', () => {
  fc.assert(
    fc.property(time, size, fc.integer(), (timeMs, sizeMs, raw) => {
      const offsetMs = raw % sizeMs;
      const start = windowStart({ sizeMs, offsetMs }, timeMs);
      expect(Number.isSafeInteger(start)).toBe(true);
      expect(start <= timeMs && timeMs < start + sizeMs).toBe(true);
      expect((BigInt(start) - BigInt(offsetMs)) % BigInt(sizeMs)).toBe(0n);
      expect(windowStart({ sizeMs, offsetMs }, start)).toBe(start);
      expect(windowStart({ sizeMs, offsetMs }, start + sizeMs - 1)).toBe(start);
    }),
  );
});

test.each([
  ['plain', 1999, 0, 1000],
  ['before 1970', -1, 0, -1000],
  ['exactly at a bound', -1000, 0, -1000],
  ['with an offset', 1050, 100, 100],
  ['with a negative offset', 950, -100, 900],
])('%s', (_, timeMs, offsetMs, expected) => {
  expect(windowStart({ sizeMs: 1000, offsetMs }, timeMs)).toBe(expected);
});

test('a window fires at the watermark of its last millisecond; a record is late from there on, lateness later', () => {
  expect([isComplete(1000, 998), isComplete(1000, 999)]).toEqual([false, true]);
  expect([isLate(1000, 0, 998), isLate(1000, 0, 999)]).toEqual([false, true]);
  expect([isLate(1000, 5, 1003), isLate(1000, 5, 1004)]).toEqual([false, true]);
});

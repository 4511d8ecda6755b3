import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationMs, formatDuration, parseDuration } from './duration.ts';

test.each([
  ['250ms', 250],
  ['10s', 10_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['1d', 86_400_000],
  ['0s', 0],
  ['-8h', -28_800_000],
  ['-0s', 0],
  ['007s', 7_000],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', '1', 's', '1 m', '1.5h', '1h30m', '+1s', '--1s', '1w', '1S', '1m\n', '1234567890123s', '999999999999d'])(
  '%j is no duration',
  (text) => {
    expect(durationMs(text)).toBeNull();
    expect(() => parseDuration(text)).toThrow(
      `must be a duration such as 250ms, 10s, 5m, 1h or 1d; got ${JSON.stringify(text)}`,
    );
  },
);

test('formatting takes the largest unit that divides', () => {
  expect([0, 1, 1_500, 60_000, 90_000, 3_600_000, 86_400_000, -28_800_000].map(formatDuration)).toEqual([
    '0s',
    '1ms',
    '1500ms',
    '1m',
    '90s',
    '1h',
    '1d',
    '-8h',
  ]);
});

test('what is formatted is read back the same', () => {
  const ms = fc.oneof(
    fc.integer({ min: -999_999_999_999, max: 999_999_999_999 }),
    fc.integer({ min: -1e8, max: 1e8 }).map((days) => days * 86_400_000),
  );
  fc.assert(
    fc.property(ms, (value) => {
      expect(parseDuration(formatDuration(value))).toBe(value);
    }),
  );
});

test('what is read and formatted means the same', () => {
  const text = fc
    .tuple(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom('ms', 's', 'm', 'h', 'd'))
    .map(([count, unit]) => `${count}${unit}`);
  fc.assert(
    fc.property(text, (value) => {
      expect(parseDuration(formatDuration(parseDuration(value)))).toBe(parseDuration(value));
    }),
  );
});

test.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('%d ms is refused', (ms) => {
  expect(() => formatDuration(ms)).toThrow('a duration must be a whole number of milliseconds');
});

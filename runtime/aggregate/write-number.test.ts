import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_NUMBER_BYTES, writeNumber } from './write-number.ts';

function textOf(value: number): string {
  const buffer = Buffer.alloc(MAX_NUMBER_BYTES + 4, '.');
  const end = writeNumber(buffer, 2, value);
  expect(buffer.toString('latin1', 0, 2)).toBe('..');
  expect(buffer.toString('latin1', end, end + 2)).toBe('..');
  return buffer.toString('latin1', 2, end);
}

test('numbers are written as JSON.stringify writes them', () => {
  for (const value of [
    0,
    -0,
    1,
    9,
    10,
    99,
    100,
    999_999_999,
    1_000_000_000,
    -1,
    0.1,
    1e21,
    5e-324,
    -1.7976931348623157e308,
    2 ** 53,
  ]) {
    expect(textOf(value)).toBe(JSON.stringify(value));
  }
  fc.assert(
    fc.property(fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger()), (value) => {
      expect(textOf(value)).toBe(JSON.stringify(value));
    }),
  );
});

test('no value is null', () => expect(textOf(Number.NaN)).toBe('null'));

import { expect, test } from 'vitest';
import { murmur2, toPositive } from './murmur2.ts';

// The vectors of the Java client's own tests.
const VECTORS: Readonly<Record<string, number>> = {
  '21': -973932308,
  foobar: -790332482,
  'a-little-bit-long-string': -985981536,
  'a-little-bit-longer-string': -1486304829,
  lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
  abc: 479470107,
};

test.each(Object.entries(VECTORS))('murmur2 of %s is what the Java client computes', (text, hash) => {
  const bytes = Buffer.from(text);
  expect(murmur2(bytes, 0, bytes.length)).toBe(hash);
});

test('only the bytes of the range count', () => {
  const bytes = Buffer.from('..foobar..');
  expect(murmur2(bytes, 2, 8)).toBe(-790332482);
});

test('toPositive clears the sign bit, it does not negate', () => {
  expect(toPositive(-1)).toBe(0x7fffffff);
  expect(toPositive(-0x80000000)).toBe(0);
  expect(toPositive(7)).toBe(7);
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { packedBound, readDoubles, readUnsigned, writeDoubles, writeUnsigned } from './packed-numbers.ts';

const sizes = fc.constantFrom(0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff);

function doublesThrough(values: readonly number[]): { back: number[]; size: number } {
  const writer = new ByteWriter(1);
  writeDoubles(writer, Float64Array.from(values), values.length);
  const into = new Float64Array(values.length).fill(-1);
  const reader = new ByteReader('numbers').open(writer.take());
  readDoubles(reader, into, values.length);
  reader.finish();
  return { back: [...into], size: writer.length };
}

function unsignedThrough(values: readonly number[]): { back: number[]; size: number } {
  const writer = new ByteWriter(1);
  writeUnsigned(writer, Uint32Array.from(values), values.length);
  const into = new Uint32Array(values.length).fill(7);
  const reader = new ByteReader('numbers').open(writer.take());
  readUnsigned(reader, into, values.length);
  reader.finish();
  return { back: [...into], size: writer.length };
}

test('doubles come back as they were, also −0, NaN and what is just beyond a width', () => {
  const anyOf = sizes.chain((max) =>
    fc.array(
      fc.oneof(
        { arbitrary: fc.integer({ min: -max - 1, max: max + 1 }), weight: 50 },
        { arbitrary: fc.constantFrom(0, max, max + 1, -max, -max - 1), weight: 50 },
        { arbitrary: fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN)), weight: 1 },
      ),
      { minLength: 1, maxLength: 50 },
    ),
  );
  fc.assert(
    fc.property(anyOf, (values) => {
      const { back, size } = doublesThrough(values);
      expect(back).toEqual(values);
      expect(size).toBeLessThanOrEqual(packedBound(8, values.length));
    }),
  );
});

test('unsigned integers come back as they were', () => {
  const anyOf = sizes.chain((max) => fc.array(fc.integer({ min: 0, max }), { minLength: 1, maxLength: 50 }));
  fc.assert(
    fc.property(anyOf, (values) => {
      const { back, size } = unsignedThrough(values);
      expect(back).toEqual(values);
      expect(size).toBeLessThanOrEqual(packedBound(4, values.length));
    }),
  );
});

test.for([
  ['the same integer', [5, 5, 5], 9],
  ['nothing but NaN', [Number.NaN, Number.NaN, Number.NaN], 9],
  ['bytes', [-128, 127, 0], 4],
  ['two bytes', [-129, 127, 0], 7],
  ['four bytes', [2 ** 31 - 1, -(2 ** 31), 0], 13],
  ['beyond four bytes', [2 ** 31, 0, 0], 25],
  ['−0 among integers', [-0, 1, 2], 25],
  ['fractions', [0.5, 1, 2], 25],
] as const)('%s come back in as few bytes as they need', ([, values, size]) => {
  expect(doublesThrough(values)).toEqual({ back: values, size });
});

test('a width that is none is refused', () => {
  const read = (width: number) => () =>
    readUnsigned(new ByteReader('row').open(Buffer.of(width, 1)), new Uint32Array(1), 1);
  expect(read(3)).toThrow('Cannot read the row: no integers are 3 bytes wide.');
  expect(read(8)).toThrow('no integers are 8 bytes wide');
});

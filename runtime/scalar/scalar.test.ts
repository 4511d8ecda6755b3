import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { scalarContent, scalarJsonBound, scalarSize, ScalarWriter, writeScalarJson } from './index.ts';

type Scalar = string | number | boolean;

const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.nat({ max: 2_000_000_000 }),
  fc.boolean(),
);

function encode(writer: ScalarWriter, value: Scalar): void {
  if (typeof value === 'boolean') writer.encodeBoolean(value);
  else if (typeof value === 'number') writer.encodeNumber(value);
  else {
    const bytes = Buffer.from(`..${value}`);
    writer.encodeText(bytes, 2, bytes.length);
  }
}

describe('canonical scalars', () => {
  test('lie one behind the other, and each is written as the JSON of its value, within its bound', () => {
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 8 }), (values) => {
        const writer = new ScalarWriter(4);
        for (const value of values) encode(writer, value);
        let at = 0;
        const written = values.map(() => {
          const size = scalarSize(writer.bytes, at);
          const to = Buffer.alloc(scalarJsonBound(size) + 1);
          const end = writeScalarJson(writer.bytes, at, at + size, { to, at: 1 });
          expect(end - 1).toBeLessThanOrEqual(scalarJsonBound(size));
          at += size;
          return JSON.parse(to.toString('utf8', 1, end)) as unknown;
        });
        expect(at).toBe(writer.length);
        // A JavaScript string with lone surrogates becomes U+FFFD on its way to UTF-8; −0 is 0.
        const normal = (value: Scalar) =>
          typeof value === 'string' ? value.toWellFormed() : typeof value === 'number' ? value + 0 : value;
        expect(written).toEqual(values.map(normal));
      }),
      { numRuns: 500 },
    );
  });

  test('equal values give equal bytes, other values and types other bytes', () => {
    const bytesOf = (value: Scalar): string => {
      const writer = new ScalarWriter();
      encode(writer, value);
      return writer.bytes.toString('hex', 0, writer.length);
    };
    // UTF-8 has no lone surrogates: Node writes U+FFFD for them.
    const wellFormed = scalar.map((value) => (typeof value === 'string' ? value.toWellFormed() : value));
    fc.assert(fc.property(wellFormed, wellFormed, (a, b) => (bytesOf(a) === bytesOf(b)) === (a === b)));
    expect(bytesOf(1)).not.toBe(bytesOf('1'));
    expect(bytesOf(true)).not.toBe(bytesOf('true'));
    expect(bytesOf(-0)).toBe(bytesOf(0));
  });

  test('a text that is written in place gets the length that it has', () => {
    for (const size of [0, 1, 127, 128, 300]) {
      const writer = new ScalarWriter();
      writer.encodeBoolean(true);
      const at = writer.openText(1000);
      writer.bytes.fill(0x61, at, at + size);
      writer.closeText(at + size);
      writer.encodeBoolean(false);
      const end = 1 + scalarSize(writer.bytes, 1);
      expect(writer.bytes.toString('latin1', scalarContent(writer.bytes, 1), end)).toBe('a'.repeat(size));
      expect(writer.length).toBe(end + 1);
    }
  });

  test('digits beyond the safe range are kept as they were written', () => {
    const writer = new ScalarWriter();
    writer.encodeDigits(Buffer.from('9007199254740993'), 0, 16);
    const to = Buffer.alloc(scalarJsonBound(writer.length));
    expect(to.toString('latin1', 0, writeScalarJson(writer.bytes, 0, writer.length, { to, at: 0 }))).toBe(
      '9007199254740993',
    );
  });

  test('a writer that starts over writes the same', () => {
    const writer = new ScalarWriter();
    writer.encodeNumber(12.5);
    const once = writer.bytes.toString('hex', 0, writer.length);
    writer.reset();
    writer.encodeNumber(12.5);
    expect(writer.bytes.toString('hex', 0, writer.length)).toBe(once);
  });
});

import { expect, test } from 'vitest';
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

test('a writer that grows in the middle of a value loses nothing', () => {
  for (let initialBytes = 1; initialBytes < 60; initialBytes++) {
    const writer = new ByteWriter(initialBytes);
    writer.u8(1);
    writer.u16(515);
    writer.u32(4_000_000_000);
    writer.i32(-7);
    writer.f64(0.1);
    writer.text('naïve');
    writer.bytes(Buffer.from('abcdefgh'), 1, 7);
    writer.array(Int32Array.of(5, -6), 2);
    const reader = new ByteReader('bytes').open(writer.take());
    expect([reader.u8(), reader.u16(), reader.u32(), reader.i32(), reader.f64(), reader.text()]).toEqual([
      1,
      515,
      4_000_000_000,
      -7,
      0.1,
      'naïve',
    ]);
    const at = reader.take(6);
    expect(reader.buffer.toString('latin1', at, at + 6)).toBe('bcdefg');
    expect([reader.i32(), reader.i32()]).toEqual([5, -6]);
    reader.finish();
  }
});

// Bytes of everything that is persisted: little-endian, every block ends in the CRC-32C of what precedes it, so that any flipped
// or missing bit is noticed before a single value is believed.
import { endianness } from 'node:os';
import { crc32c } from '@node-rs/crc32';

if (endianness() !== 'LE')
  throw new Error('Columns are persisted as they lie in memory: this build needs a little-endian machine.');

/** Arrays that are persisted as they lie in memory. */
export type NumericArray = Float64Array | Int32Array | Uint32Array;

export const CHECKSUM_BYTES = 4;

/** Grows as it is written; `reset()` starts over in the same memory. */
export class ByteWriter {
  /** Replaced when it grows, as is `view` on the same bytes. */
  buffer: Buffer;
  view: DataView;
  length = 0;

  constructor(initialBytes = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
    this.view = new DataView(this.buffer.buffer);
  }

  reset(): void {
    this.length = 0;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.length);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  u16(value: number): void {
    const at = this.advance(2);
    this.view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.advance(4);
    this.view.setUint32(at, value, true);
  }

  i32(value: number): void {
    const at = this.advance(4);
    this.view.setInt32(at, value, true);
  }

  f64(value: number): void {
    const at = this.advance(8);
    this.view.setFloat64(at, value, true);
  }

  bytes(source: Buffer, start: number, end: number): void {
    const at = this.advance(end - start);
    source.copy(this.buffer, at, start, end);
  }

  /** UTF-8 text with its length in front. */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.u32(size);
    const at = this.advance(size);
    this.buffer.write(value, at, size, 'utf8');
  }

  /** The first `count` elements of a typed array, as they lie in memory. */
  array(source: NumericArray, count: number): void {
    const bytes = Buffer.from(source.buffer, source.byteOffset, count * source.BYTES_PER_ELEMENT);
    this.bytes(bytes, 0, bytes.length);
  }

  /** Overwrites four bytes written before, for lengths that are known only later. */
  patchU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** As `patchU32`, for sizes that may reach 4 GiB. */
  patchF64(at: number, value: number): void {
    this.view.setFloat64(at, value, true);
  }

  /** Appends the checksum of `[from, length)`. */
  checksum(from = 0): void {
    this.u32(crc32c(this.buffer.subarray(from, this.length)));
  }

  /** What was written, not copied: the writer must not be used afterwards. */
  take(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Where `count` more bytes go, for which there is room then; called first, because it may replace `buffer` and `view`. */
  private advance(count: number): number {
    this.reserve(count);
    const at = this.length;
    this.length = at + count;
    return at;
  }
}

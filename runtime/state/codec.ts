// Bytes of everything that is persisted: little-endian, every block ends in the CRC-32C of what precedes it, so that any flipped
// or missing bit is noticed before a single value is believed.
import { endianness } from 'node:os';
import { crc32c } from '@node-rs/crc32';
import { CorruptStateError } from './errors.ts';

if (endianness() !== 'LE')
  throw new Error('Columns are persisted as they lie in memory: this build needs a little-endian machine.');

type NumericArray = Float64Array | Int32Array | Uint32Array;

export const CHECKSUM_BYTES = 4;

/** Grows as it is written; `reset()` starts over in the same memory. */
export class ByteWriter {
  buffer: Buffer;
  length = 0;

  constructor(initialBytes = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
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
  }

  u8(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  u16(value: number): void {
    this.reserve(2);
    this.length = this.buffer.writeUInt16LE(value, this.length);
  }

  u32(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeUInt32LE(value, this.length);
  }

  i32(value: number): void {
    this.reserve(4);
    this.length = this.buffer.writeInt32LE(value, this.length);
  }

  f64(value: number): void {
    this.reserve(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  bytes(source: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    source.copy(this.buffer, this.length, start, end);
    this.length += end - start;
  }

  /** UTF-8 text with its length in front. */
  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.u32(size);
    this.reserve(size);
    this.length += this.buffer.write(value, this.length, size, 'utf8');
  }

  /** The first `count` elements of a typed array, as they lie in memory. */
  array(source: NumericArray, count: number): void {
    const bytes = Buffer.from(source.buffer, source.byteOffset, count * source.BYTES_PER_ELEMENT);
    this.bytes(bytes, 0, bytes.length);
  }

  /** Overwrites four bytes written before, for lengths that are known only later. */
  patchU32(at: number, value: number): void {
    this.buffer.writeUInt32LE(value, at);
  }

  /** Appends the checksum of `[from, length)`. */
  checksum(from = 0): void {
    this.u32(crc32c(this.buffer.subarray(from, this.length)));
  }

  /** What was written, not copied: the writer must not be used afterwards. */
  take(): Buffer {
    return this.buffer.subarray(0, this.length);
  }
}

/** Reads `buffer[position, end)`; whatever would reach past the end throws `CorruptStateError`. */
export class ByteReader {
  buffer: Buffer = Buffer.alloc(0);
  position = 0;
  end = 0;
  private readonly what: string;

  /** `what` names the thing in errors, for example `checkpoint of task ingest-3`. */
  constructor(what: string) {
    this.what = what;
  }

  /** Starts to read `[start, end)`. */
  open(buffer: Buffer, start = 0, end: number = buffer.length): this {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
    return this;
  }

  /** Checks the trailing CRC-32C of the whole range and takes it off. */
  verifyChecksum(): void {
    const size = this.end - this.position;
    if (size < CHECKSUM_BYTES) this.fail(`cut off: ${size} bytes are shorter than a checksum`);
    const end = this.end - CHECKSUM_BYTES;
    const expected = this.buffer.readUInt32LE(end);
    const actual = crc32c(this.buffer.subarray(this.position, end));
    if (actual !== expected) this.fail(`checksum is ${hex(actual)}, must be ${hex(expected)}`);
    this.end = end;
  }

  u8(): number {
    return this.buffer[this.take(1)]!;
  }

  u16(): number {
    return this.buffer.readUInt16LE(this.take(2));
  }

  u32(): number {
    return this.buffer.readUInt32LE(this.take(4));
  }

  i32(): number {
    return this.buffer.readInt32LE(this.take(4));
  }

  f64(): number {
    return this.buffer.readDoubleLE(this.take(8));
  }

  text(): string {
    const size = this.u32();
    const at = this.take(size);
    return this.buffer.toString('utf8', at, at + size);
  }

  /** Fills the first `count` elements of a typed array. */
  array(into: NumericArray, count: number): void {
    const size = count * into.BYTES_PER_ELEMENT;
    const at = this.take(size);
    this.buffer.copy(Buffer.from(into.buffer, into.byteOffset, size), 0, at, at + size);
  }

  /** Skips `count` bytes and returns where they start. */
  take(count: number): number {
    const at = this.position;
    if (count > this.end - at) this.fail(`cut off: ${count} bytes expected at ${at}, ${this.end - at} are left`);
    this.position = at + count;
    return at;
  }

  /** All bytes must have been read. */
  finish(): void {
    if (this.position !== this.end) this.fail(`${this.end - this.position} bytes too many`);
  }

  fail(why: string): never {
    throw new CorruptStateError(`Cannot read the ${this.what}: ${why}.`);
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

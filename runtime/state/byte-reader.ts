// Reads what a ByteWriter wrote, and believes nothing of it: whatever would reach past the end is an error that names the thing.
import { crc32c } from '@node-rs/crc32';
import { CHECKSUM_BYTES, type NumericArray } from './byte-writer.ts';
import { CorruptStateError } from './errors.ts';

const NOTHING = Buffer.alloc(0);

/** Reads `buffer[position, end)`; whatever would reach past the end throws `CorruptStateError`. */
export class ByteReader {
  buffer: Buffer = NOTHING;
  /** The same bytes: position p of `buffer` is position p of `view`. */
  view: DataView = new DataView(NOTHING.buffer, 0, 0);
  position = 0;
  end = 0;
  private readonly what: string;

  /** `what` names the thing in errors, for example `checkpoint of task ingest-3`. */
  constructor(what: string) {
    this.what = what;
  }

  /** Starts to read `[start, end)`. */
  open(buffer: Buffer, start = 0, end: number = buffer.length): this {
    if (buffer !== this.buffer) {
      this.buffer = buffer;
      this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    }
    this.position = start;
    this.end = end;
    return this;
  }

  /** Checks the trailing CRC-32C of the whole range and takes it off. */
  verifyChecksum(): void {
    const size = this.left;
    if (size < CHECKSUM_BYTES) this.fail(`cut off: ${size} bytes are shorter than a checksum`);
    const end = this.end - CHECKSUM_BYTES;
    const expected = this.view.getUint32(end, true);
    const actual = crc32c(this.buffer.subarray(this.position, end));
    if (actual !== expected) this.fail(`checksum is ${hex(actual)}, must be ${hex(expected)}`);
    this.end = end;
  }

  /** Bytes that were not read yet. */
  get left(): number {
    return this.end - this.position;
  }

  u8(): number {
    return this.buffer[this.take(1)]!;
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  i32(): number {
    return this.view.getInt32(this.take(4), true);
  }

  f64(): number {
    return this.view.getFloat64(this.take(8), true);
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
    if (!(count >= 0 && count <= this.end - at))
      this.fail(`cut off: ${count} bytes expected at ${at}, ${this.end - at} are left`);
    this.position = at + count;
    return at;
  }

  /** A count and as many items; each takes a byte at least, so a count that cannot be true is found before it costs memory. */
  list<T>(read: () => T): T[] {
    const count = this.u32();
    if (count > this.left) this.fail(`it claims ${count} items, its bytes hold fewer`);
    return Array.from({ length: count }, read);
  }

  /** Lets `read` see the next `size` bytes only, all of which it must read. */
  within<T>(size: number, read: (reader: this) => T): T {
    const outerEnd = this.end;
    const end = this.take(size) + size;
    this.position = end - size;
    this.end = end;
    const result = read(this);
    this.finish();
    this.end = outerEnd;
    return result;
  }

  /** All bytes must have been read. */
  finish(): void {
    if (this.position !== this.end) this.fail(`${this.left} bytes too many`);
  }

  fail(why: string): never {
    throw new CorruptStateError(`Cannot read the ${this.what}: ${why}.`);
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

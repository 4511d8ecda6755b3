// Encodes scalars one behind the other into memory that is kept and grows: nothing is allocated per record.
import { TAG_FALSE, TAG_NUMBER, TAG_TEXT, TAG_TRUE } from './scalar-bytes.ts';

const MAX_LENGTH_BYTES = 5;
const MAX_NUMBER_BYTES = 32;
const MAX_DIGITS_BY_HAND = 999_999_999;
const ZERO = 0x30;
/** Longer texts are copied by the engine, shorter ones are faster in a loop. */
const COPIED_BYTES = 48;

export class ScalarWriter {
  /** What was written is `bytes[0, length)`; replaced when it grows. */
  bytes: Buffer;
  length = 0;

  constructor(initialBytes = 256) {
    this.bytes = Buffer.alloc(initialBytes);
  }

  /** Starts over in the same memory. */
  reset(): void {
    this.length = 0;
  }

  /** Text from its UTF-8 bytes. */
  encodeText(from: Buffer, start: number, end: number): void {
    this.content(TAG_TEXT, from, start, end);
  }

  /** A number beyond ±(2^53 − 1) from its digits as written, which a double would not keep apart. */
  encodeDigits(from: Buffer, start: number, end: number): void {
    this.content(TAG_NUMBER, from, start, end);
  }

  /** A finite number by its value. */
  encodeNumber(value: number): void {
    this.reserve(2 + MAX_NUMBER_BYTES);
    const { bytes } = this;
    const at = this.length + 2;
    // −0 becomes 0 as text.
    const size =
      value >= 0 && value <= MAX_DIGITS_BY_HAND && value === Math.trunc(value)
        ? writeDigits(bytes, at, value)
        : bytes.write(String(value), at, 'latin1');
    bytes[this.length] = TAG_NUMBER;
    bytes[this.length + 1] = size;
    this.length += 2 + size;
  }

  encodeBoolean(value: boolean): void {
    this.reserve(1);
    this.bytes[this.length++] = value ? TAG_TRUE : TAG_FALSE;
  }

  /**
   * Begins a text of at most `maxBytes` that somebody else writes, to `bytes` from the position that is returned on; `closeText` with
   * the position after it ends it.
   */
  openText(maxBytes: number): number {
    this.reserve(1 + MAX_LENGTH_BYTES + maxBytes);
    return this.length + 1 + MAX_LENGTH_BYTES;
  }

  closeText(end: number): void {
    const { bytes } = this;
    const start = this.length + 1 + MAX_LENGTH_BYTES;
    bytes[this.length] = TAG_TEXT;
    // Written behind room for the longest length, now moved up to the length it has.
    const at = writeLength(bytes, this.length + 1, end - start);
    bytes.copyWithin(at, start, end);
    this.length = at + end - start;
  }

  private content(tag: number, from: Buffer, start: number, end: number): void {
    const size = end - start;
    this.reserve(1 + MAX_LENGTH_BYTES + size);
    const { bytes } = this;
    bytes[this.length] = tag;
    let at = writeLength(bytes, this.length + 1, size);
    if (size > COPIED_BYTES) {
      from.copy(bytes, at, start, end);
      at += size;
    } else for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    this.length = at;
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.alloc(needed * 2);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}

/** Writes the digits of an integer in 0..999,999,999; returns how many. */
function writeDigits(to: Buffer, at: number, value: number): number {
  let rest = value | 0;
  let size = 1;
  for (let bound = 10; bound <= rest; bound *= 10) size++;
  for (let position = at + size - 1; position >= at; position--) {
    const next = (rest / 10) | 0;
    to[position] = ZERO + (rest - next * 10);
    rest = next;
  }
  return size;
}

function writeLength(to: Buffer, at: number, length: number): number {
  let out = at;
  let rest = length;
  while (rest >= 0x80) {
    to[out++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  to[out++] = rest;
  return out;
}

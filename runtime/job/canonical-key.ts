// The canonical bytes of a key. They decide the shuffle partition and identify a row in state and in checkpoints: a persisted
// format, pinned by fixtures. A change is a new KEY_FORMAT and a replan of every job.
//
// Version 1: per key field a tag; text (1) and numbers (2) go on with a length (LEB128) and as many bytes: UTF-8 of the decoded
// text, lone surrogates in their three-byte form; a number's shortest text by value (1, 1.0 and 1e0 agree, −0 is 0), beyond
// ±(2^53 − 1) the text as written. true (3) and false (4) are their tag. `$key` is the record key's bytes, as text.
import { unescapeJson } from './json-bytes.ts';
import { ABSENT, ARRAY, FALSE, type JsonScanner, NULL, OBJECT, STRING, TRUE } from './json-scanner.ts';

export const KEY_FORMAT = 1;

export const TAG_TEXT = 1;
export const TAG_NUMBER = 2;
export const TAG_TRUE = 3;
export const TAG_FALSE = 4;

/** In place of a scanner's field index: the key of the Kafka record. */
export const RECORD_KEY = -1;

const MAX_LENGTH_BYTES = 5;
const MAX_NUMBER_BYTES = 32;

export const KEY_OK = 0;
export const KEY_MISSING = 1;
export const KEY_TYPE = 2;

/** After `encode` returned `KEY_OK` the key is `bytes[0, length)`; otherwise `badField` is the index of the field at fault. */
export class KeyEncoder {
  bytes: Buffer = Buffer.alloc(256);
  length = 0;
  badField = 0;
  private readonly fields: Int32Array;
  private readonly scanner: JsonScanner;

  /** `fields`: field indexes of the scanner, or `RECORD_KEY`, in the order of the key. */
  constructor(fields: readonly number[], scanner: JsonScanner) {
    this.fields = Int32Array.from(fields);
    this.scanner = scanner;
  }

  /** Encodes the key of the record that was scanned last, in `buffer`; a `recordKeyStart` of −1 is a null record key. */
  encode(buffer: Buffer, recordKeyStart: number, recordKeyEnd: number): number {
    const { fields, scanner } = this;
    this.length = 0;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i]!;
      if (field === RECORD_KEY) {
        if (recordKeyStart < 0) return this.refuse(i, KEY_MISSING);
        this.text(buffer, recordKeyStart, recordKeyEnd);
        continue;
      }
      const type = scanner.types[field]!;
      const start = scanner.starts[field]!;
      const end = scanner.ends[field]!;
      if (type === STRING) {
        if (scanner.escaped[field] === 0) this.text(buffer, start, end);
        else this.escapedText(buffer, start, end);
      } else if (type === TRUE || type === FALSE) {
        this.reserve(1);
        this.bytes[this.length++] = type === TRUE ? TAG_TRUE : TAG_FALSE;
      } else if (type === NULL || type === ABSENT) return this.refuse(i, KEY_MISSING);
      else if (type === OBJECT || type === ARRAY) return this.refuse(i, KEY_TYPE);
      else this.number(buffer, field);
    }
    return KEY_OK;
  }

  private refuse(field: number, why: number): number {
    this.badField = field;
    return why;
  }

  private text(from: Buffer, start: number, end: number): void {
    const size = end - start;
    this.reserve(1 + MAX_LENGTH_BYTES + size);
    const { bytes } = this;
    bytes[this.length] = TAG_TEXT;
    let at = writeLength(bytes, this.length + 1, size);
    if (size > 48) {
      from.copy(bytes, at, start, end);
      at += size;
    } else for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    this.length = at;
  }

  private escapedText(from: Buffer, start: number, end: number): void {
    this.reserve(1 + MAX_LENGTH_BYTES + end - start);
    const { bytes } = this;
    bytes[this.length] = TAG_TEXT;
    // Decoded behind room for the longest length, then moved up to the length it has.
    const decodedAt = this.length + 1 + MAX_LENGTH_BYTES;
    const decodedEnd = unescapeJson(from, start, end, { to: bytes, at: decodedAt });
    const at = writeLength(bytes, this.length + 1, decodedEnd - decodedAt);
    bytes.copyWithin(at, decodedAt, decodedEnd);
    this.length = at + decodedEnd - decodedAt;
  }

  private number(from: Buffer, field: number): void {
    const value = this.scanner.numbers[field]!;
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      const start = this.scanner.starts[field]!;
      const end = this.scanner.ends[field]!;
      this.text(from, start, end);
      this.bytes[this.length - (end - start) - lengthSize(end - start) - 1] = TAG_NUMBER;
      return;
    }
    this.reserve(2 + MAX_NUMBER_BYTES);
    const { bytes } = this;
    // −0 becomes 0 as text.
    const size = bytes.write(String(value), this.length + 2, 'latin1');
    bytes[this.length] = TAG_NUMBER;
    bytes[this.length + 1] = size;
    this.length += 2 + size;
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.alloc(needed * 2);
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
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

function lengthSize(length: number): number {
  let size = 1;
  for (let rest = length; rest >= 0x80; rest >>>= 7) size++;
  return size;
}

// The canonical bytes of one scalar: what keys are made of and what aggregates over scalars keep. They decide the shuffle partition and
// identify rows and values in state and in checkpoints: a persisted format, pinned by the fixture of keys.
//
// A tag; text (1) and numbers (2) go on with a length (LEB128) and as many bytes: UTF-8 of the text, lone surrogates in their three-byte
// form; a number's shortest text by value (1, 1.0 and 1e0 agree, −0 is 0), beyond ±(2^53 − 1) the text as written. true (3) and
// false (4) are their tag.
import { writeJsonString } from './json-string.ts';

export const TAG_TEXT = 1;
export const TAG_NUMBER = 2;
export const TAG_TRUE = 3;
export const TAG_FALSE = 4;

const TRUE_TEXT = Buffer.from('true');
const FALSE_TEXT = Buffer.from('false');

/** Where to write: bytes go to `to[at, …)`. */
export interface Target {
  readonly to: Buffer;
  readonly at: number;
}

/** Bytes that the scalar at `bytes[at]` takes, tag and length included. The bytes are trusted. */
export function scalarSize(bytes: Buffer, at: number): number {
  if (bytes[at]! > TAG_NUMBER) return 1;
  let length = 0;
  let position = at + 1;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[position++]!;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) return position + length - at;
  }
}

/** Where the content of the text or number at `bytes[at]` begins; it ends where the scalar does. */
export function scalarContent(bytes: Buffer, at: number): number {
  let position = at + 1;
  if (bytes[at]! > TAG_NUMBER) return position;
  while (bytes[position]! >= 0x80) position++;
  return position + 1;
}

/** Upper bound of what `writeScalarJson` writes for a scalar of so many bytes. */
export function scalarJsonBound(size: number): number {
  return 6 * size + 2;
}

/** Writes the scalar `bytes[start, end)` as a JSON value and returns the position after it. */
export function writeScalarJson(bytes: Buffer, start: number, end: number, target: Target): number {
  const tag = bytes[start]!;
  if (tag === TAG_TEXT) return writeJsonString(bytes, scalarContent(bytes, start), end, target);
  const { to } = target;
  let out = target.at;
  if (tag === TAG_NUMBER) {
    for (let i = scalarContent(bytes, start); i < end; i++) to[out++] = bytes[i]!;
    return out;
  }
  const text = tag === TAG_TRUE ? TRUE_TEXT : FALSE_TEXT;
  for (let i = 0; i < text.length; i++) to[out++] = text[i]!;
  return out;
}

// Where a canonical scalar ends, for bytes that may be anything: what is read back is checked before it is believed.
import { TAG_FALSE, TAG_NUMBER, TAG_TEXT, TAG_TRUE } from '../scalar/index.ts';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** Position after the scalar at `bytes[at]`, or −1 when no whole scalar lies in `bytes[at, end)`. */
export function scalarEnd(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1;
  const tag = bytes[at]!;
  if (tag === TAG_TRUE || tag === TAG_FALSE) return at + 1;
  if (tag !== TAG_TEXT && tag !== TAG_NUMBER) return -1;
  let length = 0;
  let position = at + 1;
  for (let shift = 0; shift <= 28; shift += 7) {
    if (position >= end) return -1;
    const byte = bytes[position++]!;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte >= 0x80) continue;
    if (length > end - position) return -1;
    return tag === TAG_TEXT || isNumber(bytes, position, position + length) ? position + length : -1;
  }
  return -1;
}

/** Numbers are written into results as they are kept. */
function isNumber(bytes: Buffer, start: number, end: number): boolean {
  return JSON_NUMBER.test(bytes.toString('latin1', start, end));
}

// Text as a JSON string, byte by byte: no JavaScript string in between. Lone surrogates, which UTF-8 does not have, are kept apart in
// their three-byte form (WTF-8), so that two different JSON strings never become the same bytes.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** Byte below 0x80 → the letter of its short escape, 1 for \u00xx, 0 for as it is. */
const ESCAPES = new Uint8Array(128);
for (let byte = 0; byte < 0x20; byte++) ESCAPES[byte] = 1;
for (const [letter, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  ESCAPES[byte] = letter.charCodeAt(0);
}

/**
 * Writes `from[start, end)`, UTF-8 or WTF-8, as a JSON string with its quotes to `to[at, …)`; returns the position after it. Lone
 * surrogates come out escaped, bytes that are no UTF-8 as U+FFFD. `to` needs `2 + 6 × (end − start)` bytes at most.
 */
export function writeJsonString(
  from: Buffer,
  start: number,
  end: number,
  { to, at }: { to: Buffer; at: number },
): number {
  let out = at;
  to[out++] = QUOTE;
  let i = start;
  while (i < end) {
    const byte = from[i]!;
    if (byte < 0x80) {
      const escape = ESCAPES[byte]!;
      if (escape === 0) to[out++] = byte;
      else if (escape === 1) out = writeUnicodeEscape(to, out, byte);
      else {
        to[out++] = BACKSLASH;
        to[out++] = escape;
      }
      i++;
      continue;
    }
    const size = utf8Size(from, i, end);
    if (size > 0) {
      for (const next = i + size; i < next; i++) to[out++] = from[i]!;
    } else if (isSurrogate(from, i, end)) {
      out = writeUnicodeEscape(to, out, 0xd000 | ((from[i + 1]! & 0x3f) << 6) | (from[i + 2]! & 0x3f));
      i += 3;
    } else {
      out = writeUnicodeEscape(to, out, 0xfffd);
      i++;
    }
  }
  to[out++] = QUOTE;
  return out;
}

/** Length of the UTF-8 sequence of a byte ≥ 0x80 at `at`; 0 when it is none (overlong, surrogate, beyond U+10FFFF, cut). */
export function utf8Size(from: Buffer, at: number, end: number): number {
  const first = from[at]!;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + size > end) return 0;
  const second = from[at + 1]!;
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = at + 2; i < at + size; i++) if ((from[i]! & 0xc0) !== 0x80) return 0;
  return size;
}

function isSurrogate(from: Buffer, at: number, end: number): boolean {
  return (
    at + 3 <= end &&
    from[at] === 0xed &&
    from[at + 1]! >= 0xa0 &&
    from[at + 1]! <= 0xbf &&
    (from[at + 2]! & 0xc0) === 0x80
  );
}

function writeUnicodeEscape(to: Buffer, at: number, code: number): number {
  to[at] = BACKSLASH;
  to[at + 1] = 0x75;
  to[at + 2] = HEX[code >> 12]!;
  to[at + 3] = HEX[(code >> 8) & 15]!;
  to[at + 4] = HEX[(code >> 4) & 15]!;
  to[at + 5] = HEX[code & 15]!;
  return at + 6;
}

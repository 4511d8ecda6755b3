// JSON strings as bytes: unescaping into UTF-8 and escaping out of it, without a JavaScript string in between. Lone surrogates are
// kept apart in their three-byte form (WTF-8), so that two different JSON strings never become the same bytes.

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = Buffer.from('0123456789abcdef', 'latin1');

/** Byte → the byte it stands for after a backslash; 0 when it may not. `u` is handled apart. */
const UNESCAPED = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  UNESCAPED[letter.charCodeAt(0)] = byte;
}

/** Byte below 0x80 → the letter of its short escape, 1 for \u00xx, 0 for as it is. */
const ESCAPES = new Uint8Array(128);
for (let byte = 0; byte < 0x20; byte++) ESCAPES[byte] = 1;
for (const [letter, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  ESCAPES[byte] = letter.charCodeAt(0);
}

/**
 * Decodes the content of a valid JSON string, `from[start, end)` without its quotes, to `to[at, …)`; returns the position after
 * it. The decoded text is never longer than the encoded one.
 */
export function unescapeJson(from: Buffer, start: number, end: number, { to, at }: { to: Buffer; at: number }): number {
  let out = at;
  let i = start;
  while (i < end) {
    const byte = from[i]!;
    if (byte !== BACKSLASH) {
      to[out++] = byte;
      i++;
      continue;
    }
    const letter = from[i + 1]!;
    if (letter !== 0x75) {
      to[out++] = UNESCAPED[letter]!;
      i += 2;
      continue;
    }
    let code = hex4(from, i + 2);
    i += 6;
    if (code >= 0xd800 && code < 0xdc00 && from[i] === BACKSLASH && from[i + 1] === 0x75 && i < end) {
      const low = hex4(from, i + 2);
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i += 6;
      }
    }
    out = writeCodePoint(to, out, code);
  }
  return out;
}

/** Whether `byte` may follow a backslash in JSON (`u` included). */
export function isEscapeLetter(byte: number): boolean {
  return byte === 0x75 || UNESCAPED[byte] !== 0;
}

/** −1 unless four hex digits begin at `at`. */
export function hex4(from: Buffer, at: number): number {
  let code = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = hexDigit(from[i]!);
    if (digit < 0) return -1;
    code = (code << 4) | digit;
  }
  return code;
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

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
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

function writeCodePoint(to: Buffer, at: number, code: number): number {
  let out = at;
  if (code < 0x80) {
    to[out++] = code;
    return out;
  }
  if (code < 0x800) to[out++] = 0xc0 | (code >> 6);
  else {
    if (code < 0x10000) to[out++] = 0xe0 | (code >> 12);
    else {
      to[out++] = 0xf0 | (code >> 18);
      to[out++] = 0x80 | ((code >> 12) & 0x3f);
    }
    to[out++] = 0x80 | ((code >> 6) & 0x3f);
  }
  to[out++] = 0x80 | (code & 0x3f);
  return out;
}

// Strings of JSON documents as bytes: unescaped into UTF-8 without a JavaScript string in between. Lone surrogates are kept apart in
// their three-byte form (WTF-8), so that two different JSON strings never become the same bytes.

const BACKSLASH = 0x5c;

/** Byte → the byte it stands for after a backslash; 0 when it may not. `u` is handled apart. */
const UNESCAPED = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
  UNESCAPED[letter.charCodeAt(0)] = byte;
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

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
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

// 64 bits of hash of some bytes, as two 32-bit words: MurmurHash3 x86_128 (Austin Appleby, public domain), of which the first two
// words are taken; it needs nothing but 32-bit products. Sketches are persisted, so this function must never change.

const C1 = 0x239b961b | 0;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5 | 0;
const C4 = 0xa1e38b93 | 0;

/** Puts the hash of `bytes[start, end)` into `out[0]` (low word) and `out[1]` (high word). */
export function hash64(bytes: Uint8Array, start: number, end: number, out: Int32Array): void {
  const length = end - start;
  let h1 = 0;
  let h2 = 0;
  let h3 = 0;
  let h4 = 0;
  let at = start;
  for (; at + 16 <= end; at += 16) {
    h1 = (Math.imul(rotate(h1 ^ scramble(word(bytes, at), C1, 15, C2), 19) + h2, 5) + 0x561ccd1b) | 0;
    h2 = (Math.imul(rotate(h2 ^ scramble(word(bytes, at + 4), C2, 16, C3), 17) + h3, 5) + 0x0bcaa747) | 0;
    h3 = (Math.imul(rotate(h3 ^ scramble(word(bytes, at + 8), C3, 17, C4), 15) + h4, 5) + 0x96cd1c35) | 0;
    h4 = (Math.imul(rotate(h4 ^ scramble(word(bytes, at + 12), C4, 18, C1), 13) + h1, 5) + 0x32ac3b17) | 0;
  }
  // What is left, padded with zeros: a word of zeros scrambles to zero and changes nothing.
  if (at < end) h1 ^= scramble(lastWord(bytes, at, end), C1, 15, C2);
  if (at + 4 < end) h2 ^= scramble(lastWord(bytes, at + 4, end), C2, 16, C3);
  if (at + 8 < end) h3 ^= scramble(lastWord(bytes, at + 8, end), C3, 17, C4);
  if (at + 12 < end) h4 ^= scramble(lastWord(bytes, at + 12, end), C4, 18, C1);
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finish((h2 + h1) | 0);
  h3 = finish((h3 + h1) | 0);
  h4 = finish((h4 + h1) | 0);
  h1 = finish(h1);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = (h2 + h1) | 0;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Up to four bytes before `end`. */
function lastWord(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let i = Math.min(end, at + 4) - 1; i >= at; i--) value = (value << 8) | bytes[i]!;
  return value;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function scramble(value: number, by: number, rotation: number, then: number): number {
  return Math.imul(rotate(Math.imul(value, by), rotation), then);
}

function finish(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

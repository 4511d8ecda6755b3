// JavaScript's text as the bytes that keys and scalars are made of: UTF-8, lone surrogates in their three-byte form, so that two
// different texts never become the same bytes.

/** Writes the text to `to[at, …)`, which needs three bytes per UTF-16 unit at most; returns the position after it. */
export function writeText(text: string, to: Buffer, at: number): number {
  if (text.isWellFormed()) return at + to.write(text, at, 'utf8');
  let out = at;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code >= 0xd800 && code < 0xe000) {
      to[out++] = 0xe0 | (code >> 12);
      to[out++] = 0x80 | ((code >> 6) & 0x3f);
      to[out++] = 0x80 | (code & 0x3f);
    } else out += to.write(character, out, 'utf8');
  }
  return out;
}

// The functions of texts. Positions count code points, as in CEL. What a record could make grow without bound has a bound.
import { FAILURE, faultOf, type Value } from './values.ts';

/** Most UTF-16 units of a text that an expression makes. */
const MAX_LENGTH = 1 << 24;

/** The text, when it is not too long to be made. */
export function textWithin(length: number, make: () => string): Value {
  return length > MAX_LENGTH ? FAILURE : make();
}

/** Only A to Z: letters of other scripts depend on the language. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

export function upperAscii(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

export function sizeOf(text: string): number {
  return hasPairs(text) ? Array.from(text).length : text.length;
}

/** "" at the end of the text, as in CEL; a fault beyond it. */
export function charAt(text: string, at: number): Value {
  const size = sizeOf(text);
  if (!Number.isInteger(at) || at < 0 || at > size) return FAILURE;
  return points(text, at, at + 1);
}

export function substring(text: string, from: number, to = sizeOf(text)): Value {
  const valid = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= sizeOf(text);
  return valid ? points(text, from, to) : FAILURE;
}

export function reverse(text: string): string {
  return Array.from(text).reverse().join('');
}

/** First position from `from` on, −1 for none. */
export function indexOf(text: string, part: string, from = 0): Value {
  if (!Number.isInteger(from) || from < 0 || from > sizeOf(text)) return FAILURE;
  const found = text.indexOf(part, points(text, 0, from).length);
  return found < 0 ? -1 : sizeOf(text.slice(0, found));
}

/** Last position up to `from`, −1 for none. */
export function lastIndexOf(text: string, part: string, from = sizeOf(text)): Value {
  if (!Number.isInteger(from) || from < 0 || from > sizeOf(text)) return FAILURE;
  const found = text.lastIndexOf(part, points(text, 0, from).length);
  return found < 0 ? -1 : sizeOf(text.slice(0, found));
}

/** Replaces the first `limit` ones; all of them when it is negative. */
export function replace(text: string, from: string, to: string, limit = -1): Value {
  const pieces = from === '' ? ['', ...Array.from(text), ''] : text.split(from);
  const count = limit < 0 ? pieces.length - 1 : Math.min(pieces.length - 1, Math.trunc(limit));
  return textWithin(text.length + count * to.length, () => {
    const replaced = pieces.slice(0, count + 1).join(to);
    const rest = pieces.slice(count + 1);
    return rest.length === 0 ? replaced : replaced + from + rest.join(from);
  });
}

/** At most `limit` pieces, the last one with the rest; all when it is negative. */
export function split(text: string, separator: string, limit = -1): readonly string[] {
  const pieces = separator === '' ? Array.from(text) : text.split(separator);
  const most = Math.trunc(limit);
  if (limit < 0 || pieces.length <= most) return pieces;
  if (most === 0) return [];
  return [...pieces.slice(0, most - 1), pieces.slice(most - 1).join(separator)];
}

export function joinTexts(list: readonly Value[], separator = ''): Value {
  const texts: string[] = [];
  let length = 0;
  for (const text of list) {
    if (typeof text !== 'string') return faultOf(text);
    texts.push(text);
    length += text.length + separator.length;
  }
  return textWithin(length, () => texts.join(separator));
}

function points(text: string, from: number, to: number): string {
  return hasPairs(text) ? Array.from(text).slice(from, to).join('') : text.slice(from, to);
}

function hasPairs(text: string): boolean {
  return /[\ud800-\udbff][\udc00-\udfff]/.test(text);
}

// Numbers in decimal to integers of another unit, exactly: a double would round before the floor does.

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;

/** Beyond every time that there is, and still far from what doubles cannot count. */
const HUGE = 1e17;

/**
 * ⌊x · 10^shift⌋ of the JSON number x in `buffer[start, end)`, for any number of digits and any exponent, without allocating. Exact
 * up to 2^53; ±Infinity or a number beyond 2^53 for what is beyond.
 */
// oxlint-disable-next-line max-params -- the hot path makes no object per record
export function floorDecimal(buffer: Buffer, start: number, end: number, shift: number): number {
  const negative = buffer[start] === MINUS;
  const first = negative ? start + 1 : start;
  // Digits before the point, and the exponent.
  let i = first;
  while (i < end && isDigit(buffer[i]!)) i++;
  const wholeDigits = i - first;
  let mantissaEnd = i;
  if (i < end && buffer[i] === DOT) {
    i++;
    while (i < end && isDigit(buffer[i]!)) i++;
    mantissaEnd = i;
  }
  /** So many of the digits stand before the point of the result. */
  let point = wholeDigits + shift + (i < end ? exponentAt(buffer, i + 1, end) : 0);

  let integer = 0;
  let hasRest = false;
  for (let at = first; at < mantissaEnd; at++) {
    const byte = buffer[at]!;
    if (byte === DOT) continue;
    if (point > 0) {
      integer = integer * 10 + (byte - ZERO);
      if (integer > HUGE) return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
      point--;
    } else if (byte !== ZERO) {
      hasRest = true;
      break;
    }
  }
  if (integer > 0) {
    for (; point > 0; point--) {
      integer *= 10;
      if (integer > HUGE) return negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    }
  }
  if (!negative) return integer;
  return hasRest ? -integer - 1 : -integer;
}

/** The exponent `[+-]digits`, ±Infinity when it has more digits than a double can say. */
function exponentAt(buffer: Buffer, start: number, end: number): number {
  const sign = buffer[start];
  let exponent = 0;
  for (let i = sign === PLUS || sign === MINUS ? start + 1 : start; i < end; i++)
    exponent = exponent * 10 + (buffer[i]! - ZERO);
  return sign === MINUS ? -exponent : exponent;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

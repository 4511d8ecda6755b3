// Times as digits, without a string: sessions have bounds of their own in every row.

const ZERO = 0x30;
const MINUS = 0x2d;
const BILLION = 1_000_000_000;

/** Writes a safe integer in decimal at `to[at]` and returns the position after it. */
export function writeInteger(to: Buffer, at: number, value: number): number {
  if (value < 0) {
    to[at] = MINUS;
    return writeInteger(to, at + 1, -value);
  }
  if (value < BILLION) return writeDigits(to, at, value, 1);
  const high = Math.floor(value / BILLION);
  return writeDigits(to, writeDigits(to, at, high, 1), value - high * BILLION, 9);
}

/** `value` is an integer in 0..999,999,999; at least `digits` of them are written. */
// oxlint-disable-next-line max-params -- the hot path makes no object per row
function writeDigits(to: Buffer, at: number, value: number, digits: number): number {
  let rest = value | 0;
  let size = digits;
  for (let bound = 10 ** digits; bound <= rest; bound *= 10) size++;
  const end = at + size;
  for (let position = end - 1; position >= at; position--) {
    const next = (rest / 10) | 0;
    to[position] = ZERO + (rest - next * 10);
    rest = next;
  }
  return end;
}

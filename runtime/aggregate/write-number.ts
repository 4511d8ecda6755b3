// Results as JSON text: the shortest digits that read back as the same number, as JSON.stringify writes them.

/** More than any JSON number or `null` takes. */
export const MAX_NUMBER_BYTES = 32;

const ZERO = 0x30;

/** Writes `value` (NaN: `null`) at `position` and returns the position after it. */
export function writeNumber(buffer: Buffer, position: number, value: number): number {
  if (value >= 0 && value <= 999_999_999 && value === Math.trunc(value)) return writeDigits(buffer, position, value);
  if (!Number.isFinite(value)) return position + buffer.write('null', position, 'latin1');
  return position + buffer.write(String(value), position, 'latin1');
}

/** `value` is an integer in 0..999,999,999. */
function writeDigits(buffer: Buffer, position: number, value: number): number {
  let rest = value | 0;
  let size = 1;
  for (let bound = 10; bound <= rest; bound *= 10) size++;
  const end = position + size;
  for (let at = end - 1; at >= position; at--) {
    const next = (rest / 10) | 0;
    buffer[at] = ZERO + (rest - next * 10);
    rest = next;
  }
  return end;
}

// Zigzag varints of the record encoding. Plain numbers throughout: exact to 2^53, which offsets and timestamps do not reach.

const INT32_LIMIT = 0x40000000;

// Zigzag puts the sign in the lowest bit: n ≥ 0 is 2n, n < 0 is 2(−n − 1) + 1. The first byte takes the sign and six bits, so
// nothing has to be doubled first and safe integers stay exact.

/** Bytes that `value` (a safe integer) takes as a zigzag varint. */
export function varintSize(value: number): number {
  if (value >= -64 && value < 64) return 1;
  let rest = Math.floor((value < 0 ? -value - 1 : value) / 64);
  let size = 2;
  while (rest >= 128) {
    rest = Math.floor(rest / 128);
    size++;
  }
  return size;
}

/** Writes `value` (a safe integer) as a zigzag varint at `at`; returns the position after it. The caller has made room. */
export function writeVarint(buffer: Uint8Array, at: number, value: number): number {
  let position = at;
  if (value >= -INT32_LIMIT && value < INT32_LIMIT) {
    let rest = (value << 1) ^ (value >> 31);
    while (rest >= 128) {
      buffer[position++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    buffer[position++] = rest;
    return position;
  }
  const magnitude = value < 0 ? -value - 1 : value;
  buffer[position++] = ((magnitude % 64) * 2) | (value < 0 ? 1 : 0) | 0x80;
  let rest = Math.floor(magnitude / 64);
  while (rest >= 128) {
    buffer[position++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  buffer[position++] = rest;
  return position;
}

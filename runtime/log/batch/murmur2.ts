// The hash of Kafka's Java clients. Persisted by its effect: it decides the partition of every shuffled key.

const MULTIPLIER = 0x5bd1e995;
const SEED = 0x9747b28c;

/** murmur2 of `buffer[start, end)` as a signed 32-bit integer, the same as `Utils.murmur2` of the Java client. */
export function murmur2(buffer: Uint8Array, start: number, end: number): number {
  let hash = SEED ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    let word =
      (buffer[at] as number) |
      ((buffer[at + 1] as number) << 8) |
      ((buffer[at + 2] as number) << 16) |
      ((buffer[at + 3] as number) << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const rest = end - at;
  if (rest > 0) {
    if (rest === 3) hash ^= (buffer[at + 2] as number) << 16;
    if (rest >= 2) hash ^= (buffer[at + 1] as number) << 8;
    hash = Math.imul(hash ^ (buffer[at] as number), MULTIPLIER);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** Clears the sign bit, as the Java client does before the modulo (it is not the absolute value). */
export function toPositive(hash: number): number {
  return hash & 0x7fffffff;
}

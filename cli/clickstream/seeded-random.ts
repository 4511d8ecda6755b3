// Random numbers that are the same for the same seed on every machine (Mulberry32 by Tommy Ettinger, public domain algorithm).

export interface SeededRandom {
  /** An integer from 0 to `limit - 1`. */
  below(limit: number): number;
}

/** A generator with 32 bits of state; every seed gives a different sequence. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { below: (limit) => Math.floor((next() / 2 ** 32) * limit) };
}

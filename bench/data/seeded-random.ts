// xorshift32 (Marsaglia 2003): small, fast, of full period, and the same numbers on every machine.

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    if (seed === 0) throw new RangeError('xorshift32 never leaves the seed 0: give another one');
    this.#state = seed | 0;
  }

  /** A whole number of 0 ≤ n < 2^32. */
  uint32(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return state >>> 0;
  }

  /** A whole number of 0 ≤ n < limit. */
  below(limit: number): number {
    return Math.floor((this.uint32() / 4_294_967_296) * limit);
  }
}

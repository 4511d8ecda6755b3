// Randomness that is the same in every run with the same seed: names and jitter of tests, `streamjob test` and the simulator.
import type { Random } from '../../random.ts';

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough for names and delays, not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const next32 = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return {
    next: () => next32() / 0x100000000,
    hex(bytes) {
      let text = '';
      while (text.length < bytes * 2) text += next32().toString(16).padStart(8, '0');
      return text.slice(0, bytes * 2);
    },
  };
}

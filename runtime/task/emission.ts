// When changes of windows come out, besides the rows of windows that close: never, with every commit, or at the ticks of a clock.
// What is out already is no function of the log: with every commit it is simply all; for ticks the commit metadata says up to where.
import type { ResolvedJob } from '../../crds/index.ts';

export type Emission =
  /** Only windows that close give rows, and nothing can change a closed one. */
  { readonly kind: 'close' } | { readonly kind: 'commit' } | { readonly kind: 'interval'; readonly everyMs: number };

export function emissionOf({ emit, allowedLatenessMs }: Pick<ResolvedJob, 'emit' | 'allowedLatenessMs'>): Emission {
  if (emit.mode === 'interval') return { kind: 'interval', everyMs: emit.everyMs };
  return emit.mode === 'update' || allowedLatenessMs > 0 ? { kind: 'commit' } : { kind: 'close' };
}

/** Ticks of the wall clock, aligned to 1970, so that a task that moves to another worker keeps the beat. */
export class EmissionTicks {
  readonly #everyMs: number;
  #last: number;

  constructor(everyMs: number, nowMs: number) {
    this.#everyMs = everyMs;
    this.#last = Math.floor(nowMs / everyMs);
  }

  /** True once after every tick. */
  passed(nowMs: number): boolean {
    const tick = Math.floor(nowMs / this.#everyMs);
    if (tick <= this.#last) return false;
    this.#last = tick;
    return true;
  }
}

// The clock of `streamjob test`: the wall clock stands still unless a step moves it, while timers run as far as the work needs.
// So a step takes no time that a job could see, and idle time-outs and intervals are exact to the millisecond.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../runtime/clock.ts';
import { VirtualClock } from '../../runtime/log/memory/index.ts';

export class StepClock implements Clock {
  readonly #timers: VirtualClock;
  #wallMs = 0;

  /** `poolIsBusy`: work that threads do right now, which takes no virtual time but has to be waited for. */
  constructor(poolIsBusy: () => boolean) {
    this.#timers = new VirtualClock({
      settle: async () => {
        do await nextTurn();
        while (poolIsBusy());
      },
    });
  }

  now(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#timers.monotonicMs();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#timers.sleep(ms, signal);
  }

  turn(): Promise<void> {
    return this.#timers.turn();
  }

  moveWall(ms: number): void {
    this.#wallMs += ms;
  }

  /** All that can happen without time passing has happened. */
  settle(): Promise<void> {
    return this.#timers.settle();
  }

  /** Runs the timers for `ms`; the wall clock stands. */
  runTimers(ms: number): Promise<void> {
    return this.#timers.advance(ms);
  }

  /** Runs them up to the next one that is due; false when there is none. */
  runToNextTimer(): Promise<boolean> {
    return this.#timers.advanceToNext();
  }
}

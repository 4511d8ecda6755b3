// Time as a dependency: the runtime never reads the machine's clock by itself, so that tests and the simulator can turn it.
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';

export interface Clock {
  /** Wall clock, epoch milliseconds (integer). */
  now(): number;
  /** Monotonic milliseconds (may be fractional): for intervals and durations only. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets pending I/O and timers run before the caller goes on: one turn of the event loop. */
  turn(): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  turn: () => nextTurn(),
};

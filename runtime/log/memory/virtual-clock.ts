// A clock that moves only when it is told to: tests, `streamjob test` and the simulator turn hours in milliseconds, and the
// same steps always run in the same order.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { DeadlineQueue } from './deadline-queue.ts';

export interface VirtualClockOptions {
  /** Wall clock at the start, epoch milliseconds. */
  readonly startMs?: number;
  /**
   * Lets everything that can run without time passing run to its end. The default waits for one turn of the event loop, which
   * empties the microtask queue; give another one when the code under test also waits for real I/O or worker threads.
   */
  readonly settle?: () => Promise<void>;
}

/** A task that turns so often while no time passes will never sleep. */
const MOST_TURNS = 1_000_000;

export class VirtualClock implements Clock {
  readonly #startMs: number;
  readonly #settle: () => Promise<void>;
  readonly #sleepers = new DeadlineQueue<() => void>();
  #elapsedMs = 0;
  #turning = 0;

  constructor(options: VirtualClockOptions = {}) {
    this.#startMs = options.startMs ?? 0;
    this.#settle = options.settle ?? (() => nextTurn());
  }

  now(): number {
    return this.#startMs + Math.floor(this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = this.#sleepers.add(this.#elapsedMs + Math.max(0, ms), () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    return promise;
  }

  async turn(): Promise<void> {
    this.#turning++;
    await nextTurn();
    this.#turning--;
  }

  /** Monotonic time of the next sleeper, null when nobody sleeps. */
  nextDeadlineMs(): number | null {
    return this.#sleepers.peek()?.atMs ?? null;
  }

  /** Number of sleepers. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /**
   * Takes `ms` of time. Sleepers wake one by one in the order of their time (then of their call), and all that follows from one
   * is done before the next wakes; sleepers that join on the way and are due are woken too.
   */
  async advance(ms: number): Promise<void> {
    const targetMs = this.#elapsedMs + ms;
    await this.settle();
    for (let due = this.#sleepers.takeDue(targetMs); due !== null; due = this.#sleepers.takeDue(targetMs)) {
      this.#elapsedMs = Math.max(this.#elapsedMs, due.atMs);
      due.value();
      await this.settle();
    }
    this.#elapsedMs = Math.max(this.#elapsedMs, targetMs);
  }

  /** Advances to the next sleeper and wakes it, and all others of that moment; false when nobody sleeps. */
  async advanceToNext(): Promise<boolean> {
    await this.settle();
    const nextMs = this.nextDeadlineMs();
    if (nextMs === null) return false;
    await this.advance(Math.max(0, nextMs - this.#elapsedMs));
    return true;
  }

  /** Resolves when nothing more happens unless time passes: nobody is between two turns, all that was woken has run. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      await this.#settle();
      if (this.#turning === 0) return;
    }
    throw new Error(
      `after ${MOST_TURNS} turns of the event loop somebody still runs without sleeping; time cannot go on`,
    );
  }
}

// The broker's timers over an injected clock. They fire by themselves while the clock runs, and are also brought up to date at
// the start of every request, so that an answer never depends on whether a sleeper was woken before it.
import type { Clock } from '../../clock.ts';
import { DeadlineQueue } from './deadline-queue.ts';

/** Made once: a reason of its own for each is most of what calling off costs. */
const CALLED_OFF = new Error('called off');

/** Longest single sleep: below the limit of the platform's own timers (2^31 − 1 ms). */
const LONGEST_SLEEP_MS = 86_400_000;

export interface Timer {
  cancel(): void;
}

export class Timers {
  readonly #clock: Clock;
  readonly #queue = new DeadlineQueue<() => void>();
  #armed: { readonly atMs: number; readonly controller: AbortController } | null = null;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Monotonic milliseconds. */
  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  /** Epoch milliseconds. */
  wallMs(): number {
    return this.#clock.now();
  }

  /** Calls `run` once, `delayMs` from now. */
  schedule(delayMs: number, run: () => void): Timer {
    const remove = this.#queue.add(this.nowMs() + delayMs, run);
    this.#arm();
    return {
      cancel: () => {
        remove();
        if (this.#queue.size === 0) this.#disarm();
      },
    };
  }

  /** Runs what is due. */
  runDue(): void {
    for (let due = this.#queue.takeDue(this.nowMs()); due !== null; due = this.#queue.takeDue(this.nowMs()))
      due.value();
    if (this.#queue.size === 0) this.#disarm();
    else this.#arm();
  }

  /** Monotonic time of the next timer, null when there is none. */
  nextDeadlineMs(): number | null {
    return this.#queue.peek()?.atMs ?? null;
  }

  /** No timer fires by itself any more, and no sleep is left behind that could keep a process alive. */
  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  #arm(): void {
    const nextMs = this.nextDeadlineMs();
    if (this.#closed || nextMs === null || (this.#armed !== null && this.#armed.atMs <= nextMs)) return;
    this.#disarm();
    const controller = new AbortController();
    this.#armed = { atMs: nextMs, controller };
    const sleepMs = Math.min(LONGEST_SLEEP_MS, Math.max(0, Math.ceil(nextMs - this.nowMs())));
    this.#clock.sleep(sleepMs, controller.signal).then(
      () => this.#wake(controller),
      (error: unknown) => {
        if (!controller.signal.aborted) throw error;
      },
    );
  }

  #wake(controller: AbortController): void {
    if (this.#armed?.controller !== controller) return;
    this.#armed = null;
    this.runDue();
  }

  #disarm(): void {
    const armed = this.#armed;
    this.#armed = null;
    armed?.controller.abort(CALLED_OFF);
  }
}

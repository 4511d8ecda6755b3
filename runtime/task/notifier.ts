// Wakes waiting loops: a signal raised while nobody waits is kept for the next wait.
import type { Clock } from '../clock.ts';

/** Made once: a reason of its own for each is most of what calling off costs. */
const CALLED_OFF = new Error('called off');

export class Notifier {
  #raised = false;
  readonly #waiting = new Set<() => void>();

  notify(): void {
    if (this.#waiting.size === 0) this.#raised = true;
    for (const wake of this.#waiting) wake();
  }

  /** Resolves when notified or after `timeoutMs`, whichever is first; rejects when the signal is aborted. */
  async wait(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#raised || timeoutMs <= 0) {
      this.#raised = false;
      return;
    }
    const timer = new AbortController();
    const either = AbortSignal.any([signal, timer.signal]);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(resolve);
    try {
      await Promise.race([promise, asleep(clock, timeoutMs, either)]);
    } finally {
      this.#waiting.delete(resolve);
      timer.abort(CALLED_OFF);
    }
    signal.throwIfAborted();
  }
}

/** A sleep that ends early without a word when it is cut short. */
async function asleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

// Wakes one waiting loop: a signal raised while nobody waits is kept for the next wait.
import type { Clock } from '../clock.ts';

export class Notifier {
  #raised = false;
  #wake: (() => void) | null = null;

  notify(): void {
    this.#raised = true;
    this.#wake?.();
  }

  /** Resolves when notified or after `timeoutMs`, whichever is first; rejects when the signal is aborted. */
  async wait(clock: Clock, timeoutMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#raised && timeoutMs > 0) {
      const timer = new AbortController();
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      try {
        const both = AbortSignal.any([signal, timer.signal]);
        await Promise.race([woken, clock.sleep(timeoutMs, both).catch(ignoreAbort(both))]);
      } finally {
        this.#wake = null;
        timer.abort();
      }
      signal.throwIfAborted();
    }
    this.#raised = false;
  }
}

/** A sleep that was cut short on purpose is no error. */
function ignoreAbort(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

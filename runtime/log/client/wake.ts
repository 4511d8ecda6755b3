// A doorbell for one waiter: rings that come while nobody waits are not lost, so a loop can look at the state, then wait.
import type { Clock } from '../../clock.ts';

/** Made once: a reason of its own for each is most of what calling off costs. */
const CALLED_OFF = new Error('called off');

export class Wake {
  #rung = false;
  #ring: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#ring?.();
  }

  /** Resolves when rung (or when it was since the last wait), after `ms`, or when the signal is aborted: look at it afterwards. */
  async wait(clock: Clock, signal: AbortSignal, ms?: number): Promise<void> {
    if (this.#ring !== null) throw new Error('somebody waits for this already');
    if (!this.#rung && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const over = new AbortController();
      this.#ring = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true, signal: over.signal });
      // The sleep rejects only because it is called off below.
      if (ms !== undefined) clock.sleep(ms, over.signal).then(resolve, () => resolve());
      await promise;
      this.#ring = null;
      over.abort(CALLED_OFF);
    }
    this.#rung = false;
  }
}

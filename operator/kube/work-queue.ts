// Keys waiting to be reconciled. Many additions of one key become one turn; a key that is being worked on is never handed
// out a second time, but is handed out again afterwards when it was added meanwhile (the contract of client-go's workqueue).
import type { Cancel, Clock } from '../clock.ts';
import type { Random } from '../random.ts';

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly backoff?: { readonly minMs: number; readonly maxMs: number };
}

interface Delayed {
  readonly dueMs: number;
  readonly cancel: Cancel;
}

export class WorkQueue {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly backoff: { readonly minMs: number; readonly maxMs: number };
  /** Keys to hand out, oldest first. */
  private readonly waiting = new Set<string>();
  private readonly processing = new Set<string>();
  /** Keys added while being processed. */
  private readonly again = new Set<string>();
  private readonly delayed = new Map<string, Delayed>();
  private readonly failures = new Map<string, number>();
  private readonly takers: ((key: string | undefined) => void)[] = [];
  private closed = false;

  constructor(options: WorkQueueOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.backoff = options.backoff ?? { minMs: 250, maxMs: 60_000 };
  }

  /** Keys that can be worked on now. */
  get depth(): number {
    return this.waiting.size + this.again.size;
  }

  get delayedCount(): number {
    return this.delayed.size;
  }

  add(key: string): void {
    if (this.closed) return;
    if (this.processing.has(key)) {
      this.again.add(key);
      return;
    }
    if (this.waiting.has(key)) return;
    const taker = this.takers.shift();
    if (taker === undefined) {
      this.waiting.add(key);
      return;
    }
    this.processing.add(key);
    taker(key);
  }

  /** Adds the key later. Of several dates for one key the earliest counts. */
  addAfter(key: string, delayMs: number): void {
    if (this.closed) return;
    const dueMs = this.clock.now() + Math.max(0, delayMs);
    const pending = this.delayed.get(key);
    if (pending !== undefined && pending.dueMs <= dueMs) return;
    pending?.cancel();
    const cancel = this.clock.schedule(delayMs, () => {
      this.delayed.delete(key);
      this.add(key);
    });
    this.delayed.set(key, { dueMs, cancel });
  }

  /** Adds the key after a wait that doubles with each failure in a row. Returns the wait in milliseconds. */
  addAfterFailure(key: string): number {
    const failures = this.failures.get(key) ?? 0;
    this.failures.set(key, failures + 1);
    const fullMs = Math.min(this.backoff.maxMs, this.backoff.minMs * 2 ** Math.min(failures, 30));
    const delayMs = Math.round(fullMs * (0.5 + this.random.next() / 2));
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** The key is well: its next failure waits the shortest time again. */
  forget(key: string): void {
    this.failures.delete(key);
  }

  /** The next key to work on; undefined once the queue is closed. Whoever takes a key calls `done` with it. */
  take(): Promise<string | undefined> {
    if (this.closed) return Promise.resolve(undefined);
    for (const key of this.waiting) {
      this.waiting.delete(key);
      this.processing.add(key);
      return Promise.resolve(key);
    }
    return new Promise((resolve) => this.takers.push(resolve));
  }

  done(key: string): void {
    this.processing.delete(key);
    if (this.again.delete(key)) this.add(key);
  }

  /** Nothing is handed out any more; work under way may end. */
  close(): void {
    this.closed = true;
    for (const { cancel } of this.delayed.values()) cancel();
    this.delayed.clear();
    this.waiting.clear();
    this.again.clear();
    for (const taker of this.takers.splice(0)) taker(undefined);
  }
}

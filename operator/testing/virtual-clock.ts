// A clock that moves only when a test says so. Due calls run in the order of their time, then of their scheduling.
import type { Cancel, Clock } from '../clock.ts';

interface Scheduled {
  readonly atMs: number;
  readonly sequence: number;
  readonly run: () => void;
}

export class VirtualClock implements Clock {
  private nowMs: number;
  private sequence = 0;
  private readonly scheduled = new Set<Scheduled>();

  constructor(startMs = 1_000_000) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  schedule(delayMs: number, run: () => void): Cancel {
    const entry: Scheduled = { atMs: this.nowMs + Math.max(0, delayMs), sequence: this.sequence++, run };
    this.scheduled.add(entry);
    return () => this.scheduled.delete(entry);
  }

  /** Moves time on, running what falls due; promises get their turn between two calls. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    await settle();
    for (;;) {
      const next = this.nextDue(untilMs);
      if (next === undefined) break;
      this.scheduled.delete(next);
      this.nowMs = next.atMs;
      next.run();
      await settle();
    }
    this.nowMs = untilMs;
  }

  private nextDue(untilMs: number): Scheduled | undefined {
    let best: Scheduled | undefined;
    for (const entry of this.scheduled) {
      if (entry.atMs > untilMs) continue;
      if (best === undefined || entry.atMs < best.atMs || (entry.atMs === best.atMs && entry.sequence < best.sequence))
        best = entry;
    }
    return best;
  }
}

/** Lets every promise that is ready run its continuations. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
}

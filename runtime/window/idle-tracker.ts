// When a source partition counts as idle or quiet. Silence proves nothing while the broker may hold data back (an error, a pause, an
// open transaction), so only answers that say "position = high watermark" let the clock run; any other answer stops it.

export interface IdleState {
  /** Wall clock of the first caught-up answer of the present silence, epoch milliseconds; null while nothing is known. */
  readonly sinceMs: number | null;
  /** Silent for so long that the partition no longer holds back the others. */
  readonly idle: boolean;
  /** Silent for so long that open windows close, if all the others are as well. */
  readonly quiet: boolean;
}

/** How much silence it takes; 0 = never. */
export interface IdleThresholds {
  readonly idleTimeoutMs: number;
  readonly closeIdleAfterMs: number;
}

/** One answer of the broker for the partition, without records. */
export interface SilentFetch {
  /** Position = high watermark, and no error, pause or restore in between. */
  readonly caughtUp: boolean;
  /** Wall clock, epoch milliseconds. */
  readonly atMs: number;
}

/** Start from `NOT_IDLE`, or go on from the state in the commit metadata. */
export class IdleTracker {
  private readonly thresholds: IdleThresholds;
  private sinceMs: number | null;
  private isIdle: boolean;
  private isQuiet: boolean;

  constructor({ idleTimeoutMs, closeIdleAfterMs }: IdleThresholds, state: IdleState = NOT_IDLE) {
    this.thresholds = { idleTimeoutMs, closeIdleAfterMs };
    this.sinceMs = state.sinceMs;
    this.isIdle = state.idle;
    this.isQuiet = state.quiet;
  }

  get idle(): boolean {
    return this.isIdle;
  }

  get quiet(): boolean {
    return this.isQuiet;
  }

  get state(): IdleState {
    return { sinceMs: this.sinceMs, idle: this.isIdle, quiet: this.isQuiet };
  }

  /** An answer without records; true when the partition became idle or quiet by it. */
  observe({ caughtUp, atMs }: SilentFetch): boolean {
    if (!caughtUp) {
      this.sinceMs = null;
      return false;
    }
    // A clock that was set back must not make the silence longer than it was.
    if (this.sinceMs === null || atMs < this.sinceMs) this.sinceMs = atMs;
    const silentMs = atMs - this.sinceMs;
    const { idleTimeoutMs, closeIdleAfterMs } = this.thresholds;
    const becameIdle = !this.isIdle && idleTimeoutMs > 0 && silentMs >= idleTimeoutMs;
    const becameQuiet = !this.isQuiet && closeIdleAfterMs > 0 && silentMs >= closeIdleAfterMs;
    if (becameIdle) this.isIdle = true;
    if (becameQuiet) this.isQuiet = true;
    return becameIdle || becameQuiet;
  }

  /** A record that is not bad; true when it ended idleness or quiet. */
  record(): boolean {
    this.sinceMs = null;
    if (!this.isIdle && !this.isQuiet) return false;
    this.isIdle = false;
    this.isQuiet = false;
    return true;
  }
}

export const NOT_IDLE: IdleState = { sinceMs: null, idle: false, quiet: false };

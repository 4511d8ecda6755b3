// When a source partition counts as idle. Silence proves nothing while the broker may hold data back (an error, a pause, an open
// transaction), so only answers that say "position = high watermark" let the clock run; any other answer stops it.

export interface IdleState {
  /** Wall clock of the first caught-up answer of the present silence, epoch milliseconds; null while nothing is known. */
  readonly sinceMs: number | null;
  readonly idle: boolean;
}

/** One answer of the broker for the partition, without records. */
export interface SilentFetch {
  /** Position = high watermark, and no error, pause or restore in between. */
  readonly caughtUp: boolean;
  /** Wall clock, epoch milliseconds. */
  readonly atMs: number;
}

/** `idleTimeoutMs` 0 switches idleness off. Start from `NOT_IDLE`, or go on from the state in the commit metadata. */
export class IdleTracker {
  private readonly idleTimeoutMs: number;
  private sinceMs: number | null;
  private isIdle: boolean;

  constructor(idleTimeoutMs: number, state: IdleState = NOT_IDLE) {
    this.idleTimeoutMs = idleTimeoutMs;
    this.sinceMs = state.sinceMs;
    this.isIdle = state.idle;
  }

  get idle(): boolean {
    return this.isIdle;
  }

  get state(): IdleState {
    return { sinceMs: this.sinceMs, idle: this.isIdle };
  }

  /** An answer without records; true when the partition became idle by it. */
  observe({ caughtUp, atMs }: SilentFetch): boolean {
    if (!caughtUp) {
      this.sinceMs = null;
      return false;
    }
    // A clock that was set back must not make the silence longer than it was.
    if (this.sinceMs === null || atMs < this.sinceMs) this.sinceMs = atMs;
    if (this.isIdle || this.idleTimeoutMs === 0 || atMs - this.sinceMs < this.idleTimeoutMs) return false;
    this.isIdle = true;
    return true;
  }

  /** A record that is not bad; true when it ended idleness. */
  record(): boolean {
    this.sinceMs = null;
    if (!this.isIdle) return false;
    this.isIdle = false;
    return true;
  }
}

export const NOT_IDLE: IdleState = { sinceMs: null, idle: false };

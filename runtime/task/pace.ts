// How often to commit. The configured interval is an upper bound of latency, stretched (to 1 s at most) when commits take more than
// 30 % of it or when the job would write more than 5,000 transaction markers a second; results that wait go out at once.

const MAX_INTERVAL_MS = 1_000;
const MAX_COMMIT_SHARE = 0.3;
const MAX_MARKERS_PER_S = 5_000;
/** Commits for waiting results are held apart by this much. */
export const URGENT_INTERVAL_MS = 10;

export interface CommitCost {
  readonly durationMs: number;
  /** Partitions touched: each gets a marker. */
  readonly partitions: number;
  /** Workers of the job that do the same. */
  readonly workers: number;
}

/** Milliseconds between the starts of two commits. `recent` is a smoothed cost; see `smoothed`. */
export function commitIntervalMs(configuredMs: number, recent: CommitCost): number {
  const byDuration = recent.durationMs / MAX_COMMIT_SHARE;
  const byMarkers = (recent.workers * recent.partitions * 1_000) / MAX_MARKERS_PER_S;
  return Math.max(configuredMs, Math.min(MAX_INTERVAL_MS, Math.max(byDuration, byMarkers)));
}

/** Exponentially smoothed, so that one slow commit does not change the pace. */
export function smoothed(before: CommitCost, now: CommitCost): CommitCost {
  const mix = (a: number, b: number) => a + (b - a) / 8;
  return {
    durationMs: mix(before.durationMs, now.durationMs),
    partitions: mix(before.partitions, now.partitions),
    workers: now.workers,
  };
}

// Which source partitions wait while the job catches up: those whose event time is far ahead of the slowest one, because every window
// between the two has to stay open. Flow control only: it never touches what is computed.

export interface PartitionPace {
  readonly key: string;
  /** Epoch ms; null before the first record. */
  readonly watermarkMs: number | null;
  /** There is nothing to read just now: it cannot get on, whoever waits for it. */
  readonly caughtUp: boolean;
}

/** Keys of the partitions that are more than `maxDriftMs` ahead of the slowest that has something to read. */
export function partitionsAhead(partitions: readonly PartitionPace[], maxDriftMs: number): ReadonlySet<string> {
  const slowestMs = Math.min(
    ...partitions.flatMap(({ watermarkMs, caughtUp }) => (watermarkMs === null || caughtUp ? [] : [watermarkMs])),
  );
  return new Set(
    partitions.flatMap(({ key, watermarkMs }) =>
      watermarkMs !== null && watermarkMs > slowestMs + maxDriftMs ? [key] : [],
    ),
  );
}

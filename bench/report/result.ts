// What a race says about one system in one case, in the form of `latest.json`.
import type { CaseName, SystemName } from '../cases.ts';

export interface Result {
  readonly case: CaseName;
  readonly system: SystemName;
  readonly records_per_cpu_s: number | null;
  readonly records_per_s: number | null;
  /** Peak resident set size, 10^6 bytes. */
  readonly rss_mb: number | null;
  /** From the end of a window to a reader of committed results. */
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  /** Null: the system gives no results (the ceiling). */
  readonly equal_results: boolean | null;
}

const NUMBERS = ['records_per_cpu_s', 'records_per_s', 'rss_mb', 'p50_ms', 'p99_ms'] as const;

/** Of one system in one case: the median of every figure over the rounds; equal only if all were. */
export function medianResult(rounds: readonly [Result, ...Result[]]): Result {
  const [first] = rounds;
  const medians = Object.fromEntries(
    NUMBERS.map((name) => [name, median(rounds.flatMap((result) => result[name] ?? []))]),
  ) as Pick<Result, (typeof NUMBERS)[number]>;
  const judged = rounds.flatMap((result) => result.equal_results ?? []);
  return { ...first, ...medians, equal_results: judged.length === 0 ? null : judged.every(Boolean) };
}

/** One result for each pair of case and system, in the order in which they first came. */
export function medianResults(all: readonly Result[]): readonly Result[] {
  const groups = Map.groupBy(all, (result) => `${result.case} ${result.system}`);
  return [...groups.values()].map((rounds) => medianResult(rounds as [Result, ...Result[]]));
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle];
  if (high === undefined) return null;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] as number)) / 2;
}

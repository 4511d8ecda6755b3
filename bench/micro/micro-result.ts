// One step of the hot path, measured alone: how much of it a core does in a second.

export interface MicroResult {
  readonly name: string;
  readonly perSecond: number;
  /** What is counted: records, rows, MB. */
  readonly unit: string;
  /** Time per record or row; null for bytes. */
  readonly nanoseconds: number | null;
}

const WARM_UP_MS = 300;
const MEASURE_MS = 400;

/** Repeats `step`, which answers how many units it did, and takes the best of the turns: what disturbs only ever slows down. */
export function measure(name: string, unit: string, step: () => number): MicroResult {
  const warmUntilMs = performance.now() + WARM_UP_MS;
  while (performance.now() < warmUntilMs) step();
  let perSecond = 0;
  const untilMs = performance.now() + MEASURE_MS;
  while (performance.now() < untilMs) {
    const startedMs = performance.now();
    const units = step();
    perSecond = Math.max(perSecond, (units * 1000) / (performance.now() - startedMs));
  }
  return { name, perSecond, unit, nanoseconds: unit === 'MB' ? null : 1e9 / perSecond };
}

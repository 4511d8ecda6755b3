// The longest time without output: what a reader of the results sees of a failure.

export interface Gap {
  readonly gapMs: number;
  /** When it began and ended, on the clock of the given times. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The longest stretch within `between` in which none of `timesMs` lies. The bounds themselves count as output, so no time at all gives the whole stretch.
 */
export function longestGap(
  timesMs: readonly number[],
  between: { readonly fromMs: number; readonly toMs: number },
): Gap {
  const { fromMs, toMs } = between;
  if (toMs < fromMs) throw new RangeError(`the stretch to look at ends (${toMs}) before it begins (${fromMs})`);
  const inside = timesMs.filter((time) => time > fromMs && time < toMs).sort((a, b) => a - b);
  let longest: Gap = { gapMs: 0, fromMs, toMs: fromMs };
  let previous = fromMs;
  for (const time of [...inside, toMs]) {
    if (time - previous > longest.gapMs) longest = { gapMs: time - previous, fromMs: previous, toMs: time };
    previous = time;
  }
  return longest;
}

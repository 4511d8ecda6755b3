// Are the results of a run those that must come out? Each window once, with the right values; only windows that were still open at the
// end of the data may be missing.
import type { Expected } from './event-columns.ts';
import type { ResultRow, ResultRows } from './result-rows.ts';

export interface Comparison {
  readonly equal: boolean;
  readonly matching: number;
  /** Missing, and rightly so: they were still open at the end. */
  readonly open: number;
  /** The first few differences in words. */
  readonly differences: readonly string[];
  readonly differenceCount: number;
}

const SHOWN = 5;

/** Windows that end at or before `closedUpToMs` must have come out. */
export function compareRows(actual: ResultRows, expected: Expected, closedUpToMs: number): Comparison {
  const tally = new Tally();
  actual.forEachUser(expected.users, (user, rows) => {
    const wanted = expected.rowsOf(user);
    let at = 0;
    for (const want of wanted) {
      while (at < rows.length && (rows[at] as ResultRow).startMs < want.startMs)
        tally.differ('not expected', rows[at++]);
      const got = rows[at];
      if (got === undefined || got.startMs !== want.startMs) {
        if (want.endMs > closedUpToMs) tally.open++;
        else tally.differ('missing', want);
        continue;
      }
      at++;
      if (sameValues(got, want)) tally.matching++;
      else tally.differ(`instead of ${JSON.stringify(want)}`, got);
    }
    while (at < rows.length) tally.differ('once too often or not expected', rows[at++]);
  });
  return {
    equal: tally.count === 0 && tally.matching > 0,
    matching: tally.matching,
    open: tally.open,
    differences: tally.shown,
    differenceCount: tally.count,
  };
}

class Tally {
  matching = 0;
  open = 0;
  count = 0;
  readonly shown: string[] = [];

  differ(what: string, row: ResultRow | undefined): void {
    this.count++;
    if (this.shown.length < SHOWN) this.shown.push(`${JSON.stringify(row)} ${what}`);
  }
}

function sameValues(a: ResultRow, b: ResultRow): boolean {
  return a.endMs === b.endMs && a.count === b.count && a.sum === b.sum && a.max === b.max;
}

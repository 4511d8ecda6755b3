// Compares what a job wrote with what it should have written, row by row, and counts each kind of difference.

/** One result: the key fields, the window's bounds and the aggregates. */
export type ResultRow = Readonly<Record<string, string | number | boolean | null>>;

export interface Comparison {
  /** Expected rows that were looked for. */
  readonly compared: number;
  /** Expected rows that were not written. */
  readonly lost: number;
  /** Rows written again: every one after the first of the same user and window. */
  readonly duplicated: number;
  /** Rows with another value than expected, or that nobody expected. */
  readonly wrong: number;
  /** Up to ten differences, in words. */
  readonly samples: readonly string[];
}

const MAX_SAMPLES = 10;
const ROW_ID = ['userId', 'windowStart', 'windowEnd'] as const;

/** The row with its fields in one order, so that equal rows have equal texts. */
function canonical(row: ResultRow): string {
  return JSON.stringify(Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))));
}

/** Values must be equal exactly. `idFields` name the fields that make a row unique; default user and window. */
export function compareRows(
  expected: readonly ResultRow[],
  actual: readonly ResultRow[],
  idFields: readonly string[] = ROW_ID,
): Comparison {
  const idOf = (row: ResultRow): string => JSON.stringify(idFields.map((field) => row[field] ?? null));
  const samples: string[] = [];
  const note = (text: string): void => {
    if (samples.length < MAX_SAMPLES) samples.push(text);
  };
  const written = new Map<string, ResultRow>();
  let duplicated = 0;
  for (const row of actual) {
    const id = idOf(row);
    if (!written.has(id)) {
      written.set(id, row);
      continue;
    }
    duplicated += 1;
    note(`written again: ${canonical(row)}`);
  }
  let lost = 0;
  let wrong = 0;
  const expectedIds = new Set<string>();
  for (const row of expected) {
    const id = idOf(row);
    if (expectedIds.has(id)) throw new Error(`two expected rows have the same ${idFields.join(', ')}: ${id}`);
    expectedIds.add(id);
    const found = written.get(id);
    if (found === undefined) {
      lost += 1;
      note(`lost: ${canonical(row)}`);
    } else if (canonical(found) !== canonical(row)) {
      wrong += 1;
      note(`wrong: ${canonical(found)} instead of ${canonical(row)}`);
    }
  }
  for (const [id, row] of written) {
    if (expectedIds.has(id)) continue;
    wrong += 1;
    note(`not expected: ${canonical(row)}`);
  }
  return { compared: expectedIds.size, lost, duplicated, wrong, samples };
}

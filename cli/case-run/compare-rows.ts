// Rows that came out against those that were expected, as multisets; what differs is paired with what it most likely was meant to be.
import { canonicalText, type Row, type RowValue, showValue } from '../case-file/row-value.ts';

export interface RowPair {
  readonly expected: Row;
  readonly actual: Row;
  /** Fields in which they differ. */
  readonly fields: readonly string[];
}

export interface RowDifference {
  readonly near: readonly RowPair[];
  readonly missing: readonly Row[];
  readonly unexpected: readonly Row[];
}

/** Null when the same rows are in both, each as often. `keyBy`: fields that say whose row it is. */
export function compareRows(
  expected: readonly Row[],
  actual: readonly Row[],
  keyBy: readonly string[],
): RowDifference | null {
  const left = new Map<string, Row[]>();
  for (const row of expected) left.set(canonicalText(row), [...(left.get(canonicalText(row)) ?? []), row]);
  const unexpected: Row[] = [];
  for (const row of actual) if (left.get(canonicalText(row))?.pop() === undefined) unexpected.push(row);
  const missing = [...left.values()].flat();
  if (missing.length === 0 && unexpected.length === 0) return null;
  return pairUp(missing, unexpected, keyBy);
}

/** Rows of more than this are listed, not paired. */
const MOST_PAIRED = 200;

/** Pairs rows of the same key, and rows that agree in most fields; those that agree in more come first. */
function pairUp(missing: readonly Row[], unexpected: readonly Row[], keyBy: readonly string[]): RowDifference {
  const candidates = missing
    .slice(0, MOST_PAIRED)
    .flatMap((expected) =>
      unexpected.slice(0, MOST_PAIRED).map((actual) => {
        const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
        const fields = names.filter((name) => !same(expected[name], actual[name]));
        const isSameKey = !keyBy.some((name) => fields.includes(name));
        return { expected, actual, fields, share: 1 - fields.length / names.length, isSameKey };
      }),
    )
    .filter(({ isSameKey, share }) => isSameKey || share > 0.5)
    .sort((a, b) => Number(b.isSameKey) - Number(a.isSameKey) || b.share - a.share);
  const taken = new Set<Row>();
  const near: RowPair[] = [];
  for (const { expected, actual, fields } of candidates) {
    if (taken.has(expected) || taken.has(actual)) continue;
    taken.add(expected).add(actual);
    near.push({ expected, actual, fields });
  }
  const alone = (row: Row): boolean => !taken.has(row);
  return { near, missing: missing.filter(alone), unexpected: unexpected.filter(alone) };
}

function same(a: RowValue | undefined, b: RowValue | undefined): boolean {
  return a !== undefined && b !== undefined && canonicalText(a) === canonicalText(b);
}

const MOST_SHOWN = 20;

/** One line a row; of rows that nearly agree, both, and what differs. */
export function describeDifference({ near, missing, unexpected }: RowDifference): readonly string[] {
  return [
    ...shown(near, ({ expected, actual, fields }) => [
      `expected    ${showValue(expected)}`,
      `came out    ${showValue(actual)}`,
      `  differs   ${fields.map((name) => `${name}: ${side(expected[name])} → ${side(actual[name])}`).join(', ')}`,
    ]),
    ...shown(missing, (row) => [`missing     ${showValue(row)}`]),
    ...shown(unexpected, (row) => [`unexpected  ${showValue(row)}`]),
  ];
}

function side(value: RowValue | undefined): string {
  return value === undefined ? 'absent' : showValue(value);
}

function shown<T>(all: readonly T[], lines: (each: T) => readonly string[]): readonly string[] {
  const first = all.slice(0, MOST_SHOWN).flatMap(lines);
  return all.length <= MOST_SHOWN ? first : [...first, `… and ${all.length - MOST_SHOWN} more`];
}

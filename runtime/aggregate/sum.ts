// sum: exact over integers. `low` holds the sum while it is within ±(2^53 − 1) and carries units of 2^53 into `high`; fractions go
// into a column of their own. So an integer sum does not depend on the order of its inputs, nor on where pre-aggregation cut
// them, and it is right again when it comes back into the safe range. The two later columns exist only once they are needed.
import type { Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import { type NumberAggregate, OVERFLOW } from './number-aggregate.ts';

const LOW = 0;
const HIGH = 1;
const FRACTION = 2;
const UNIT = 2 ** 53;
const MAX = Number.MAX_SAFE_INTEGER;

/** `value` is finite and within ±(2^53 − 1). */
export function addSum(table: Columns, at: number, row: number, value: number): void {
  if (value === Math.trunc(value)) addInteger(table, at, row, value);
  else addFraction(table, at, row, value);
}

function addInteger(table: Columns, at: number, row: number, value: number): void {
  const low = table.columns[at + LOW]!;
  const before = low[row]!;
  if (Number.isNaN(before)) {
    low[row] = value;
    return;
  }
  // The addition is exact while its true result is safe; when it is not, rounding cannot bring it back below 2^53.
  const sum = before + value;
  if (sum >= -MAX && sum <= MAX) low[row] = sum;
  else carry(table, at, row, { before, value });
}

function carry(table: Columns, at: number, row: number, { before, value }: { before: number; value: number }): void {
  const unit = value > 0 ? 1 : -1;
  table.columns[at + LOW]![row] = before + (value - unit * UNIT);
  const high = table.materialize(at + HIGH);
  high[row] = high[row]! + unit;
}

function addFraction(table: Columns, at: number, row: number, value: number): void {
  const low = table.columns[at + LOW]!;
  if (Number.isNaN(low[row]!)) low[row] = 0;
  const fractions =
    table.columns[at + FRACTION]!.length > 0 ? table.columns[at + FRACTION]! : table.materialize(at + FRACTION);
  fractions[row] = fractions[row]! + value;
}

/** Adds the rows of a batch; both sides keep their sums in the three columns from `at` on. */
export function mergeSums(into: Columns, at: number, batch: MergeBatch): void {
  const { from, fromRows, rows, count } = batch;
  const low = from.columns[at + LOW]!;
  for (let i = 0; i < count; i++) {
    const value = low[fromRows === null ? i : fromRows[i]!]!;
    if (!Number.isNaN(value)) addInteger(into, at, rows[i]!, value);
  }
  mergeLater(into, at + HIGH, batch);
  mergeLater(into, at + FRACTION, batch);
}

function mergeLater(into: Columns, index: number, { from, fromRows, rows, count }: MergeBatch): void {
  const source = from.columns[index]!;
  if (source.length === 0) return;
  const target = into.materialize(index);
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    target[row] = target[row]! + source[fromRows === null ? i : fromRows[i]!]!;
  }
}

/** The exact integer part as (low, high · 2^53), and the fractions: null is low = NaN. */
export function sumParts(
  table: ReadonlyColumns,
  at: number,
  row: number,
): { low: number; high: number; fraction: number } {
  const high = table.columns[at + HIGH]!;
  const fraction = table.columns[at + FRACTION]!;
  return {
    low: table.columns[at + LOW]![row]!,
    high: high.length === 0 ? 0 : high[row]!,
    fraction: fraction.length === 0 ? 0 : fraction[row]!,
  };
}

export const SUM_COLUMNS = [
  { name: 'low', zero: Number.NaN, lazy: false },
  { name: 'high', zero: 0, lazy: true },
  { name: 'fraction', zero: 0, lazy: true },
] as const;

export const sum: NumberAggregate = {
  columns: SUM_COLUMNS,
  merge: mergeSums,
  result(table: ReadonlyColumns, at: number, row: number): number {
    const low = table.columns[at + LOW]![row]!;
    if (table.columns[at + HIGH]!.length === 0 && table.columns[at + FRACTION]!.length === 0) return low;
    const { high, fraction } = sumParts(table, at, row);
    const total = low + high * UNIT + fraction;
    return Math.abs(total) > MAX ? OVERFLOW : total;
  },
};

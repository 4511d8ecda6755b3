// avg: the exact sum divided by the count of inputs, null over no input. The sum may leave the safe range while the mean does not.
import type { Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import { addCount, count } from './count.ts';
import type { NumberAggregate } from './number-aggregate.ts';
import { addSum, mergeSums, SUM_COLUMNS, sumParts } from './sum.ts';

const SUM = 1;
const UNIT = 2n ** 53n;

export function addAvg(table: Columns, at: number, row: number, value: number): void {
  addCount(table, at, row);
  addSum(table, at + SUM, row, value);
}

export const avg: NumberAggregate = {
  columns: [{ name: 'count', zero: 0, lazy: false }, ...SUM_COLUMNS],
  merge(into: Columns, at: number, batch: MergeBatch): void {
    count.merge(into, at, batch);
    mergeSums(into, at + SUM, batch);
  },
  result(table: ReadonlyColumns, at: number, row: number): number {
    const n = table.columns[at]![row]!;
    if (n === 0) return Number.NaN;
    const { low, high, fraction } = sumParts(table, at + SUM, row);
    if (high === 0) return (low + fraction) / n;
    // Quotient and remainder apart: a total beyond 2^53 would be rounded before it is divided.
    const total = BigInt(low) + BigInt(high) * UNIT;
    const size = BigInt(n);
    return Number(total / size) + (Number(total % size) + fraction) / n;
  },
};

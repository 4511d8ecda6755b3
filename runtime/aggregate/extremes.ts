// min and max: the smallest and the largest input, null (NaN in the column) over no input.
import type { Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import type { NumberAggregate } from './number-aggregate.ts';

export function addMin(table: Columns, at: number, row: number, value: number): void {
  const column = table.columns[at]!;
  // Written so that NaN, "no input yet", is replaced too.
  if (!(column[row]! <= value)) column[row] = value;
}

export function addMax(table: Columns, at: number, row: number, value: number): void {
  const column = table.columns[at]!;
  if (!(column[row]! >= value)) column[row] = value;
}

/** `sign` turns the order around: merging a minimum is merging the maximum of the negated numbers. */
function extreme(name: string, sign: 1 | -1): NumberAggregate {
  return {
    columns: [{ name, zero: Number.NaN, lazy: false }],
    merge(into: Columns, at: number, { from, fromRows, rows, count }: MergeBatch): void {
      const target = into.columns[at]!;
      const source = from.columns[at]!;
      for (let i = 0; i < count; i++) {
        const value = source[fromRows === null ? i : fromRows[i]!]!;
        const row = rows[i]!;
        if (!Number.isNaN(value) && !(sign * target[row]! >= sign * value)) target[row] = value;
      }
    },
    result: (table: ReadonlyColumns, at: number, row: number): number => table.columns[at]![row]!,
  };
}

export const min = extreme('min', -1);
export const max = extreme('max', 1);

// min: the smallest input, null (NaN in the column) over no input.
import type { Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import type { AggregateFunction } from './aggregate-function.ts';

export function addMin(table: Columns, at: number, row: number, value: number): void {
  const column = table.columns[at]!;
  // Written so that NaN, "no input yet", is replaced too.
  if (!(column[row]! <= value)) column[row] = value;
}

export const min: AggregateFunction = {
  kind: 'min',
  columns: [{ name: 'min', zero: Number.NaN, lazy: false }],
  merge(into: Columns, at: number, { from, rows, count }: MergeBatch): void {
    const target = into.columns[at]!;
    const source = from.columns[at]!;
    for (let i = 0; i < count; i++) {
      const value = source[i]!;
      const row = rows[i]!;
      if (!Number.isNaN(value) && !(target[row]! <= value)) target[row] = value;
    }
  },
  result: (table: ReadonlyColumns, at: number, row: number): number => table.columns[at]![row]!,
};

// count: how many inputs were not null; without a field, how many records. Over no input it is 0, not null.
import type { Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';
import type { NumberAggregate } from './number-aggregate.ts';

export function addCount(table: Columns, at: number, row: number): void {
  const column = table.columns[at]!;
  column[row] = column[row]! + 1;
}

export const count: NumberAggregate = {
  columns: [{ name: 'count', zero: 0, lazy: false }],
  merge(into: Columns, at: number, { from, fromRows, rows, count: size }: MergeBatch): void {
    const target = into.columns[at]!;
    const source = from.columns[at]!;
    for (let i = 0; i < size; i++) {
      const row = rows[i]!;
      target[row] = target[row]! + source[fromRows === null ? i : fromRows[i]!]!;
    }
  },
  result: (table: ReadonlyColumns, at: number, row: number): number => table.columns[at]![row]!,
};

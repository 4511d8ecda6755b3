// An aggregate whose state is numbers: columns with a zero, and merge and result over them. Mergeability is what lets one
// definition serve pre-aggregation, panes, sessions and windows alike. `add` is a plain function of each file, called by
// AggregateSet without dispatch through an object, because it runs once per record.
import type { ColumnSpec, Columns, MergeBatch, ReadonlyColumns } from '../state/index.ts';

export interface NumberAggregate {
  /** The aggregate's own columns; in a table they lie side by side from index `at` on. */
  readonly columns: readonly ColumnSpec[];
  /** Folds partial rows into rows: associative and commutative. */
  merge(into: Columns, at: number, batch: MergeBatch): void;
  /** The value of one row. NaN means null; `OVERFLOW` means null because an integer sum left ±(2^53 − 1). */
  result(table: ReadonlyColumns, at: number, row: number): number;
}

/** Result of a sum that is outside of ±(2^53 − 1): written as null and counted, never rounded. */
export const OVERFLOW: number = Number.POSITIVE_INFINITY;

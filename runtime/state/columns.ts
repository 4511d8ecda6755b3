// Accumulators live in columns: one typed array per number an aggregate keeps, one element per row (key). What is no number
// (sketches, sets, texts) lives in cells: one array per cell, one object per row that has had input.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

export interface ColumnSpec {
  readonly name: string;
  /** Value of a row that has had no input. */
  readonly zero: number;
  /** Allocated only when the first row needs it; until then every row counts as `zero`. */
  readonly lazy: boolean;
}

/** How an accumulator that is no number becomes bytes and comes back. */
export interface CellType<C extends object = object> {
  readonly name: string;
  /** Must not depend on anything but the cell's content: equal cells give equal bytes. */
  write(writer: ByteWriter, cell: C): void;
  /** Reads up to `reader.end`, all of it; bytes that make no sense are told to `reader.fail`. */
  read(reader: ByteReader): C;
}

export interface CellSpec {
  readonly name: string;
  readonly type: CellType;
}

/** What the rows of a table consist of. */
export interface TableLayout {
  readonly columns: readonly ColumnSpec[];
  readonly cells: readonly CellSpec[];
  /** Whether rows count their records and keep their first and last source offset (pre-aggregates do, windows do not). */
  readonly provenance: boolean;
  /** Whether rows carry the epoch of their last change. */
  readonly epochs: boolean;
}

/** Columns to read. A lazy column that was never needed is an array of length 0. */
export interface ReadonlyColumns {
  readonly columns: readonly Float64Array[];
  /** `cells[j][row]`; null or undefined: no input yet. */
  readonly cells: readonly (readonly (object | null | undefined)[])[];
}

/** Columns to write; arrays are replaced when they grow, so take them from here anew for every batch. */
export interface Columns {
  readonly columns: Float64Array[];
  /** Allocates a lazy column, filled with its zero, and returns it. */
  materialize(index: number): Float64Array;
  /** `cells[j][row]`; null: no input yet. */
  readonly cells: (object | null)[][];
  /** Memory of the cells in bytes; whoever changes a cell adds the difference. */
  cellBytes: number;
}

/** The array of a lazy column that does not exist yet: one shared object, so that the check is a length comparison. */
export const ABSENT_COLUMN = new Float64Array(0);

/**
 * Merging reads the rows `fromRows[0..count)` of `from`, or its rows 0..count when that is null, into the rows `rows[0..count)` of
 * the table. A cell of `from` is never taken over, only copied: it may belong to another table that goes on.
 */
export interface MergeBatch {
  readonly from: ReadonlyColumns;
  readonly fromRows: Int32Array | null;
  readonly rows: Int32Array;
  readonly count: number;
}

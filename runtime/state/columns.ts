// Accumulators live in columns: one typed array per number an aggregate keeps, one element per row (key).

export interface ColumnSpec {
  readonly name: string;
  /** Value of a row that has had no input. */
  readonly zero: number;
  /** Allocated only when the first row needs it; until then every row counts as `zero`. */
  readonly lazy: boolean;
}

/** Columns to read. A lazy column that was never needed is an array of length 0. */
export interface ReadonlyColumns {
  readonly columns: readonly Float64Array[];
}

/** Columns to write; arrays are replaced when they grow, so take them from here anew for every batch. */
export interface Columns {
  readonly columns: Float64Array[];
  /** Allocates a lazy column, filled with its zero, and returns it. */
  materialize(index: number): Float64Array;
}

/** The array of a lazy column that does not exist yet: one shared object, so that the check is a length comparison. */
export const ABSENT_COLUMN = new Float64Array(0);

/** Merging reads rows 0..count of `from` into the rows `rows[0..count)` of `into`. */
export interface MergeBatch {
  readonly from: ReadonlyColumns;
  readonly rows: Int32Array;
  readonly count: number;
}

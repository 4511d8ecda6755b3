// Accumulators without keys: what is merged of several panes, row by row of some numbering that the owner keeps.
import type { Columns, ReadonlyColumns, TableLayout } from '../state/index.ts';

const ABSENT = new Float64Array(0);

export class ColumnRows implements Columns {
  readonly columns: Float64Array[];
  readonly cells: (object | null)[][];
  cellBytes = 0;
  private readonly layout: TableLayout;
  private capacity = 0;

  constructor(layout: TableLayout) {
    this.layout = layout;
    this.columns = layout.columns.map(() => ABSENT);
    this.cells = layout.cells.map(() => []);
  }

  /** Makes rows 0..rowCount, all of them without any input; keeps memory that is large enough. */
  reset(rowCount: number): void {
    for (let i = 0; i < this.columns.length; i++) {
      const { zero, lazy } = this.layout.columns[i]!;
      if (lazy) this.columns[i] = ABSENT;
      else this.columns[i]!.fill(zero);
    }
    for (const cells of this.cells) cells.fill(null);
    this.cellBytes = 0;
    this.grow(rowCount);
  }

  /** Makes further rows without input, up to `rowCount` in all. */
  grow(rowCount: number): void {
    if (rowCount <= this.capacity) return;
    const capacity = Math.max(rowCount, this.capacity + (this.capacity >> 1));
    const specs = this.layout.columns;
    for (let i = 0; i < specs.length; i++) {
      const { zero, lazy } = specs[i]!;
      const before = this.columns[i]!;
      if (lazy && before.length === 0) continue;
      const column = new Float64Array(capacity);
      column.set(before);
      if (zero !== 0) column.fill(zero, before.length);
      this.columns[i] = column;
    }
    for (const cells of this.cells) while (cells.length < capacity) cells.push(null);
    this.capacity = capacity;
  }

  materialize(index: number): Float64Array {
    const existing = this.columns[index]!;
    if (existing.length > 0) return existing;
    const column = new Float64Array(this.capacity).fill(this.layout.columns[index]!.zero);
    this.columns[index] = column;
    return column;
  }

  get sizeBytes(): number {
    let size = this.cellBytes + 8 * this.capacity * this.cells.length;
    for (const column of this.columns) size += column.byteLength;
    return size;
  }
}

/** Copies numbers: row `fromRows[i]` of `from` (row i when null) becomes row `rows[i]` of `into` (row i when null). Cells are not copied. */
export function copyColumns(
  into: Columns,
  rows: Int32Array | null,
  { from, fromRows, count }: { from: ReadonlyColumns; fromRows: Int32Array | null; count: number },
): void {
  for (let index = 0; index < from.columns.length; index++) {
    const source = from.columns[index]!;
    if (source.length === 0) continue;
    const target = into.materialize(index);
    if (rows === null) for (let i = 0; i < count; i++) target[i] = source[fromRows === null ? i : fromRows[i]!]!;
    else for (let i = 0; i < count; i++) target[rows[i]!] = source[fromRows === null ? i : fromRows[i]!]!;
  }
}

/** Takes all input out of the rows 0..rowCount of a table whose keys stay. */
export function zeroRows(table: Columns, layout: TableLayout, rowCount: number): void {
  for (let index = 0; index < layout.columns.length; index++)
    table.columns[index]!.fill(layout.columns[index]!.zero, 0, rowCount);
  for (const cells of table.cells) cells.fill(null);
  table.cellBytes = 0;
}

// The state of one pane: rows by key in order of insertion, and each accumulator a column over them. Nothing is allocated per
// record; clear() keeps the memory for the next pane.
import { ABSENT_COLUMN, type Columns, type TableLayout } from './columns.ts';
import { grown, KeyIndex } from './key-index.ts';

const NO_COUNTS = new Uint32Array(0);

export class KeyTable extends KeyIndex implements Columns {
  readonly layout: TableLayout;
  columns: Float64Array[];
  readonly cells: (object | null)[][];
  cellBytes = 0;
  /** With provenance: records folded into the row. */
  recordCounts: Uint32Array;
  /** With provenance: source offsets of the first and the last record. */
  firstOffsets: Float64Array;
  lastOffsets: Float64Array;
  /** With epochs: the epoch of the row's last change; a new row has 0. */
  epochs: Float64Array;

  constructor(layout: TableLayout, expectedRows?: number) {
    super(expectedRows);
    const { capacity } = this;
    const { provenance, epochs } = layout;
    this.layout = layout;
    this.columns = layout.columns.map((column) => (column.lazy ? ABSENT_COLUMN : new Float64Array(capacity)));
    this.cells = layout.cells.map(() => []);
    this.recordCounts = provenance ? new Uint32Array(capacity) : NO_COUNTS;
    this.firstOffsets = provenance ? new Float64Array(capacity) : ABSENT_COLUMN;
    this.lastOffsets = provenance ? new Float64Array(capacity) : ABSENT_COLUMN;
    this.epochs = epochs ? new Float64Array(capacity) : ABSENT_COLUMN;
  }

  /** With provenance: notes that the record at `offset` went into `row`. Offsets come in rising order. */
  note(row: number, offset: number): void {
    const seen = this.recordCounts[row]!;
    if (seen === 0) this.firstOffsets[row] = offset;
    this.lastOffsets[row] = offset;
    this.recordCounts[row] = seen + 1;
  }

  materialize(index: number): Float64Array {
    const existing = this.columns[index]!;
    if (existing.length > 0) return existing;
    const { zero } = this.layout.columns[index]!;
    const column = new Float64Array(this.capacity);
    if (!Object.is(zero, 0)) column.fill(zero);
    this.columns[index] = column;
    return column;
  }

  override clear(): void {
    if (this.rowCount === 0) return;
    super.clear();
    for (const cells of this.cells) cells.length = 0;
    this.cellBytes = 0;
    for (let i = 0; i < this.columns.length; i++) if (this.layout.columns[i]!.lazy) this.columns[i] = ABSENT_COLUMN;
  }

  override get sizeBytes(): number {
    let size = super.sizeBytes + this.cellBytes + 8 * this.rowCount * this.cells.length;
    size += this.recordCounts.byteLength + this.firstOffsets.byteLength + this.lastOffsets.byteLength;
    size += this.epochs.byteLength;
    for (const column of this.columns) size += column.byteLength;
    return size;
  }

  protected override startRow(row: number): void {
    const { columns, cells } = this;
    const specs = this.layout.columns;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      if (column.length > 0) column[row] = specs[i]!.zero;
    }
    for (let i = 0; i < cells.length; i++) cells[i]!.push(null);
    if (this.layout.provenance) this.recordCounts[row] = 0;
    if (this.layout.epochs) this.epochs[row] = 0;
  }

  protected override growRows(capacity: number): void {
    // Behind the last row the new arrays hold 0, not the columns' zeros: startRow() writes those.
    this.columns = this.columns.map((column) =>
      column.length === 0 ? column : grown(column, new Float64Array(capacity)),
    );
    if (this.layout.provenance) {
      this.recordCounts = grown(this.recordCounts, new Uint32Array(capacity));
      this.firstOffsets = grown(this.firstOffsets, new Float64Array(capacity));
      this.lastOffsets = grown(this.lastOffsets, new Float64Array(capacity));
    }
    if (this.layout.epochs) this.epochs = grown(this.epochs, new Float64Array(capacity));
  }
}

// The rows of sessions: a table in which a key may have several rows. The newest one is found by its key, the older ones hang on it
// in a chain. Rows are in the order in which they were added; those that are gone stay behind as gaps until `compact`.
import { KeyTable, type TableLayout } from '../../state/index.ts';
import { keepRows, RowRuns } from './keep-rows.ts';
import type { SessionColumns } from './layouts.ts';

const NOBODY = -1;

export class SessionTable {
  table: KeyTable;
  /** By row; NaN when the session is gone. Replaced when the table grows. */
  starts: Float64Array;
  ends: Float64Array;
  /** Rows that are gone. */
  goneRows = 0;
  /** What the last `findTouching` found, newest first. */
  touching: Int32Array = new Int32Array(8);
  private readonly at: SessionColumns;
  /** Row of the next older session of the key + 1, 0 for none; of length 0 while no key has two. Always a lower row. */
  private older: Float64Array;

  constructor(layout: TableLayout, columns: SessionColumns) {
    this.at = columns;
    this.table = new KeyTable(layout);
    this.starts = this.table.columns[columns.start]!;
    this.ends = this.table.columns[columns.end]!;
    this.older = this.table.columns[columns.older]!;
  }

  get openRows(): number {
    return this.table.rowCount - this.goneRows;
  }

  isGone(row: number): boolean {
    return Number.isNaN(this.ends[row]!);
  }

  /** Whether no older session of the key hangs on the row. */
  isAlone(row: number): boolean {
    return this.older.length === 0 || this.older[row] === 0;
  }

  /**
   * Sessions of the key of row `newest` that [startMs, endMs) overlaps or adjoins go into `touching`; returns how many. They do not
   * touch each other.
   */
  findTouching(newest: number, startMs: number, endMs: number): number {
    const { starts, ends, older } = this;
    let count = 0;
    let linked = NOBODY;
    for (let row = newest; row >= 0; row = this.olderThan(row)) {
      // Links past rows that are gone are shortened on the way; the newest row has to stay, because the table leads to it.
      if (linked >= 0 && this.isGone(row)) older[linked] = older[row]!;
      else linked = row;
      if (starts[row]! <= endMs && startMs <= ends[row]!) {
        if (count === this.touching.length) this.touching = grown(this.touching, new Int32Array(count * 2));
        this.touching[count++] = row;
      }
    }
    return count;
  }

  /** A session in a row that was just appended to the table; `newest` is the row that led the key before, −1 for none. */
  open(row: number, newest: number, bounds: { startMs: number; endMs: number }): void {
    const { table, at } = this;
    this.starts = table.columns[at.start]!;
    this.ends = table.columns[at.end]!;
    this.older = table.columns[at.older]!;
    this.starts[row] = bounds.startMs;
    this.ends[row] = bounds.endMs;
    const next = this.firstOpen(newest);
    if (next < 0) return;
    this.older = table.materialize(at.older);
    this.older[row] = next + 1;
  }

  /** The session is no more; its cells have been released, its row stays until `compact`. */
  remove(row: number): void {
    this.starts[row] = Number.NaN;
    this.ends[row] = Number.NaN;
    this.goneRows++;
  }

  /** Moves what is left together, in order, and returns the new row of every old one, −1 for those that were gone. */
  compact(): Int32Array {
    const { table, ends } = this;
    const rowOf = new Int32Array(table.rowCount);
    const runs = new RowRuns();
    for (let row = 0; row < rowOf.length; row++) {
      if (Number.isNaN(ends[row]!)) rowOf[row] = NOBODY;
      else {
        rowOf[row] = runs.rowCount;
        runs.add(row);
      }
    }
    const links = this.linksAfter(rowOf);
    const kept = table.columns.map((_, index) => index !== this.at.older);
    this.use(keepRows(table, runs, kept));
    if (links !== null) {
      this.older = this.table.materialize(this.at.older);
      for (const [row, link] of links) this.older[row] = link;
    }
    return rowOf;
  }

  /** Goes on with a table that has no gaps. */
  use(table: KeyTable): void {
    this.table = table;
    this.starts = table.columns[this.at.start]!;
    this.ends = table.columns[this.at.end]!;
    this.older = table.columns[this.at.older]!;
    this.goneRows = 0;
  }

  /** New rows with an older session of their key, and their links; null when no key has two. */
  private linksAfter(rowOf: Int32Array): Map<number, number> | null {
    const { older } = this;
    const links = new Map<number, number>();
    for (let row = 0; row < rowOf.length && row < older.length; row++) {
      if (older[row] === 0 || rowOf[row]! < 0) continue;
      const next = this.firstOpen(this.olderThan(row));
      if (next >= 0) links.set(rowOf[row]!, rowOf[next]! + 1);
    }
    return links.size === 0 ? null : links;
  }

  private firstOpen(from: number): number {
    let row = from;
    while (row >= 0 && this.isGone(row)) row = this.olderThan(row);
    return row;
  }

  private olderThan(row: number): number {
    return this.older.length === 0 ? NOBODY : this.older[row]! - 1;
  }
}

function grown(from: Int32Array, to: Int32Array): Int32Array {
  to.set(from);
  return to;
}

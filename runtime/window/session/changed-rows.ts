// Which rows changed since the last flush. The mark is the row's epoch, so that it is part of a snapshot: `epoch` for a changed row,
// −`epoch` for one that changed and came out since (it is listed already), anything else for the rest.
import type { KeyTable } from '../../state/index.ts';

const INITIAL_ROWS = 64;

export class ChangedRows {
  /** Rises with every flush; 1 at first, because a new row has 0. */
  epoch = 1;
  /** Rows that are marked. */
  count = 0;
  private rows = new Int32Array(INITIAL_ROWS);
  private listed = 0;

  get sizeBytes(): number {
    return this.rows.byteLength;
  }

  mark(table: KeyTable, row: number): void {
    const { epochs } = table;
    const mark = epochs[row]!;
    if (mark === this.epoch) return;
    if (mark !== -this.epoch) this.list(row);
    epochs[row] = this.epoch;
    this.count++;
  }

  isMarked(table: KeyTable, row: number): boolean {
    return table.epochs[row] === this.epoch;
  }

  unmark(table: KeyTable, row: number): void {
    if (table.epochs[row] !== this.epoch) return;
    table.epochs[row] = -this.epoch;
    this.count--;
  }

  /** The marked rows, ascending, in memory that is valid until the next mark; none is marked afterwards. */
  take(table: KeyTable): Int32Array {
    const { rows, epoch, listed } = this;
    const { epochs, rowCount } = table;
    let count = 0;
    if (listed * 8 > rowCount) {
      for (let row = 0; row < rowCount; row++) if (epochs[row] === epoch) rows[count++] = row;
    } else {
      rows.subarray(0, listed).sort();
      for (let i = 0; i < listed; i++) if (epochs[rows[i]!] === epoch) rows[count++] = rows[i]!;
    }
    this.listed = 0;
    this.count = 0;
    this.epoch++;
    return rows.subarray(0, count);
  }

  /** Takes the marks over that the rows of another table carry. */
  follow(table: KeyTable): void {
    const { epoch } = this;
    const { epochs, rowCount } = table;
    this.listed = 0;
    this.count = 0;
    for (let row = 0; row < rowCount; row++) {
      if (epochs[row] === epoch) {
        this.list(row);
        this.count++;
      } else epochs[row] = 0;
    }
  }

  private list(row: number): void {
    if (this.listed === this.rows.length) {
      const larger = new Int32Array(this.listed * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    this.rows[this.listed++] = row;
  }
}

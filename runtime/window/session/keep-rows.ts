// Sessions that are gone leave rows behind; now and then the others move to a new table, in order, with no key hashed and hardly one
// compared. Sessions end about in the order in which they began, so rows that stay mostly lie side by side and are copied as runs.
import { KeyTable } from '../../state/index.ts';

/** Shorter runs are copied element by element: a call would cost more. */
const LONG_RUN = 16;

/** Run i is the rows [from[i], from[i] + sizes[i]) of the old table, and goes to `to[i]`. */
export class RowRuns {
  /** Rows in all runs. */
  rowCount = 0;
  runCount = 0;
  from: Int32Array = new Int32Array(64);
  sizes: Int32Array = new Int32Array(64);
  to: Int32Array = new Int32Array(64);

  /** Rows come in rising order. */
  add(row: number): void {
    const last = this.runCount - 1;
    if (last >= 0 && this.from[last]! + this.sizes[last]! === row) this.sizes[last] = this.sizes[last]! + 1;
    else this.begin(row);
    this.rowCount++;
  }

  private begin(row: number): void {
    const at = this.runCount++;
    if (at === this.from.length) {
      this.from = grown(this.from, new Int32Array(at * 2));
      this.sizes = grown(this.sizes, new Int32Array(at * 2));
      this.to = grown(this.to, new Int32Array(at * 2));
    }
    this.from[at] = row;
    this.sizes[at] = 1;
    this.to[at] = this.rowCount;
  }
}

/**
 * A table of the rows in `runs` of `table`, with the columns for which `columns` says so. Cells are taken over: the old table must
 * not be used any more.
 */
export function keepRows(table: KeyTable, runs: RowRuns, columns: readonly boolean[]): KeyTable {
  // As much room again, so that it does not have to grow before the next time.
  const kept = new KeyTable(table.layout, runs.rowCount * 2);
  for (let index = 0; index < columns.length; index++) {
    const from = table.columns[index]!;
    if (from.length > 0 && columns[index] === true) gather(from, runs, kept.materialize(index));
  }
  if (table.layout.epochs) gather(table.epochs, runs, kept.epochs);
  gather(table.hashes, runs, kept.hashes);
  kept.adopt(gatherKeys(table, runs, kept.keyOffsets), runs.rowCount);
  for (let index = 0; index < table.cells.length; index++) gatherCells(table.cells[index]!, runs, kept.cells[index]!);
  // Cells that came out of a snapshot may not have had the size that was counted for them: begin anew when none is left.
  kept.cellBytes = runs.rowCount === 0 ? 0 : table.cellBytes;
  return kept;
}

function gather<T extends Float64Array | Int32Array>(
  source: T,
  { runCount, from, sizes, to }: RowRuns,
  target: T,
): void {
  for (let run = 0; run < runCount; run++) {
    const first = from[run]!;
    const size = sizes[run]!;
    const at = to[run]!;
    if (size < LONG_RUN) for (let i = 0; i < size; i++) target[at + i] = source[first + i]!;
    else target.set(source.subarray(first, first + size), at);
  }
}

function gatherCells(
  source: readonly (object | null)[],
  { runCount, from, sizes }: RowRuns,
  target: (object | null)[],
): void {
  for (let run = 0; run < runCount; run++) {
    const end = from[run]! + sizes[run]!;
    for (let row = from[run]!; row < end; row++) target.push(source[row]!);
  }
}

/** The keys one behind the other; fills their ends in. */
function gatherKeys(table: KeyTable, { runCount, from, sizes, to }: RowRuns, offsets: Int32Array): Buffer {
  const { keyBytes, keyOffsets } = table;
  let size = 0;
  for (let run = 0; run < runCount; run++) {
    const first = from[run]!;
    const shift = size - keyOffsets[first]!;
    const at = to[run]! + 1;
    for (let i = 0; i < sizes[run]!; i++) offsets[at + i] = keyOffsets[first + i + 1]! + shift;
    size = keyOffsets[first + sizes[run]!]! + shift;
  }
  const keys = Buffer.allocUnsafeSlow(size);
  for (let run = 0; run < runCount; run++) {
    const start = keyOffsets[from[run]!]!;
    const end = keyOffsets[from[run]! + sizes[run]!]!;
    const at = offsets[to[run]!]!;
    if (sizes[run]! < LONG_RUN) for (let i = start; i < end; i++) keys[at + i - start] = keyBytes[i]!;
    else keyBytes.copy(keys, at, start, end);
  }
  return keys;
}

function grown(from: Int32Array, to: Int32Array): Int32Array {
  to.set(from);
  return to;
}

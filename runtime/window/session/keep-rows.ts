// Sessions that are gone leave rows behind; now and then the others move to a new table, in order, with no key hashed and hardly one
// compared. Sessions end about in the order in which they began, so rows that stay mostly lie side by side and are copied as runs.
import { KeyTable } from '../../state/index.ts';

/** Shorter runs are copied element by element: a call would cost more. */
const LONG_RUN = 16;
/** Memory for more than so many times the rows that stay is given back. */
const SHRINK_BELOW = 6;
const ABSENT = new Float64Array(0);

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
    const next = last < 0 ? -1 : this.from[last]! + this.sizes[last]!;
    if (row === next) this.sizes[last] = this.sizes[last]! + 1;
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
 * The rows in `runs` of `table`, with the columns for which `columns` says so: in the same memory, or in a new table when that is far
 * too large for them. Either way the old table is used up.
 */
export function keepRows(table: KeyTable, runs: RowRuns, columns: readonly boolean[]): KeyTable {
  const { rowCount } = runs;
  const isSmall = rowCount * SHRINK_BELOW < table.hashes.length;
  const kept = isSmall ? new KeyTable(table.layout, rowCount * 2) : table;
  for (let index = 0; index < columns.length; index++) {
    const from = table.columns[index]!;
    if (from.length === 0) continue;
    if (columns[index] === true) gather(from, runs, kept.materialize(index));
    else kept.columns[index] = ABSENT;
  }
  if (table.layout.epochs) gather(table.epochs, runs, kept.epochs);
  gather(table.hashes, runs, kept.hashes);
  for (let index = 0; index < table.cells.length; index++) gatherCells(table.cells[index]!, runs, kept.cells[index]!);
  const keys = isSmall ? Buffer.allocUnsafeSlow(table.keyByteCount) : table.keyBytes;
  const keyByteCount = gatherKeys(table, runs, { keys, offsets: kept.keyOffsets });
  if (isSmall) kept.adopt(keys.subarray(0, keyByteCount), rowCount);
  else kept.reindex(rowCount);
  // Cells that came out of a snapshot may not have had the size that was counted for them: begin anew when none is left.
  kept.cellBytes = rowCount === 0 ? 0 : table.cellBytes;
  return kept;
}

/** `target` may be the source: rows only move to lower places. */
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

function gatherCells(source: (object | null)[], runs: RowRuns, target: (object | null)[]): void {
  const { runCount, rowCount, from, sizes, to } = runs;
  for (let run = 0; run < runCount; run++) {
    const first = from[run]!;
    const at = to[run]!;
    for (let i = 0; i < sizes[run]!; i++) target[at + i] = source[first + i]!;
  }
  target.length = rowCount;
}

/** Puts the keys one behind the other, fills their ends in, and returns their size; both may be the table's own. */
function gatherKeys(
  { keyBytes, keyOffsets }: KeyTable,
  { runCount, from, sizes, to }: RowRuns,
  { keys, offsets }: { keys: Buffer; offsets: Int32Array },
): number {
  let at = 0;
  for (let run = 0; run < runCount; run++) {
    const first = from[run]!;
    const size = sizes[run]!;
    const start = keyOffsets[first]!;
    const end = keyOffsets[first + size]!;
    if (size < LONG_RUN) for (let i = start; i < end; i++) keys[at + i - start] = keyBytes[i]!;
    else keys.set(keyBytes.subarray(start, end), at);
    const row = to[run]! + 1;
    for (let i = 0; i < size; i++) offsets[row + i] = keyOffsets[first + i + 1]! - start + at;
    at += end - start;
  }
  return at;
}

function grown(from: Int32Array, to: Int32Array): Int32Array {
  to.set(from);
  return to;
}

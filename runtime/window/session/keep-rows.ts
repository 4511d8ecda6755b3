// Sessions that are gone leave rows behind; now and then the others move to a new table, in order, with no key hashed or compared.
import { KeyTable } from '../../state/index.ts';

/**
 * A table of the rows `rows`, ascending, of `table`, with the columns for which `columns` says so. Cells are taken over: the old
 * table must not be used any more.
 */
export function keepRows(table: KeyTable, rows: Int32Array, columns: readonly boolean[]): KeyTable {
  const count = rows.length;
  // As much room again, so that it does not have to grow before the next time.
  const kept = new KeyTable(table.layout, count * 2);
  loadKeys(kept, table, rows);
  for (let index = 0; index < columns.length; index++) {
    const from = table.columns[index]!;
    if (from.length === 0 || columns[index] === false) continue;
    const to = kept.materialize(index);
    for (let i = 0; i < count; i++) to[i] = from[rows[i]!]!;
  }
  if (table.layout.epochs) {
    const { epochs } = table;
    for (let i = 0; i < count; i++) kept.epochs[i] = epochs[rows[i]!]!;
  }
  for (let index = 0; index < table.cells.length; index++) {
    const from = table.cells[index]!;
    const to = kept.cells[index]!;
    for (let i = 0; i < count; i++) to[i] = from[rows[i]!]!;
  }
  kept.cellBytes = table.cellBytes;
  return kept;
}

function loadKeys(kept: KeyTable, { keyBytes, keyOffsets, hashes }: KeyTable, rows: Int32Array): void {
  const count = rows.length;
  const keyEnds = new Int32Array(count);
  const keptHashes = new Int32Array(count);
  let keyByteCount = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    keyByteCount += keyOffsets[row + 1]! - keyOffsets[row]!;
    keyEnds[i] = keyByteCount;
    keptHashes[i] = hashes[row]!;
  }
  const keys = Buffer.allocUnsafeSlow(keyByteCount);
  let at = 0;
  for (let i = 0; i < count; ) {
    // Rows that lie side by side are copied at once.
    const first = rows[i]!;
    let after = first + 1;
    for (i++; i < count && rows[i] === after; i++) after++;
    at += keyBytes.copy(keys, at, keyOffsets[first], keyOffsets[after]);
  }
  kept.load(keys, keyEnds, keptHashes);
}

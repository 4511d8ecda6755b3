// A table as bytes: arrays are copied as they lie in memory, so a snapshot costs a memcpy. Slots are not stored; they follow
// from the hashes, and the hashes are stored so that no key is hashed again.
//
// Version 1: version u8 | provenance u8 | column count u16 | row count u32 | key bytes u32 | presence u8 per column |
// the columns that are present (f64 each row) | with provenance: first offsets f64, last offsets f64, record counts u32 |
// hashes i32 | key ends i32 | key bytes | CRC-32C.
import { ByteReader, ByteWriter } from './codec.ts';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';

export const TABLE_FORMAT = 1;

/** Appends the table with its checksum. */
export function writeTable(writer: ByteWriter, table: KeyTable): void {
  const from = writer.length;
  const { rowCount, columns, layout } = table;
  const keyByteCount = table.keyByteCount;
  writer.u8(TABLE_FORMAT);
  writer.u8(layout.provenance ? 1 : 0);
  writer.u16(columns.length);
  writer.u32(rowCount);
  writer.u32(keyByteCount);
  for (const column of columns) writer.u8(isPresent(column, rowCount) ? 1 : 0);
  for (const column of columns) if (isPresent(column, rowCount)) writer.array(column, rowCount);
  if (layout.provenance) {
    writer.array(table.firstOffsets, rowCount);
    writer.array(table.lastOffsets, rowCount);
    writer.array(table.recordCounts, rowCount);
  }
  writer.array(table.hashes, rowCount);
  writer.array(table.keyOffsets.subarray(1), rowCount);
  writer.bytes(table.keyBytes, 0, keyByteCount);
  writer.checksum(from);
}

export function encodeTable(table: KeyTable): Buffer {
  const writer = new ByteWriter(encodedSizeBound(table));
  writeTable(writer, table);
  return writer.take();
}

/** Bytes that `writeTable` takes at most: writers are made large enough at once, because growing copies. */
export function encodedSizeBound(table: KeyTable): number {
  const perRow = 8 + 8 * table.columns.length + (table.layout.provenance ? 20 : 0);
  return table.keyByteCount + table.rowCount * perRow + table.columns.length + 32;
}

/** The inverse of `encodeTable`. Throws `CorruptStateError` for anything but a whole table of this layout. */
export function decodeTable(bytes: Buffer, layout: TableLayout, what = 'state table'): KeyTable {
  const reader = new ByteReader(what).open(bytes);
  reader.verifyChecksum();
  const version = reader.u8();
  if (version !== TABLE_FORMAT) reader.fail(`format is version ${version}, this build reads ${TABLE_FORMAT}`);
  const provenance = reader.u8() === 1;
  const columnCount = reader.u16();
  if (provenance !== layout.provenance || columnCount !== layout.columns.length) {
    reader.fail(`it has ${columnCount} columns, this job keeps ${layout.columns.length}: it belongs to another plan`);
  }
  const rowCount = reader.u32();
  const keyByteCount = reader.u32();
  // Every row has a hash and a key end: a count that cannot be true must not allocate memory.
  if (rowCount * 8 > reader.end - reader.position) reader.fail(`it claims ${rowCount} rows, its bytes hold fewer`);
  const present = layout.columns.map(() => reader.u8() === 1);
  const table = new KeyTable(layout, rowCount);
  const columns = layout.columns.map((_, index) => {
    if (present[index] !== true) return null;
    const values = new Float64Array(rowCount);
    reader.array(values, rowCount);
    return values;
  });
  const provenances = provenance
    ? { first: new Float64Array(rowCount), last: new Float64Array(rowCount), counts: new Uint32Array(rowCount) }
    : null;
  if (provenances !== null) {
    reader.array(provenances.first, rowCount);
    reader.array(provenances.last, rowCount);
    reader.array(provenances.counts, rowCount);
  }
  const hashes = new Int32Array(rowCount);
  const keyEnds = new Int32Array(rowCount);
  reader.array(hashes, rowCount);
  reader.array(keyEnds, rowCount);
  const keysAt = reader.take(keyByteCount);
  reader.finish();

  let keyStart = 0;
  for (let row = 0; row < rowCount; row++) {
    const keyEnd = keyEnds[row]!;
    if (keyEnd < keyStart || keyEnd > keyByteCount) {
      reader.fail(`key ${row} ends at ${keyEnd}, not in [${keyStart}, ${keyByteCount}]`);
    }
    keyStart = keyEnd;
  }
  table.load(bytes.subarray(keysAt, keysAt + keyByteCount), keyEnds, hashes);
  for (const [index, values] of columns.entries()) if (values !== null) table.materialize(index).set(values);
  if (provenances !== null) {
    table.firstOffsets.set(provenances.first);
    table.lastOffsets.set(provenances.last);
    table.recordCounts.set(provenances.counts);
  }
  return table;
}

/** An empty table has no column to store, whatever memory it holds. */
function isPresent(column: Float64Array, rowCount: number): boolean {
  return column.length > 0 && rowCount > 0;
}

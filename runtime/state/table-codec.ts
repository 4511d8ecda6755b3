// A table as bytes: arrays are copied as they lie in memory, so a snapshot costs a memcpy. Slots are not stored; they follow
// from the hashes, and the hashes are stored so that no key is hashed again. Several rows may have the same key (sessions).
//
// Version 2: version u8 | flags u8 (1 provenance, 2 epochs) | columns u16 | cells u16 | rows u32 | key bytes u32 | memory of the
// cells f64 | presence u8 per column | the columns that are present (f64 each row) | with provenance: first offsets f64, last
// offsets f64, record counts u32 | with epochs: f64 each row | hashes i32 | key ends i32 | key bytes | cells (cell-codec) | CRC-32C.
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { readCells, writeCells } from './cell-codec.ts';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';

export const TABLE_FORMAT = 2;

const PROVENANCE = 1;
const EPOCHS = 2;
const HASH_AND_KEY_END_BYTES = 8;
const PROVENANCE_BYTES = 20;

export function encodeTable(table: KeyTable): Buffer {
  const writer = new ByteWriter(encodedSizeBound(table));
  writeTable(writer, table);
  writer.checksum();
  return writer.take();
}

/** The inverse of `encodeTable`. Throws `CorruptStateError` for anything but a whole table of this layout. */
export function decodeTable(bytes: Buffer, layout: TableLayout, what = 'state table'): KeyTable {
  const reader = new ByteReader(what).open(bytes);
  reader.verifyChecksum();
  const table = readTable(reader, layout);
  reader.finish();
  return table;
}

/** About what `writeTable` takes, exactly when there are no cells: writers are made large enough at once, because growing copies. */
export function encodedSizeBound(table: KeyTable): number {
  const { rowCount, layout } = table;
  const perRow = rowBytes(layout, layout.columns.length) + 16 * layout.cells.length;
  return table.keyByteCount + rowCount * perRow + layout.columns.length + table.cellBytes + 64;
}

/** Appends the table without a checksum: whoever embeds it has one over the whole. */
export function writeTable(writer: ByteWriter, table: KeyTable): void {
  const { rowCount, columns, layout, keyByteCount } = table;
  writer.u8(TABLE_FORMAT);
  writer.u8(flagsOf(layout));
  writer.u16(layout.columns.length);
  writer.u16(layout.cells.length);
  writer.u32(rowCount);
  writer.u32(keyByteCount);
  writer.f64(table.cellBytes);
  for (const column of columns) writer.u8(isPresent(column, rowCount) ? 1 : 0);
  for (const column of columns) if (isPresent(column, rowCount)) writer.array(column, rowCount);
  if (layout.provenance) {
    writer.array(table.firstOffsets, rowCount);
    writer.array(table.lastOffsets, rowCount);
    writer.array(table.recordCounts, rowCount);
  }
  if (layout.epochs) writer.array(table.epochs, rowCount);
  writer.array(table.hashes, rowCount);
  writer.array(table.keyOffsets.subarray(1), rowCount);
  writer.bytes(table.keyBytes, 0, keyByteCount);
  for (const [index, spec] of layout.cells.entries()) writeCells(writer, spec, table.cells[index]!, rowCount);
}

/** Reads what `writeTable` wrote, into memory of its own. */
export function readTable(reader: ByteReader, layout: TableLayout): KeyTable {
  const version = reader.u8();
  if (version !== TABLE_FORMAT) reader.fail(`format is version ${version}, this build reads ${TABLE_FORMAT}`);
  const flags = reader.u8();
  const columnCount = reader.u16();
  const cellCount = reader.u16();
  const { columns, cells } = layout;
  if (flags !== flagsOf(layout) || columnCount !== columns.length || cellCount !== cells.length) {
    reader.fail(
      `its rows have ${columnCount} columns, ${cellCount} cells and flags ${flags}, those of this job ${columns.length}, ${cells.length} and ${flagsOf(layout)}: it belongs to another plan`,
    );
  }
  const rowCount = reader.u32();
  const keyByteCount = reader.u32();
  const cellBytes = reader.f64();
  const present = columns.map(() => reader.u8() === 1);
  if (rowCount > 0 && present.some((isThere, index) => !isThere && !columns[index]!.lazy))
    reader.fail('a column is missing that every row has');
  // Before anything is allocated: a count that cannot be true must not cost memory.
  const leastPerRow = rowBytes(layout, present.filter(Boolean).length) + 4 * cells.length;
  if (rowCount * leastPerRow + keyByteCount > reader.left)
    reader.fail(`it claims ${rowCount} rows and ${keyByteCount} bytes of keys, its bytes hold fewer`);

  // Room for some more, so that the first new key after a restore does not have to move everything.
  const table = new KeyTable(layout, rowCount + (rowCount >> 3));
  for (const [index, isThere] of present.entries()) if (isThere) reader.array(table.materialize(index), rowCount);
  if (layout.provenance) {
    reader.array(table.firstOffsets, rowCount);
    reader.array(table.lastOffsets, rowCount);
    reader.array(table.recordCounts, rowCount);
  }
  if (layout.epochs) reader.array(table.epochs, rowCount);
  reader.array(table.hashes, rowCount);
  const keyEnds = table.keyOffsets.subarray(1, rowCount + 1);
  reader.array(keyEnds, rowCount);
  const keysAt = reader.take(keyByteCount);
  checkKeyEnds(reader, keyEnds, keyByteCount);
  table.adopt(reader.buffer.subarray(keysAt, keysAt + keyByteCount), rowCount);
  for (const [index, spec] of cells.entries()) readCells(reader, spec, table.cells[index]!, rowCount);
  table.cellBytes = cellBytes;
  return table;
}

function checkKeyEnds(reader: ByteReader, keyEnds: Int32Array, keyByteCount: number): void {
  let start = 0;
  for (let row = 0; row < keyEnds.length; row++) {
    const end = keyEnds[row]!;
    if (end < start || end > keyByteCount) reader.fail(`key ${row} ends at ${end}, not in [${start}, ${keyByteCount}]`);
    start = end;
  }
  if (start !== keyByteCount) reader.fail(`its keys end at ${start}, there are ${keyByteCount} bytes of them`);
}

/** Bytes of one row but for its key and its cells. */
function rowBytes({ provenance, epochs }: TableLayout, columnCount: number): number {
  return HASH_AND_KEY_END_BYTES + 8 * columnCount + (provenance ? PROVENANCE_BYTES : 0) + (epochs ? 8 : 0);
}

function flagsOf({ provenance, epochs }: TableLayout): number {
  return (provenance ? PROVENANCE : 0) | (epochs ? EPOCHS : 0);
}

/** An empty table has no column to store, whatever memory it holds. */
function isPresent(column: Float64Array, rowCount: number): boolean {
  return column.length > 0 && rowCount > 0;
}

// Cells as bytes: per cell of the layout one size for each row (0: no input yet), then the bytes of those that are there.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { CellSpec, CellType } from './columns.ts';

const SIZE_BYTES = 4;

/** Appends the cells of the rows 0..rowCount. */
export function writeCells(
  writer: ByteWriter,
  { type }: CellSpec,
  cells: readonly (object | null | undefined)[],
  rowCount: number,
): void {
  const sizesAt = writer.length;
  writer.reserve(rowCount * SIZE_BYTES);
  writer.length += rowCount * SIZE_BYTES;
  for (let row = 0; row < rowCount; row++)
    writer.patchU32(sizesAt + row * SIZE_BYTES, writeCell(writer, type, cells[row]));
}

/** Appends one cell and returns the size to note for it: 0 for none, else one more than its bytes, of which there may be none. */
export function writeCell(writer: ByteWriter, type: CellType, cell: object | null | undefined): number {
  if (cell === null || cell === undefined) return 0;
  const from = writer.length;
  type.write(writer, cell);
  return writer.length - from + 1;
}

/** Fills `cells[0, rowCount)` with what `writeCells` wrote. */
export function readCells(reader: ByteReader, spec: CellSpec, cells: (object | null)[], rowCount: number): void {
  let sizesAt = reader.take(rowCount * SIZE_BYTES);
  for (let row = 0; row < rowCount; row++, sizesAt += SIZE_BYTES)
    cells[row] = readCell(reader, spec.type, reader.view.getUint32(sizesAt, true));
}

export function readCell(reader: ByteReader, type: CellType, size: number): object | null {
  return size === 0 ? null : reader.within(size - 1, (bytes) => type.read(bytes));
}

// Pre-aggregated rows as the body of a section. The rows of one shuffle partition lie scattered in the table: each array is
// gathered once into scratch memory and goes out from there in as few bytes as it needs.
import { ByteWriter } from './byte-writer.ts';
import { writeCell } from './cell-codec.ts';
import { StateLimitError } from './errors.ts';
import { copyBytes } from './key-bytes.ts';
import type { KeyTable } from './key-table.ts';
import { packedBound, writeDoubles, writeUnsigned } from './packed-numbers.ts';
import { ABSENT, PRESENT } from './shuffle-block.ts';

export interface PartialsInput {
  readonly paneStartMs: number;
  /** Highest event time among the records of these rows. */
  readonly maxEventTimeMs: number;
  /** A table with provenance. */
  readonly table: KeyTable;
  /** Rows to write: `rows[from, to)`, in order of insertion. */
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
}

/** The rows that a section takes: `rows[from, end)` of the input. */
export interface PartialsSlice {
  readonly from: number;
  readonly end: number;
  readonly keyByteCount: number;
  /** Bytes of the body, at most. */
  readonly bodyBytes: number;
}

const FIXED_BYTES = 36;
/** Record count, first and last offset, hash, length of the key. */
const INTEGERS_BYTES = 20;
const MAX_OFFSET_SPAN = 2 ** 32 - 1;

export class PartialsWriter {
  private doubles = new Float64Array(64);
  private words = new Uint32Array(64);
  // Cells of the slice that was planned last: their bytes, and by row and cell their size + 1, 0 for none.
  private readonly cells = new ByteWriter(64);
  private cellSizes = new Uint32Array(64);

  /** Bytes of a row without its key and its cells, at most. */
  static rowBytes({ columns, cells }: KeyTable): number {
    return INTEGERS_BYTES + 8 * columns.length + 4 * cells.length;
  }

  /** As many rows from `from` on as surely fit into a body of `room` bytes; at least one. */
  plan({ table, rows, to }: PartialsInput, from: number, room: number): PartialsSlice {
    const { keyOffsets, firstOffsets, lastOffsets } = table;
    const rowBytes = PartialsWriter.rowBytes(table);
    const baseOffset = firstOffsets[rows[from]!]!;
    const cellCount = table.cells.length;
    this.cells.reset();
    let bodyBytes = FIXED_BYTES + 4 * packedBound(4, 0) + table.columns.length * packedBound(8, 0) + packedBound(4, 0);
    let keyByteCount = 0;
    let end = from;
    for (; end < to; end++) {
      const row = rows[end]!;
      const keySize = keyOffsets[row + 1]! - keyOffsets[row]!;
      const cellsBefore = this.cells.length;
      if (cellCount > 0) this.writeCells(table, row, (end - from) * cellCount);
      const size = bodyBytes + rowBytes + keySize + this.cells.length - cellsBefore;
      if (end > from && (size > room || lastOffsets[row]! - baseOffset > MAX_OFFSET_SPAN)) {
        this.cells.length = cellsBefore;
        break;
      }
      bodyBytes = size;
      keyByteCount += keySize;
    }
    if (lastOffsets[rows[from]!]! - baseOffset > MAX_OFFSET_SPAN) {
      throw new StateLimitError(
        `One pre-aggregated row spans more than ${MAX_OFFSET_SPAN} offsets: commit more often.`,
      );
    }
    return { from, end, keyByteCount, bodyBytes };
  }

  /** Appends the body of the slice that was planned last. */
  write(writer: ByteWriter, input: PartialsInput, { from, end, keyByteCount, bodyBytes }: PartialsSlice): void {
    const { table, rows } = input;
    const { columns } = table;
    const count = end - from;
    const baseOffset = table.firstOffsets[rows[from]!]!;
    if (count > this.doubles.length) {
      this.doubles = new Float64Array(count * 2);
      this.words = new Uint32Array(count * 2);
    }
    writer.reserve(bodyBytes);
    writer.f64(input.paneStartMs);
    writer.f64(input.maxEventTimeMs);
    writer.f64(baseOffset);
    writer.u32(count);
    writer.u32(keyByteCount);
    writer.u16(columns.length);
    writer.u16(table.cells.length);
    for (let i = 0; i < columns.length; i++) this.writeColumn(writer, columns[i]!, { rows, from, count });
    this.writeIntegers(writer, table, { rows, from, count }, baseOffset);
    writeKeys(writer, table, { rows, from, count });
    if (table.cells.length === 0) return;
    writeUnsigned(writer, this.cellSizes, count * table.cells.length);
    writer.bytes(this.cells.buffer, 0, this.cells.length);
  }

  private writeColumn(writer: ByteWriter, column: Float64Array, { rows, from, count }: RowRange): void {
    if (column.length === 0) {
      writer.u8(ABSENT);
      return;
    }
    const { doubles } = this;
    writer.u8(PRESENT);
    for (let i = 0; i < count; i++) doubles[i] = column[rows[from + i]!]!;
    writeDoubles(writer, doubles, count);
  }

  private writeIntegers(writer: ByteWriter, table: KeyTable, range: RowRange, baseOffset: number): void {
    const { rows, from, count } = range;
    const { words } = this;
    const { recordCounts, firstOffsets, lastOffsets, hashes, keyOffsets } = table;
    for (let i = 0; i < count; i++) words[i] = recordCounts[rows[from + i]!]!;
    writeUnsigned(writer, words, count);
    for (let i = 0; i < count; i++) words[i] = firstOffsets[rows[from + i]!]! - baseOffset;
    writeUnsigned(writer, words, count);
    for (let i = 0; i < count; i++) {
      const row = rows[from + i]!;
      words[i] = lastOffsets[row]! - firstOffsets[row]!;
    }
    writeUnsigned(writer, words, count);
    for (let i = 0; i < count; i++) {
      const row = rows[from + i]!;
      words[i] = keyOffsets[row + 1]! - keyOffsets[row]!;
    }
    writeUnsigned(writer, words, count);
    writer.reserve(4 * count);
    const { view } = writer;
    let at = writer.length;
    for (let i = 0; i < count; i++, at += 4) view.setInt32(at, hashes[rows[from + i]!]!, true);
    writer.length = at;
  }

  private writeCells({ cells, layout }: KeyTable, row: number, at: number): void {
    if (at + cells.length > this.cellSizes.length) {
      const larger = new Uint32Array((at + cells.length) * 2);
      larger.set(this.cellSizes);
      this.cellSizes = larger;
    }
    for (let i = 0; i < cells.length; i++)
      this.cellSizes[at + i] = writeCell(this.cells, layout.cells[i]!.type, cells[i]![row]);
  }
}

interface RowRange {
  readonly rows: Int32Array;
  readonly from: number;
  readonly count: number;
}

/** There is room for them already. */
function writeKeys(writer: ByteWriter, { keyView, keyOffsets }: KeyTable, { rows, from, count }: RowRange): void {
  const { view } = writer;
  let at = writer.length;
  for (let i = 0; i < count; i++) {
    const row = rows[from + i]!;
    const start = keyOffsets[row]!;
    const size = keyOffsets[row + 1]! - start;
    copyBytes(view, at, keyView, start, size);
    at += size;
  }
  writer.length = at;
}

// Pre-aggregated rows of one pane, read from a shuffle block into memory that is used again for the next.
import type { ByteReader } from './byte-reader.ts';
import { readCell } from './cell-codec.ts';
import { ABSENT_COLUMN, type ReadonlyColumns, type TableLayout } from './columns.ts';
import { readDoubles, readUnsigned } from './packed-numbers.ts';
import { PRESENT } from './shuffle-block.ts';

const MAX_U32 = 2 ** 32 - 1;

/** Rows of one pane. Key of row i is `buffer[keysStart + keyOffsets[i], keysStart + keyOffsets[i + 1])`. */
export class PartialsSection implements ReadonlyColumns {
  paneStartMs = 0;
  maxEventTimeMs = 0;
  rowCount = 0;
  /** Source offsets below are relative to this one. */
  baseOffset = 0;
  buffer: Buffer = Buffer.alloc(0);
  keysStart = 0;
  keyOffsets: Int32Array = new Int32Array(65);
  hashes: Int32Array = new Int32Array(64);
  recordCounts: Uint32Array = new Uint32Array(64);
  firstOffsetDeltas: Uint32Array = new Uint32Array(64);
  lastOffsetDeltas: Uint32Array = new Uint32Array(64);
  readonly columns: Float64Array[];
  readonly cells: (object | null)[][];
  private readonly layout: TableLayout;
  private readonly memory: Float64Array[];
  /** Scratch: lengths of keys, then sizes of cells. */
  private words: Uint32Array;

  constructor(layout: TableLayout) {
    this.layout = layout;
    this.columns = layout.columns.map(() => ABSENT_COLUMN);
    this.memory = layout.columns.map(() => new Float64Array(64));
    this.cells = layout.cells.map(() => []);
    this.words = new Uint32Array(64 * Math.max(1, layout.cells.length));
  }

  /** Numbers are copied out, cells decoded, keys stay where they are. */
  read(reader: ByteReader): void {
    const { columns, cells } = this.layout;
    this.paneStartMs = reader.f64();
    this.maxEventTimeMs = reader.f64();
    this.baseOffset = reader.f64();
    const rowCount = reader.u32();
    const keyByteCount = reader.u32();
    const columnCount = reader.u16();
    const cellCount = reader.u16();
    if (columnCount !== columns.length || cellCount !== cells.length) {
      reader.fail(
        `rows have ${columnCount} columns and ${cellCount} cells, this job keeps ${columns.length} and ${cells.length}: it belongs to another plan`,
      );
    }
    // Every row has a hash: a count that cannot be true must not allocate memory.
    if (rowCount * 4 + keyByteCount > reader.left)
      reader.fail(`it claims ${rowCount} rows and ${keyByteCount} bytes of keys, its bytes hold fewer`);
    this.reserve(rowCount);
    this.rowCount = rowCount;
    for (let i = 0; i < columnCount; i++) this.readColumn(reader, i);
    this.readOffsets(reader);
    this.readKeys(reader, keyByteCount);
    if (cellCount > 0) this.readCells(reader);
  }

  private readColumn(reader: ByteReader, index: number): void {
    if (reader.u8() === PRESENT) {
      this.columns[index] = this.memory[index]!;
      readDoubles(reader, this.memory[index]!, this.rowCount);
    } else {
      if (!this.layout.columns[index]!.lazy) reader.fail('a column is missing that every row has');
      this.columns[index] = ABSENT_COLUMN;
    }
  }

  private readOffsets(reader: ByteReader): void {
    const { rowCount, firstOffsetDeltas, lastOffsetDeltas } = this;
    readUnsigned(reader, this.recordCounts, rowCount);
    readUnsigned(reader, firstOffsetDeltas, rowCount);
    readUnsigned(reader, lastOffsetDeltas, rowCount);
    for (let i = 0; i < rowCount; i++) {
      const last = firstOffsetDeltas[i]! + lastOffsetDeltas[i]!;
      if (last > MAX_U32) reader.fail(`row ${i} ends ${last} offsets after the first one`);
      lastOffsetDeltas[i] = last;
    }
  }

  private readKeys(reader: ByteReader, keyByteCount: number): void {
    const { rowCount, words, keyOffsets, hashes } = this;
    readUnsigned(reader, words, rowCount);
    let end = 0;
    for (let i = 0; i < rowCount; i++) {
      end += words[i]!;
      keyOffsets[i + 1] = end;
    }
    if (end !== keyByteCount) reader.fail(`its keys have ${end} bytes, there are ${keyByteCount} of them`);
    let at = reader.take(4 * rowCount);
    const { view } = reader;
    for (let i = 0; i < rowCount; i++, at += 4) hashes[i] = view.getInt32(at, true);
    this.keysStart = reader.take(keyByteCount);
    this.buffer = reader.buffer;
  }

  private readCells(reader: ByteReader): void {
    const { rowCount, cells } = this;
    const specs = this.layout.cells;
    readUnsigned(reader, this.words, rowCount * cells.length);
    for (let row = 0, at = 0; row < rowCount; row++)
      for (let i = 0; i < cells.length; i++) cells[i]![row] = readCell(reader, specs[i]!.type, this.words[at++]!);
    for (const each of cells) each.length = rowCount;
  }

  private reserve(rowCount: number): void {
    if (rowCount <= this.hashes.length) return;
    const capacity = rowCount * 2;
    this.keyOffsets = new Int32Array(capacity + 1);
    this.hashes = new Int32Array(capacity);
    this.recordCounts = new Uint32Array(capacity);
    this.firstOffsetDeltas = new Uint32Array(capacity);
    this.lastOffsetDeltas = new Uint32Array(capacity);
    this.words = new Uint32Array(capacity * Math.max(1, this.cells.length));
    for (let i = 0; i < this.memory.length; i++) this.memory[i] = new Float64Array(capacity);
  }
}

// The state of one pane: an open-addressing hash table over key bytes. Keys lie in one arena, rows keep insertion order, and
// each accumulator is a column. Nothing is allocated per record; clear() keeps the memory for the next pane.
import { ABSENT_COLUMN, type Columns, type TableLayout } from './columns.ts';
import { StateLimitError } from './errors.ts';

/** Keys of one table: 1 GiB. A partition's pane beyond that has to be spread over more partitions. */
export const MAX_ARENA_BYTES = 2 ** 30;
const MAX_ROWS = 2 ** 27;
const INITIAL_ROWS = 32;
const INITIAL_ARENA_BYTES = 512;

// Keys of one shuffle partition agree in the low bits of their hash, so slots are taken from the high bits of a product
// (Fibonacci hashing): otherwise only every n-th slot would be used.
const GOLDEN_RATIO = 0x9e3779b1 | 0;

const NO_COUNTS = new Uint32Array(0);

export class KeyTable implements Columns {
  readonly layout: TableLayout;
  rowCount = 0;
  columns: Float64Array[];
  /** Key of row r is `keyBytes[keyOffsets[r], keyOffsets[r + 1])`. */
  keyBytes: Buffer;
  keyOffsets: Int32Array;
  hashes: Int32Array;
  /** With provenance: records folded into the row. */
  recordCounts: Uint32Array;
  /** With provenance: source offsets of the first and the last record. */
  firstOffsets: Float64Array;
  lastOffsets: Float64Array;
  /** With epochs: the epoch of the row's last change; a new row has 0. */
  epochs: Float64Array;
  readonly cells: (object | null)[][];
  cellBytes = 0;
  private slots: Int32Array;
  private slotShift: number;
  private capacity: number;

  constructor(layout: TableLayout, expectedRows: number = INITIAL_ROWS) {
    this.layout = layout;
    const slotCount = 2 ** Math.ceil(Math.log2(Math.max(expectedRows, INITIAL_ROWS) * 2));
    this.capacity = slotCount / 2;
    this.slotShift = 32 - Math.log2(slotCount);
    this.slots = new Int32Array(slotCount);
    this.columns = layout.columns.map((column) => (column.lazy ? ABSENT_COLUMN : new Float64Array(this.capacity)));
    this.keyBytes = Buffer.allocUnsafeSlow(INITIAL_ARENA_BYTES);
    this.keyOffsets = new Int32Array(this.capacity + 1);
    this.hashes = new Int32Array(this.capacity);
    this.recordCounts = layout.provenance ? new Uint32Array(this.capacity) : NO_COUNTS;
    this.firstOffsets = layout.provenance ? new Float64Array(this.capacity) : ABSENT_COLUMN;
    this.lastOffsets = layout.provenance ? new Float64Array(this.capacity) : ABSENT_COLUMN;
    this.epochs = layout.epochs ? new Float64Array(this.capacity) : ABSENT_COLUMN;
    this.cells = layout.cells.map(() => []);
  }

  /** Row of the key `buffer[start, end)` whose murmur2 is `hash`; a new row starts with every column at its zero. */
  upsert(buffer: Buffer, start: number, end: number, hash: number): number {
    const { slots, hashes, keyOffsets, keyBytes } = this;
    const mask = slots.length - 1;
    const length = end - start;
    let slot = Math.imul(hash, GOLDEN_RATIO) >>> this.slotShift;
    for (;;) {
      const row = slots[slot]! - 1;
      if (row < 0) return this.insert(buffer, start, end, hash);
      if (hashes[row] === hash) {
        let at = keyOffsets[row]!;
        if (keyOffsets[row + 1]! - at === length) {
          let i = start;
          while (i < end && keyBytes[at] === buffer[i]) {
            i++;
            at++;
          }
          if (i === end) return row;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  /** Row of the key, the newest one when `append` made several; −1 when it has none. */
  find(buffer: Buffer, start: number, end: number, hash: number): number {
    const slot = this.slotOf(buffer, start, end, hash);
    return this.slots[slot]! - 1;
  }

  /**
   * A new row for the key, even when it has one: `upsert` and `find` give the new one from then on, older rows stay where they are.
   * `note`, columns and cells work on it as on any row.
   */
  append(buffer: Buffer, start: number, end: number, hash: number): number {
    const slot = this.slotOf(buffer, start, end, hash);
    if (this.slots[slot] === 0) return this.insert(buffer, start, end, hash);
    const row = this.newRow(buffer, start, end, hash);
    this.slots[this.slotOf(buffer, start, end, hash)] = row + 1;
    return row;
  }

  /** With provenance: notes that the record at `offset` went into `row`. Offsets come in rising order. */
  note(row: number, offset: number): void {
    const seen = this.recordCounts[row]!;
    if (seen === 0) this.firstOffsets[row] = offset;
    this.lastOffsets[row] = offset;
    this.recordCounts[row] = seen + 1;
  }

  materialize(index: number): Float64Array {
    const existing = this.columns[index]!;
    if (existing.length > 0) return existing;
    const column = new Float64Array(this.capacity).fill(this.layout.columns[index]!.zero);
    this.columns[index] = column;
    return column;
  }

  /**
   * Fills an empty table that was made for as many rows: keys (which must differ) one behind the other in `keys`, their ends and
   * hashes. No key is hashed or compared, so a restore costs little more than the copy. Columns are the caller's.
   */
  load(keys: Buffer, keyEnds: Int32Array, hashes: Int32Array): void {
    const rowCount = hashes.length;
    if (this.rowCount > 0 || rowCount > this.capacity)
      throw new Error(`${rowCount} rows cannot be loaded into this table.`);
    if (keys.length > this.keyBytes.length) this.growArena(keys.length);
    keys.copy(this.keyBytes);
    this.keyOffsets.set(keyEnds, 1);
    this.hashes.set(hashes);
    for (let row = 0; row < rowCount; row++) this.place(row, hashes[row]!);
    this.rowCount = rowCount;
    for (const cells of this.cells) for (let row = 0; row < rowCount; row++) cells.push(null);
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    if (this.rowCount === 0) return;
    this.rowCount = 0;
    this.slots.fill(0);
    for (const cells of this.cells) cells.length = 0;
    this.cellBytes = 0;
    for (let i = 0; i < this.columns.length; i++) if (this.layout.columns[i]!.lazy) this.columns[i] = ABSENT_COLUMN;
  }

  /** Bytes of key material in use. */
  get keyByteCount(): number {
    return this.keyOffsets[this.rowCount]!;
  }

  /** Memory held, used or not. */
  get sizeBytes(): number {
    let size = this.slots.byteLength + this.keyBytes.length + this.keyOffsets.byteLength + this.hashes.byteLength;
    size += this.recordCounts.byteLength + this.firstOffsets.byteLength + this.lastOffsets.byteLength;
    size += this.epochs.byteLength + this.cellBytes + 8 * this.rowCount * this.cells.length;
    for (const column of this.columns) size += column.byteLength;
    return size;
  }

  /** Longest way from a key's first slot to its own: how well the hashes spread, for tests and diagnostics. */
  get longestProbe(): number {
    const mask = this.slots.length - 1;
    let longest = 0;
    for (let slot = 0; slot <= mask; slot++) {
      const row = this.slots[slot]! - 1;
      if (row >= 0)
        longest = Math.max(longest, (slot - (Math.imul(this.hashes[row]!, GOLDEN_RATIO) >>> this.slotShift)) & mask);
    }
    return longest;
  }

  /** Slot of the key's newest row, or the free slot where it would be. */
  private slotOf(buffer: Buffer, start: number, end: number, hash: number): number {
    const { slots, hashes, keyOffsets, keyBytes } = this;
    const mask = slots.length - 1;
    let slot = Math.imul(hash, GOLDEN_RATIO) >>> this.slotShift;
    for (;;) {
      const row = slots[slot]! - 1;
      if (row < 0) return slot;
      if (hashes[row] === hash) {
        const from = keyOffsets[row]!;
        const to = keyOffsets[row + 1]!;
        if (keyBytes.compare(buffer, start, end, from, to) === 0) return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  private insert(buffer: Buffer, start: number, end: number, hash: number): number {
    const row = this.newRow(buffer, start, end, hash);
    this.place(row, hash);
    return row;
  }

  private newRow(buffer: Buffer, start: number, end: number, hash: number): number {
    const row = this.rowCount;
    if (row === this.capacity) this.grow();
    const at = this.keyOffsets[row]!;
    const keyEnd = at + (end - start);
    if (keyEnd > this.keyBytes.length) this.growArena(keyEnd);
    const arena = this.keyBytes;
    if (end - start > 48) buffer.copy(arena, at, start, end);
    else for (let i = start, to = at; i < end; i++, to++) arena[to] = buffer[i]!;
    this.keyOffsets[row + 1] = keyEnd;
    this.hashes[row] = hash;
    const { columns } = this;
    const specs = this.layout.columns;
    for (let i = 0; i < columns.length; i++) {
      const column = columns[i]!;
      if (column.length > 0) column[row] = specs[i]!.zero;
    }
    for (let i = 0; i < this.cells.length; i++) this.cells[i]!.push(null);
    if (this.layout.provenance) this.recordCounts[row] = 0;
    if (this.layout.epochs) this.epochs[row] = 0;
    this.rowCount = row + 1;
    return row;
  }

  private place(row: number, hash: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = Math.imul(hash, GOLDEN_RATIO) >>> this.slotShift;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
  }

  private grow(): void {
    const capacity = this.capacity * 2;
    if (capacity > MAX_ROWS) {
      throw new StateLimitError(
        `A state table cannot grow: it holds ${this.rowCount} keys, at most ${MAX_ROWS} fit. Raise maxParallelism or use smaller windows.`,
      );
    }
    this.capacity = capacity;
    this.columns = this.columns.map((column) =>
      column.length === 0 ? column : grown(column, new Float64Array(capacity)),
    );
    this.keyOffsets = grown(this.keyOffsets, new Int32Array(capacity + 1));
    this.hashes = grown(this.hashes, new Int32Array(capacity));
    if (this.layout.provenance) {
      this.recordCounts = grown(this.recordCounts, new Uint32Array(capacity));
      this.firstOffsets = grown(this.firstOffsets, new Float64Array(capacity));
      this.lastOffsets = grown(this.lastOffsets, new Float64Array(capacity));
    }
    if (this.layout.epochs) this.epochs = grown(this.epochs, new Float64Array(capacity));
    // Columns that exist stay filled with their zero behind the last row only up to the old capacity; insert() writes it.
    this.slots = new Int32Array(capacity * 2);
    this.slotShift -= 1;
    for (let row = 0; row < this.rowCount; row++) this.place(row, this.hashes[row]!);
  }

  private growArena(needed: number): void {
    if (needed > MAX_ARENA_BYTES) {
      throw new StateLimitError(
        `A state table cannot grow: its keys need ${needed} bytes, at most ${MAX_ARENA_BYTES} fit. Raise maxParallelism, use shorter keys or smaller windows.`,
      );
    }
    const size = Math.min(MAX_ARENA_BYTES, Math.max(this.keyBytes.length * 2, needed));
    const arena = Buffer.allocUnsafeSlow(size);
    this.keyBytes.copy(arena, 0, 0, this.keyOffsets[this.rowCount]);
    this.keyBytes = arena;
  }
}

function grown<T extends Float64Array | Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

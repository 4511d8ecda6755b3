// Rows by key: an open-addressing hash table over key bytes that lie one behind the other in one arena. This is the hottest
// structure there is, and what it costs is cache misses, so a lookup takes two when all keys have one length and three otherwise:
// a slot holds the row together with all bits of the hash that the slot's place does not say, hence no stored hash is read, and
// where all keys have one length, no offset either.
import { StateLimitError } from './errors.ts';
import { copyBytes, sameBytes, sharedView, viewOf } from './key-bytes.ts';
import { slotOrder } from './slot-order.ts';

/** Keys of one table: 1 GiB. A partition's pane beyond that has to be spread over more partitions. */
export const MAX_ARENA_BYTES = 2 ** 30;
const MAX_ROWS = 2 ** 27;
const INITIAL_ROWS = 32;
const INITIAL_ARENA_BYTES = 512;
/** Full slots per slot, at most; twice as many slots are made then. */
const MAX_LOAD = 0.75;
/** Tables below double, larger ones grow by half: there the memory that is not used yet counts. */
const DOUBLING_ROWS = 2 ** 16;
const DOUBLING_BYTES = 2 ** 20;

// Keys of one shuffle partition agree in the low bits of their hash, so slots are taken from the high bits of a product
// (Fibonacci hashing): otherwise only every n-th slot would be used.
const GOLDEN_RATIO = 0x9e3779b1 | 0;

const ANY_LENGTH = -1;
const NOWHERE = -1;

export abstract class KeyIndex {
  rowCount = 0;
  /** Key of row r is `keyBytes[keyOffsets[r], keyOffsets[r + 1])`. */
  keyBytes: Buffer;
  /** The same bytes. */
  keyView: DataView;
  keyOffsets: Int32Array;
  hashes: Int32Array;
  /** Rows that the arrays by row have room for. */
  protected capacity: number;
  /** 0: free. Otherwise row + 1 in the low `slotBits` bits, above it those of the hash's product that are not the place. */
  private slots: Int32Array;
  private slotBits: number;
  /** Rows that the slots have room for. */
  private slotRows: number;
  /** Length of every key, or `ANY_LENGTH`. */
  private keyLength = ANY_LENGTH;

  constructor(expectedRows: number = INITIAL_ROWS) {
    this.capacity = Math.max(expectedRows, INITIAL_ROWS);
    this.slotBits = Math.ceil(Math.log2(this.capacity / MAX_LOAD));
    this.slots = new Int32Array(2 ** this.slotBits);
    this.slotRows = this.slots.length * MAX_LOAD;
    this.keyBytes = Buffer.allocUnsafeSlow(INITIAL_ARENA_BYTES);
    this.keyView = viewOf(this.keyBytes);
    this.keyOffsets = new Int32Array(this.capacity + 1);
    this.hashes = new Int32Array(this.capacity);
  }

  /** Arrays by row must have room for `capacity` rows. */
  protected abstract growRows(capacity: number): void;
  /** A row is new, whatever the arrays held there. */
  protected abstract startRow(row: number): void;

  /** Row of the key `buffer[start, end)` whose murmur2 is `hash`; a new row starts with every column at its zero. */
  upsert(buffer: Buffer, start: number, end: number, hash: number): number {
    const row = this.find(buffer, start, end, hash);
    return row === NOWHERE ? this.insert(buffer, start, end, hash) : row;
  }

  /** Row of the key, the newest one when `append` made several; −1 when it has none. */
  find(buffer: Buffer, start: number, end: number, hash: number): number {
    const { slots, slotBits, keyLength, keyOffsets, keyView } = this;
    const length = end - start;
    if (keyLength !== ANY_LENGTH && keyLength !== length) return NOWHERE;
    const source = sharedView(buffer);
    const mask = slots.length - 1;
    const product = Math.imul(hash, GOLDEN_RATIO);
    const tag = product << slotBits;
    for (let slot = product >>> (32 - slotBits); ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!;
      if (entry === 0) return NOWHERE;
      const found = (entry ^ tag) >>> 0;
      if (found > mask) continue;
      const row = found - 1;
      const at = keyLength === ANY_LENGTH ? keyOffsets[row]! : row * length;
      if (keyLength === ANY_LENGTH && keyOffsets[row + 1]! - at !== length) continue;
      if (sameBytes(keyView, at, source, start, length)) return row;
    }
  }

  /**
   * A new row for the key, even when it has one: `upsert` and `find` give the new one from then on, older rows stay where they are.
   */
  append(buffer: Buffer, start: number, end: number, hash: number): number {
    const older = this.find(buffer, start, end, hash);
    if (older === NOWHERE) return this.insert(buffer, start, end, hash);
    const row = this.newRow(buffer, start, end, hash);
    const mask = this.slots.length - 1;
    let slot = Math.imul(hash, GOLDEN_RATIO) >>> (32 - this.slotBits);
    while ((this.slots[slot]! & mask) !== older + 1) slot = (slot + 1) & mask;
    this.slots[slot] = this.entryOf(row);
    return row;
  }

  /**
   * Fills an empty table that was made for as many rows: keys one behind the other in `keys`, their ends and hashes. No key is
   * hashed and hardly one compared, so it costs little more than the copy. Of rows with the same key the last is found. Columns
   * are at their zeros, cells null.
   */
  load(keys: Buffer, keyEnds: Int32Array, hashes: Int32Array): void {
    const rowCount = hashes.length;
    if (this.rowCount > 0 || rowCount > this.capacity)
      throw new Error(`${rowCount} rows cannot be loaded into this table.`);
    this.keyOffsets.set(keyEnds, 1);
    this.hashes.set(hashes);
    this.adopt(keys, rowCount);
    for (let row = 0; row < rowCount; row++) this.startRow(row);
  }

  /** As `load`, for whoever has filled the arrays by row already: `keyOffsets`, `hashes` and all columns. */
  adopt(keys: Buffer, rowCount: number): void {
    if (keys.length > this.keyBytes.length) this.growArena(keys.length);
    keys.copy(this.keyBytes);
    this.keyLength = commonLength(this.keyOffsets, rowCount);
    this.placeAll(rowCount);
    this.rowCount = rowCount;
  }

  /** After rows were moved in place: the first `rowCount` are all there is; their keys, `keyOffsets` and `hashes` stand where they belong. */
  reindex(rowCount: number): void {
    this.slots.fill(0);
    this.keyLength = commonLength(this.keyOffsets, rowCount);
    this.placeAll(rowCount);
    this.rowCount = rowCount;
  }

  /** Forgets all rows and keeps the memory. */
  clear(): void {
    this.rowCount = 0;
    this.slots.fill(0);
  }

  /** Bytes of key material in use. */
  get keyByteCount(): number {
    return this.keyOffsets[this.rowCount]!;
  }

  /** Memory held, used or not. */
  get sizeBytes(): number {
    return this.slots.byteLength + this.keyBytes.length + this.keyOffsets.byteLength + this.hashes.byteLength;
  }

  /** Longest way from a key's first slot to its own: how well the hashes spread, for tests and diagnostics. */
  get longestProbe(): number {
    const mask = this.slots.length - 1;
    let longest = 0;
    for (const [slot, entry] of this.slots.entries()) {
      if (entry === 0) continue;
      const first = Math.imul(this.hashes[(entry & mask) - 1]!, GOLDEN_RATIO) >>> (32 - this.slotBits);
      longest = Math.max(longest, (slot - first) & mask);
    }
    return longest;
  }

  private insert(buffer: Buffer, start: number, end: number, hash: number): number {
    const row = this.newRow(buffer, start, end, hash);
    this.place(row);
    return row;
  }

  private newRow(buffer: Buffer, start: number, end: number, hash: number): number {
    const row = this.rowCount;
    const length = end - start;
    const at = this.keyOffsets[row]!;
    const keyEnd = at + length;
    if (keyEnd > this.keyBytes.length) this.growArena(keyEnd);
    if (row >= this.capacity) this.grow();
    if (row >= this.slotRows) this.growSlots();
    copyBytes(this.keyView, at, sharedView(buffer), start, length);
    this.keyOffsets[row + 1] = keyEnd;
    this.hashes[row] = hash;
    if (row === 0) this.keyLength = length;
    else if (length !== this.keyLength) this.keyLength = ANY_LENGTH;
    this.startRow(row);
    this.rowCount = row + 1;
    return row;
  }

  private entryOf(row: number): number {
    return (Math.imul(this.hashes[row]!, GOLDEN_RATIO) << this.slotBits) | (row + 1);
  }

  /** Only for a key that has no slot. */
  private place(row: number): void {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = Math.imul(this.hashes[row]!, GOLDEN_RATIO) >>> (32 - this.slotBits);
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = this.entryOf(row);
  }

  /** Gives every key a slot in empty slots; a row takes over that of an older row of the same key. */
  private placeAll(rowCount: number): void {
    const { slots, slotBits } = this;
    const mask = slots.length - 1;
    const { rows, products } = slotOrder(this.hashes, rowCount, GOLDEN_RATIO);
    for (let i = 0; i < rowCount; i++) {
      const row = rows[i]!;
      const product = products[i]!;
      const tag = product << slotBits;
      let slot = product >>> (32 - slotBits);
      for (let entry = slots[slot]!; entry !== 0; entry = slots[slot]!) {
        const found = (entry ^ tag) >>> 0;
        if (found <= mask && this.haveSameKey(found - 1, row)) break;
        slot = (slot + 1) & mask;
      }
      slots[slot] = tag | (row + 1);
    }
  }

  private haveSameKey(a: number, b: number): boolean {
    const { keyOffsets, keyView } = this;
    const length = keyOffsets[a + 1]! - keyOffsets[a]!;
    if (keyOffsets[b + 1]! - keyOffsets[b]! !== length) return false;
    return sameBytes(keyView, keyOffsets[a]!, keyView, keyOffsets[b]!, length);
  }

  private grow(): void {
    const { capacity } = this;
    const larger = Math.min(MAX_ROWS, capacity < DOUBLING_ROWS ? capacity * 2 : Math.ceil(capacity * 1.5));
    if (larger === capacity) {
      throw new StateLimitError(
        `A state table cannot grow: it holds ${this.rowCount} keys, at most ${MAX_ROWS} fit. Raise maxParallelism or use smaller windows.`,
      );
    }
    this.keyOffsets = grown(this.keyOffsets, new Int32Array(larger + 1));
    this.hashes = grown(this.hashes, new Int32Array(larger));
    this.growRows(larger);
    this.capacity = larger;
  }

  /** In order of the old slots, which is nearly that of the new ones, so that it writes through memory once. */
  private growSlots(): void {
    const { slots: old, hashes } = this;
    const oldMask = old.length - 1;
    const slotBits = this.slotBits + 1;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - 1;
    for (let i = 0; i < old.length; i++) {
      const entry = old[i]!;
      if (entry === 0) continue;
      const rowPlus1 = entry & oldMask;
      const product = Math.imul(hashes[rowPlus1 - 1]!, GOLDEN_RATIO);
      let slot = product >>> (32 - slotBits);
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = (product << slotBits) | rowPlus1;
    }
    this.slots = slots;
    this.slotBits = slotBits;
    this.slotRows = slots.length * MAX_LOAD;
  }

  private growArena(needed: number): void {
    if (needed > MAX_ARENA_BYTES) {
      throw new StateLimitError(
        `A state table cannot grow: its keys need ${needed} bytes, at most ${MAX_ARENA_BYTES} fit. Raise maxParallelism, use shorter keys or smaller windows.`,
      );
    }
    const size = this.keyBytes.length;
    const larger = size < DOUBLING_BYTES ? size * 2 : Math.ceil(size * 1.5);
    const arena = Buffer.allocUnsafeSlow(Math.min(MAX_ARENA_BYTES, Math.max(larger, needed)));
    this.keyBytes.copy(arena, 0, 0, this.keyOffsets[this.rowCount]);
    this.keyBytes = arena;
    this.keyView = viewOf(arena);
  }
}

function commonLength(keyOffsets: Int32Array, rowCount: number): number {
  if (rowCount === 0) return ANY_LENGTH;
  const length = keyOffsets[1]!;
  for (let row = 1; row < rowCount; row++) if (keyOffsets[row + 1]! - keyOffsets[row]! !== length) return ANY_LENGTH;
  return length;
}

export function grown<T extends Float64Array | Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

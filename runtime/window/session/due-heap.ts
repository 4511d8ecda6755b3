// Rows by the time at which something is due for them: a binary heap in two typed arrays, ordered by (time, row). It knows nothing of
// sessions: entries may be earlier than what they stand for, and the owner moves the first one back when it comes up.

const INITIAL_ENTRIES = 64;

export class DueHeap {
  size = 0;
  /** Time of the first entry; +Infinity when there is none. */
  firstDueMs = Number.POSITIVE_INFINITY;
  private dues = new Float64Array(INITIAL_ENTRIES);
  private rows = new Int32Array(INITIAL_ENTRIES);

  /** Row of the first entry; only when `size` > 0. */
  get firstRow(): number {
    return this.rows[0]!;
  }

  get sizeBytes(): number {
    return this.dues.byteLength + this.rows.byteLength;
  }

  push(dueMs: number, row: number): void {
    const at = this.size++;
    if (at === this.rows.length) this.resize(at * 2);
    this.rise(at, dueMs, row);
    this.firstDueMs = this.dues[0]!;
  }

  /** Takes the first entry away. */
  pop(): void {
    const last = --this.size;
    if (last > 0) this.sink(0, this.dues[last]!, this.rows[last]!);
    this.firstDueMs = last > 0 ? this.dues[0]! : Number.POSITIVE_INFINITY;
  }

  /** Gives the first entry a later time. */
  postpone(dueMs: number): void {
    this.sink(0, dueMs, this.rows[0]!);
    this.firstDueMs = this.dues[0]!;
  }

  /** Puts `rowOf[row]` for every row, and drops the entries for which it is negative. Must keep the order of the rows. */
  renumber(rowOf: Int32Array): void {
    const { dues, rows } = this;
    let kept = 0;
    for (let at = 0; at < this.size; at++) {
      const row = rowOf[rows[at]!]!;
      if (row < 0) continue;
      dues[kept] = dues[at]!;
      rows[kept++] = row;
    }
    // With nothing dropped the order is what it was.
    const isHeap = kept === this.size;
    this.size = kept;
    if (!isHeap) for (let at = (kept >> 1) - 1; at >= 0; at--) this.sink(at, dues[at]!, rows[at]!);
    this.firstDueMs = kept > 0 ? dues[0]! : Number.POSITIVE_INFINITY;
    if (kept * 8 < rows.length && rows.length > INITIAL_ENTRIES) this.resize(Math.max(INITIAL_ENTRIES, kept * 2));
  }

  clear(): void {
    this.size = 0;
    this.firstDueMs = Number.POSITIVE_INFINITY;
  }

  private rise(from: number, dueMs: number, row: number): void {
    const { dues, rows } = this;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentDueMs = dues[parent]!;
      if (parentDueMs < dueMs || (parentDueMs === dueMs && rows[parent]! < row)) break;
      dues[at] = parentDueMs;
      rows[at] = rows[parent]!;
      at = parent;
    }
    dues[at] = dueMs;
    rows[at] = row;
  }

  private sink(from: number, dueMs: number, row: number): void {
    const { dues, rows, size } = this;
    let at = from;
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      const right = child + 1;
      let childDueMs = dues[child]!;
      if (right < size) {
        const rightDueMs = dues[right]!;
        if (rightDueMs < childDueMs || (rightDueMs === childDueMs && rows[right]! < rows[child]!)) {
          child = right;
          childDueMs = rightDueMs;
        }
      }
      if (dueMs < childDueMs || (dueMs === childDueMs && row < rows[child]!)) break;
      dues[at] = childDueMs;
      rows[at] = rows[child]!;
      at = child;
    }
    dues[at] = dueMs;
    rows[at] = row;
  }

  private resize(capacity: number): void {
    const dues = new Float64Array(capacity);
    dues.set(this.dues.subarray(0, Math.min(this.size, capacity)));
    const rows = new Int32Array(capacity);
    rows.set(this.rows.subarray(0, Math.min(this.size, capacity)));
    this.dues = dues;
    this.rows = rows;
  }
}

// A set of scalars by their canonical bytes: all values one behind the other in one arena, and a table of their positions. No
// object and no string per value; and few values need no table at all, they are found by looking at each.
import { scalarSize } from '../scalar/index.ts';
import { StateLimitError } from '../state/index.ts';
import { hash64 } from './hash64.ts';

/** Up to here values are compared one by one. */
const MAX_WITHOUT_SLOTS = 8;
const INITIAL_BYTES = 64;
const MAX_BYTES = 2 ** 30;
const OBJECT_BYTES = 360;

export class DistinctScalars {
  count = 0;
  /** The values in order of their first arrival are `bytes[0, used)`. */
  bytes: Buffer;
  used = 0;
  /** Position of a value + 1, 0 = free; null while the set is small. */
  private slots: Int32Array | null = null;

  constructor(expectedBytes = INITIAL_BYTES) {
    this.bytes = Buffer.alloc(Math.max(expectedBytes, INITIAL_BYTES));
  }

  get sizeBytes(): number {
    return OBJECT_BYTES + this.bytes.length + (this.slots === null ? 0 : this.slots.byteLength);
  }

  /** Takes in one whole scalar; false when it is there already. */
  add(from: Buffer, start: number, end: number): boolean {
    const { slots } = this;
    if (slots === null) return this.addWithoutSlots(from, start, end);
    const free = this.findSlot(slots, from, start, end);
    if (free < 0) return false;
    slots[free] = this.used + 1;
    this.append(from, start, end);
    // Three quarters full at most, so that ways stay short.
    if (this.count * 4 > slots.length * 3) this.rebuild(slots.length * 2);
    return true;
  }

  addAll(from: DistinctScalars): void {
    for (let at = 0; at < from.used; ) {
      const end = at + scalarSize(from.bytes, at);
      this.add(from.bytes, at, end);
      at = end;
    }
  }

  private addWithoutSlots(from: Buffer, start: number, end: number): boolean {
    for (let at = 0; at < this.used; at += scalarSize(this.bytes, at)) {
      if (this.isAt(at, from, start, end)) return false;
    }
    this.append(from, start, end);
    if (this.count > MAX_WITHOUT_SLOTS) this.rebuild(MAX_WITHOUT_SLOTS * 4);
    return true;
  }

  /** The free slot of a value that is not there, or −1. */
  private findSlot(slots: Int32Array, from: Buffer, start: number, end: number): number {
    const mask = slots.length - 1;
    let slot = lowHash(from, start, end) & mask;
    for (let entry = slots[slot]!; entry !== 0; entry = slots[slot]!) {
      if (this.isAt(entry - 1, from, start, end)) return -1;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** A scalar begins with its length, so none is the beginning of another: equal bytes are equal values. */
  private isAt(position: number, from: Buffer, start: number, end: number): boolean {
    const { bytes } = this;
    if (position + (end - start) > this.used) return false;
    for (let i = start, at = position; i < end; i++, at++) if (bytes[at] !== from[i]) return false;
    return true;
  }

  private append(from: Buffer, start: number, end: number): void {
    const used = this.used + (end - start);
    if (used > this.bytes.length) this.grow(used);
    const { bytes } = this;
    if (end - start > 48) from.copy(bytes, this.used, start, end);
    else for (let i = start, at = this.used; i < end; i++, at++) bytes[at] = from[i]!;
    this.used = used;
    this.count++;
  }

  private grow(needed: number): void {
    if (needed > MAX_BYTES) {
      throw new StateLimitError(
        `A set of distinct values cannot grow: its ${this.count} values need ${needed} bytes, at most ${MAX_BYTES} fit. Use approxCountDistinct, a smaller window or more keys.`,
      );
    }
    const larger = Buffer.alloc(Math.min(MAX_BYTES, Math.max(needed, this.bytes.length * 2)));
    this.bytes.copy(larger, 0, 0, this.used);
    this.bytes = larger;
  }

  private rebuild(slotCount: number): void {
    const slots = new Int32Array(slotCount);
    const { bytes, used } = this;
    for (let at = 0; at < used; ) {
      const end = at + scalarSize(bytes, at);
      let slot = lowHash(bytes, at, end) & (slotCount - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1);
      slots[slot] = at + 1;
      at = end;
    }
    this.slots = slots;
  }
}

const hash = new Int32Array(2);

function lowHash(bytes: Buffer, start: number, end: number): number {
  hash64(bytes, start, end, hash);
  return hash[0]!;
}

// Text fields as bytes: compared and searched where they lie in the record, without a JavaScript string.
import type { FieldSlots } from '../field-slots.ts';
import { unescapeJson } from '../json-bytes.ts';

/** The bytes of a text field: where they lie in the record, or decoded when the record has escapes. */
export class TextField {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  private readonly slots: FieldSlots;
  private readonly field: number;
  private scratch = Buffer.alloc(64);

  constructor(slots: FieldSlots, field: number) {
    this.slots = slots;
    this.field = field;
  }

  load(buffer: Buffer): void {
    const start = this.slots.starts[this.field]!;
    const end = this.slots.ends[this.field]!;
    if (this.slots.escaped[this.field] === 0) {
      this.bytes = buffer;
      this.start = start;
      this.end = end;
      return;
    }
    if (end - start > this.scratch.length) this.scratch = Buffer.alloc((end - start) * 2);
    this.bytes = this.scratch;
    this.start = 0;
    this.end = unescapeJson(buffer, start, end, { to: this.scratch, at: 0 });
  }

  /** Order of this and `other[start, end)`, byte by byte: for UTF-8 that is the order of code points. */
  compare(other: Buffer, start: number, end: number): number {
    const { bytes, start: from } = this;
    const size = this.end - from;
    const otherSize = end - start;
    const common = size < otherSize ? size : otherSize;
    for (let i = 0; i < common; i++) {
      const x = bytes[from + i]!;
      const y = other[start + i]!;
      if (x !== y) return x < y ? -1 : 1;
    }
    return size < otherSize ? -1 : size > otherSize ? 1 : 0;
  }

  equals(other: Buffer): boolean {
    return this.end - this.start === other.length && this.hasAt(this.start, other);
  }

  startsWith(other: Buffer): boolean {
    return this.end - this.start >= other.length && this.hasAt(this.start, other);
  }

  endsWith(other: Buffer): boolean {
    return this.end - this.start >= other.length && this.hasAt(this.end - other.length, other);
  }

  contains(other: Buffer): boolean {
    const first = other[0];
    if (first === undefined) return true;
    // A long text is worth a view: the runtime's own search is faster than any loop here.
    if (this.end - this.start > 256) return this.bytes.subarray(this.start, this.end).includes(other);
    const last = this.end - other.length;
    for (let at = this.start; at <= last; at++) if (this.bytes[at] === first && this.hasAt(at, other)) return true;
    return false;
  }

  /** Number of code points. */
  size(): number {
    let count = 0;
    for (let i = this.start; i < this.end; i++) if ((this.bytes[i]! & 0xc0) !== 0x80) count++;
    return count;
  }

  private hasAt(at: number, other: Buffer): boolean {
    const { bytes } = this;
    for (let i = 0; i < other.length; i++) if (bytes[at + i] !== other[i]) return false;
    return true;
  }
}

/** The text of a field as JavaScript has it. */
export function fieldText(slots: FieldSlots, field: number, buffer: Buffer): string {
  const text = buffer.toString('utf8', slots.starts[field], slots.ends[field]);
  return slots.escaped[field] === 0 ? text : (JSON.parse(`"${text}"`) as string);
}

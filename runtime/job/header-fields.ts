// The headers that a job uses, found among those of a record by their bytes: nothing is allocated, and a record without headers
// costs a comparison.
import { BrokerError } from '../log/broker.ts';
import type { FieldSlots } from './field-slots.ts';
import { ABSENT, NULL, STRING } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

export interface WantedHeader {
  readonly name: Buffer;
  readonly slot: number;
}

const NULL_LENGTH = -1;
/** Of a 32-bit number, seven bits to a byte. */
const VARINT_BITS = 35;

export class HeaderFields {
  private readonly wanted: readonly WantedHeader[];
  private readonly slots: FieldSlots;
  // Of the record that is being read.
  private position = 0;

  constructor(wanted: readonly WantedHeader[], slots: FieldSlots) {
    this.wanted = wanted;
    this.slots = slots;
  }

  /** Of several headers of one name the last one counts. Throws `BrokerError` CORRUPT. */
  fill(record: RecordView): void {
    const { wanted } = this;
    const { types, starts, ends } = this.slots;
    for (let i = 0; i < wanted.length; i++) types[wanted[i]!.slot] = ABSENT;
    const { headerCount } = record;
    if (headerCount === 0) return;
    this.position = record.headersStart;
    for (let index = 0; index < headerCount; index++) {
      const nameSize = this.length(record);
      const nameStart = this.skip(record, nameSize);
      const valueSize = this.length(record);
      const valueStart = valueSize === NULL_LENGTH ? this.position : this.skip(record, valueSize);
      const slot = this.slotOf(record.buffer, nameStart, nameSize);
      if (slot < 0) continue;
      types[slot] = valueSize === NULL_LENGTH ? NULL : STRING;
      starts[slot] = valueStart;
      ends[slot] = this.position;
    }
    const left = record.headersEnd - this.position;
    if (left !== 0) corrupt(record, `${left} bytes follow the last header`);
  }

  private slotOf(buffer: Buffer, start: number, size: number): number {
    const { wanted } = this;
    for (let i = 0; i < wanted.length; i++) {
      const { name, slot } = wanted[i]!;
      if (name.length !== size) continue;
      let at = 0;
      while (at < size && buffer[start + at] === name[at]) at++;
      if (at === size) return slot;
    }
    return -1;
  }

  /** A zigzag varint. */
  private length(record: RecordView): number {
    const { buffer, headersEnd } = record;
    let value = 0;
    for (let shift = 0; shift < VARINT_BITS; shift += 7) {
      if (this.position >= headersEnd) return corrupt(record, 'they leave the record');
      const byte = buffer[this.position++]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    return corrupt(record, 'a length of more than 5 bytes');
  }

  /** Where the bytes begin that are skipped. */
  private skip(record: RecordView, size: number): number {
    const start = this.position;
    const left = record.headersEnd - start;
    if (size < 0 || size > left) return corrupt(record, `a length of ${size} where ${left} bytes are left`);
    this.position = start + size;
    return start;
  }
}

function corrupt(record: RecordView, what: string): never {
  throw new BrokerError('CORRUPT', `the headers of the record at offset ${record.offset} cannot be decoded: ${what}`);
}

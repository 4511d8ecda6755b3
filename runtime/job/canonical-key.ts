// The canonical bytes of a key: the canonical scalars of its fields, one behind the other. They decide the shuffle partition and
// identify a row in state and in checkpoints: a persisted format, pinned by fixtures. A change is a new KEY_FORMAT and a replan of every
// job. `$key` is the record key's bytes, as text.
import { ScalarWriter } from '../scalar/index.ts';
import { encodeSlot } from './encode-slot.ts';
import { isHeaderPath } from './envelope-fields.ts';
import type { FieldSlots } from './field-slots.ts';
import { isUtf8 } from './is-utf8.ts';
import { ABSENT, NULL, OBJECT, STRING } from './json-scanner.ts';

export const KEY_FORMAT = 1;

/** In place of a slot: the key of the Kafka record, which needs no slot of its own when nothing else reads it. */
export const RECORD_KEY = -1;

export const KEY_OK = 0;
export const KEY_MISSING = 1;
export const KEY_TYPE = 2;

/** After `encode` returned `KEY_OK` the key is `bytes[0, length)`; otherwise `badField` is the index of the field at fault. */
export class KeyEncoder {
  badField = 0;
  private readonly fields: Int32Array;
  private readonly slots: FieldSlots;
  /** By field: its bytes may be anything. */
  private readonly isHeader: Uint8Array;
  private readonly writer = new ScalarWriter();

  /** `fields`: slots, or `RECORD_KEY`, in the order of the key. */
  constructor(fields: readonly number[], slots: FieldSlots) {
    this.fields = Int32Array.from(fields);
    this.slots = slots;
    this.isHeader = Uint8Array.from(fields, (slot) =>
      slot !== RECORD_KEY && isHeaderPath(slots.paths[slot]!) ? 1 : 0,
    );
  }

  get bytes(): Buffer {
    return this.writer.bytes;
  }

  get length(): number {
    return this.writer.length;
  }

  /** Encodes the key of the record whose fields are in the slots, in `buffer`; a `recordKeyStart` of −1 is a null record key. */
  encode(buffer: Buffer, recordKeyStart: number, recordKeyEnd: number): number {
    const { fields, slots, writer } = this;
    writer.reset();
    for (let i = 0; i < fields.length; i++) {
      const slot = fields[i]!;
      if (slot === RECORD_KEY) {
        if (recordKeyStart < 0) return this.refuse(i, KEY_MISSING);
        writer.encodeText(buffer, recordKeyStart, recordKeyEnd);
        continue;
      }
      const type = slots.types[slot]!;
      if (type === NULL || type === ABSENT) return this.refuse(i, KEY_MISSING);
      if (type >= OBJECT) return this.refuse(i, KEY_TYPE);
      if (this.isHeader[i] === 1 && type === STRING && !isUtf8(buffer, slots.starts[slot]!, slots.ends[slot]!))
        return this.refuse(i, KEY_TYPE);
      encodeSlot(slots, slot, buffer, writer);
    }
    return KEY_OK;
  }

  private refuse(field: number, why: number): number {
    this.badField = field;
    return why;
  }
}

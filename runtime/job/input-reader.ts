// What the aggregates take of a record: the port of the readers that a job can have, and the fast one of them.
import type { AggregateInputs } from '../aggregate/index.ts';
import type { BadReason } from './bad-record.ts';
import type { FieldSlots } from './field-slots.ts';
import { NULL, NUMBER, OBJECT } from './json-scanner.ts';

/** Which input is bad. */
export interface BadInput {
  /** Slots of the field, or of the fields that the expression reads. */
  readonly slots: readonly number[];
  /** Text of the expression; null when the input is a field. */
  readonly expression: string | null;
  /** What the expression came to, if it came to anything. */
  readonly result: string | null;
}

export interface InputReader extends Omit<AggregateInputs, 'eventTimeMs'> {
  /** Filters of aggregates that could not be evaluated. */
  readonly filterErrors: number;
  /** Why the last `read` was false. */
  readonly badReason: BadReason;
  /** Reads all inputs of the record whose fields are in the slots; false when one is bad. */
  read(buffer: Buffer): boolean;
  /** What made the last `read` false; before the next one. */
  badInput(buffer: Buffer): BadInput;
}

/** What an aggregate takes of a record. */
export type InputSource =
  /** Every record counts. */
  | { readonly kind: 'record' }
  /** Counts when the field is a scalar that is not null. */
  | { readonly kind: 'presence'; readonly slot: number }
  | { readonly kind: 'number'; readonly slot: number };

const EVERY_RECORD = -1;
const KIND_PRESENCE = 1;
const NO_SCALARS: Buffer = Buffer.alloc(0);

/** Numbers of fields, presence of fields, and records: the usual job. */
export class NumberInputs implements InputReader {
  readonly filterErrors = 0;
  readonly inputs: Float64Array;
  readonly scalarBytes = NO_SCALARS;
  readonly scalarStarts: Int32Array;
  readonly scalarEnds: Int32Array;
  private readonly slots: FieldSlots;
  private readonly fields: Int32Array;
  private readonly kinds: Uint8Array;
  badReason: BadReason = 'inputType';
  private badSlot = 0;

  constructor(sources: readonly InputSource[], slots: FieldSlots) {
    this.slots = slots;
    this.inputs = new Float64Array(sources.length).fill(1);
    this.scalarStarts = new Int32Array(sources.length);
    this.scalarEnds = new Int32Array(sources.length);
    this.fields = Int32Array.from(sources, (source) => (source.kind === 'record' ? EVERY_RECORD : source.slot));
    this.kinds = Uint8Array.from(sources, (source) => (source.kind === 'presence' ? KIND_PRESENCE : 0));
  }

  read(_buffer: Buffer): boolean {
    const { inputs, fields, kinds } = this;
    const { types, numbers } = this.slots;
    for (let i = 0; i < fields.length; i++) {
      const slot = fields[i]!;
      if (slot === EVERY_RECORD) continue;
      const type = types[slot]!;
      if (type <= NULL) {
        inputs[i] = Number.NaN;
        continue;
      }
      if (kinds[i] === KIND_PRESENCE) {
        if (type >= OBJECT) return this.refuse('inputType', slot);
        inputs[i] = 1;
        continue;
      }
      if (type !== NUMBER) return this.refuse('inputType', slot);
      const value = numbers[slot]!;
      if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) return this.refuse('inputRange', slot);
      // −0 counts as 0.
      inputs[i] = value + 0;
    }
    return true;
  }

  badInput(): BadInput {
    return { slots: [this.badSlot], expression: null, result: null };
  }

  private refuse(reason: BadReason, slot: number): false {
    this.badReason = reason;
    this.badSlot = slot;
    return false;
  }
}

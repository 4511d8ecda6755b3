// Inputs of aggregates that have filters of their own, take scalars or read expressions. Filters and sources that several aggregates
// share are evaluated once per record, and a source only when some aggregate's filter lets the record in: what a filter keeps out is
// never bad.
import { ScalarWriter } from '../scalar/index.ts';
import type { BadReason } from './bad-record.ts';
import { encodeSlot } from './encode-slot.ts';
import {
  type Condition,
  FAILED,
  VALUE_BOOLEAN,
  VALUE_ERROR,
  VALUE_NULL,
  VALUE_NUMBER,
  type ValueReader,
  YES,
} from './expression/index.ts';
import { isHeaderPath } from './envelope-fields.ts';
import type { FieldSlots } from './field-slots.ts';
import type { BadInput, InputReader } from './input-reader.ts';
import { NULL, NUMBER, OBJECT, STRING } from './json-scanner.ts';
import { isUtf8 } from './is-utf8.ts';

/** What is wanted of a source. */
export type Wanted = 'number' | 'presence' | 'scalar';

export type MixedSource = { readonly wanted: Wanted } & (
  | { readonly kind: 'field'; readonly slot: number }
  /** `fields`: slots that the expression reads, for messages. */
  | {
      readonly kind: 'expression';
      readonly text: string;
      readonly value: ValueReader;
      readonly fields: readonly number[];
    }
);

/** One aggregate: its filter and its source, as indexes; −1: every record. */
export interface MixedInput {
  readonly filter: number;
  readonly source: number;
}

export interface MixedInputsParts {
  readonly slots: FieldSlots;
  readonly filters: readonly Condition[];
  readonly sources: readonly MixedSource[];
  readonly inputs: readonly MixedInput[];
}

const NOT_YET = 255;
const READ = 1;

const WANTED = { number: 0, presence: 1, scalar: 2 } as const;
const NO_SLOT = -1;

export class MixedInputs implements InputReader {
  filterErrors = 0;
  readonly inputs: Float64Array;
  readonly scalarStarts: Int32Array;
  readonly scalarEnds: Int32Array;
  // Configuration.
  private readonly slots: FieldSlots;
  private readonly filters: readonly Condition[];
  private readonly sources: readonly MixedSource[];
  private readonly filterOf: Int32Array;
  private readonly sourceOf: Int32Array;
  /** By source: its slot, or `NO_SLOT` and an expression; what is wanted of it. */
  private readonly sourceSlots: Int32Array;
  private readonly sourceReaders: readonly (ValueReader | null)[];
  private readonly wanted: Uint8Array;
  /** By slot: its bytes may be anything. */
  private readonly isHeader: Uint8Array;
  // Of the record.
  private readonly scalars = new ScalarWriter();
  private readonly filterStates: Uint8Array;
  private readonly sourceStates: Uint8Array;
  private readonly values: Float64Array;
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  badReason: BadReason = 'inputType';
  private badSource = 0;

  constructor({ slots, filters, sources, inputs }: MixedInputsParts) {
    this.slots = slots;
    this.filters = filters;
    this.sources = sources;
    this.filterOf = Int32Array.from(inputs, ({ filter }) => filter);
    this.sourceOf = Int32Array.from(inputs, ({ source }) => source);
    this.sourceSlots = Int32Array.from(sources, (source) => (source.kind === 'field' ? source.slot : NO_SLOT));
    this.sourceReaders = sources.map((source) => (source.kind === 'field' ? null : source.value));
    this.wanted = Uint8Array.from(sources, ({ wanted }) => WANTED[wanted]);
    this.isHeader = Uint8Array.from(slots.paths, (path) => (isHeaderPath(path) ? 1 : 0));
    this.inputs = new Float64Array(inputs.length);
    this.scalarStarts = new Int32Array(inputs.length);
    this.scalarEnds = new Int32Array(inputs.length);
    this.filterStates = new Uint8Array(filters.length);
    this.sourceStates = new Uint8Array(sources.length);
    this.values = new Float64Array(sources.length);
    this.starts = new Int32Array(sources.length);
    this.ends = new Int32Array(sources.length);
  }

  get scalarBytes(): Buffer {
    return this.scalars.bytes;
  }

  read(buffer: Buffer): boolean {
    const { inputs, filterOf, sourceOf, filterStates, sourceStates, values } = this;
    // Loops: these arrays are too short for fill() to pay.
    for (let i = 0; i < filterStates.length; i++) filterStates[i] = NOT_YET;
    for (let i = 0; i < sourceStates.length; i++) sourceStates[i] = NOT_YET;
    this.scalars.reset();
    for (let i = 0; i < inputs.length; i++) {
      const filter = filterOf[i]!;
      if (filter >= 0 && !this.passes(filter, buffer)) {
        inputs[i] = Number.NaN;
        continue;
      }
      const source = sourceOf[i]!;
      if (source < 0) {
        inputs[i] = 1;
        continue;
      }
      if (sourceStates[source] === NOT_YET) {
        sourceStates[source] = READ;
        if (!this.readSource(source, buffer)) return false;
      }
      inputs[i] = values[source]!;
      this.scalarStarts[i] = this.starts[source]!;
      this.scalarEnds[i] = this.ends[source]!;
    }
    return true;
  }

  badInput(buffer: Buffer): BadInput {
    const source = this.sources[this.badSource]!;
    if (source.kind === 'field') return { slots: [source.slot], expression: null, result: null };
    const { text: expression, value, fields: slots } = source;
    return { slots, expression, result: value.read(buffer) === VALUE_NUMBER ? String(value.number) : null };
  }

  private passes(filter: number, buffer: Buffer): boolean {
    const { filterStates } = this;
    if (filterStates[filter] === NOT_YET) {
      const verdict = this.filters[filter]!(buffer);
      if (verdict >= FAILED) this.filterErrors++;
      filterStates[filter] = verdict;
    }
    return filterStates[filter] === YES;
  }

  private readSource(index: number, buffer: Buffer): boolean {
    const slot = this.sourceSlots[index]!;
    this.starts[index] = this.scalars.length;
    const isGood =
      slot === NO_SLOT
        ? this.readExpression(index, this.sourceReaders[index]!, buffer)
        : this.readField(index, slot, buffer);
    this.ends[index] = this.scalars.length;
    if (!isGood) this.badSource = index;
    return isGood;
  }

  private readField(index: number, slot: number, buffer: Buffer): boolean {
    const { slots, values } = this;
    const wanted = this.wanted[index]!;
    const type = slots.types[slot]!;
    if (type <= NULL) {
      values[index] = Number.NaN;
      return true;
    }
    if (type >= OBJECT) return this.refuse('inputType');
    values[index] = 1;
    if (wanted === WANTED.presence) return true;
    if (type === NUMBER) {
      const value = slots.numbers[slot]!;
      if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER) return this.refuse('inputRange');
      if (wanted === WANTED.number) {
        // −0 counts as 0.
        values[index] = value + 0;
        return true;
      }
    } else if (wanted === WANTED.number) return this.refuse('inputType');
    // The value of a header may be anything; in a document text is text.
    else if (type === STRING && this.isHeader[slot] === 1 && !isUtf8(buffer, slots.starts[slot]!, slots.ends[slot]!))
      return this.refuse('inputType');
    encodeSlot(slots, slot, buffer, this.scalars);
    return true;
  }

  private readExpression(index: number, reader: ValueReader, buffer: Buffer): boolean {
    const { values, scalars } = this;
    const wanted = this.wanted[index]!;
    const outcome = reader.read(buffer);
    if (outcome === VALUE_NULL) {
      values[index] = Number.NaN;
      return true;
    }
    if (outcome === VALUE_ERROR) return this.refuse('inputType');
    values[index] = 1;
    if (outcome === VALUE_NUMBER) {
      const { number } = reader;
      // Not finite fails the comparison too.
      if (!(number <= Number.MAX_SAFE_INTEGER && number >= -Number.MAX_SAFE_INTEGER)) return this.refuse('inputRange');
      if (wanted === WANTED.number) values[index] = number;
      else if (wanted === WANTED.scalar) scalars.encodeNumber(number);
      return true;
    }
    if (wanted === WANTED.number) return this.refuse('inputType');
    if (wanted === WANTED.scalar) {
      if (outcome === VALUE_BOOLEAN) scalars.encodeBoolean(reader.boolean);
      else scalars.encodeText(reader.bytes, reader.start, reader.end);
    }
    return true;
  }

  private refuse(reason: BadReason): false {
    this.badReason = reason;
    return false;
  }
}

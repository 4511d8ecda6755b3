// From a record's bytes to what the windows need: event time, key and inputs, or why not. One reader per task; everything it
// finds is left in its fields, and nothing is allocated per record.
import { murmur2 } from '../log/batch/index.ts';
import type { BadReason, BadRecord } from './bad-record.ts';
import { type KeyEncoder, KEY_MISSING, KEY_OK } from './canonical-key.ts';
import type { EventTimeReader } from './event-time.ts';
import { ABSENT, ARRAY, type JsonScanner, NULL, NUMBER, OBJECT, SCAN_MALFORMED, SCAN_OK } from './json-scanner.ts';
import { type Evaluate, FAILED, YES } from './where.ts';

/** A record where it lies; what a cursor over a batch shows. A start of −1 is null. */
export interface RecordView {
  readonly buffer: Buffer;
  /** −1: none. */
  readonly timestampMs: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

// Outcomes of a read.
/** To be folded: `eventTimeMs`, the key and `inputs` are set. */
export const OK = 0;
/** The filter left it out: only `eventTimeMs` is set, and it moves the watermark. */
export const FILTERED = 1;
/** A null value: counted, moves nothing. */
export const NULL_VALUE = 2;
/** Moves nothing; `badReason` says why, `describeBad` in words. */
export const BAD = 3;

/** What an aggregate takes from a record. */
export type InputSource =
  /** Every record counts. */
  | { readonly kind: 'record' }
  /** Counts when the field is a scalar that is not null. */
  | { readonly kind: 'presence'; readonly field: number }
  | { readonly kind: 'number'; readonly field: number };

export interface RecordReaderParts {
  readonly scanner: JsonScanner;
  readonly eventTime: EventTimeReader;
  readonly eventTimeField: string | null;
  readonly where: Evaluate | null;
  readonly key: KeyEncoder;
  readonly keyBy: readonly string[];
  readonly inputs: readonly InputSource[];
}

const EVERY_RECORD = -1;
const KIND_PRESENCE = 1;

export class RecordReader {
  eventTimeMs = 0;
  /** The canonical key is `keyBytes[keyStart, keyEnd)`. */
  keyBytes: Buffer;
  readonly keyStart = 0;
  keyEnd = 0;
  /** murmur2 of the canonical key. */
  keyHash = 0;
  /** By aggregate; NaN is null or absent. */
  readonly inputs: Float64Array;
  badReason: BadReason = 'malformed';
  /** Records that were left out because the filter could not be evaluated (a missing field, types without an order). */
  whereErrors = 0;
  private badField: string | null = null;
  private readonly parts: RecordReaderParts;
  private readonly scanner: JsonScanner;
  private readonly key: KeyEncoder;
  private readonly where: Evaluate | null;
  private readonly inputFields: Int32Array;
  private readonly inputKinds: Uint8Array;

  constructor(parts: RecordReaderParts) {
    this.parts = parts;
    this.scanner = parts.scanner;
    this.key = parts.key;
    this.keyBytes = parts.key.bytes;
    this.where = parts.where;
    this.inputs = new Float64Array(parts.inputs.length).fill(1);
    this.inputFields = Int32Array.from(parts.inputs, (input) => (input.kind === 'record' ? EVERY_RECORD : input.field));
    this.inputKinds = Uint8Array.from(parts.inputs, (input) => (input.kind === 'presence' ? KIND_PRESENCE : 0));
  }

  /** Reads one record and says what to do with it: `OK`, `FILTERED`, `NULL_VALUE` or `BAD`. */
  read(record: RecordView): number {
    const { buffer, valueStart } = record;
    if (valueStart < 0) return NULL_VALUE;
    const outcome = this.scanner.scan(buffer, valueStart, record.valueEnd);
    if (outcome !== SCAN_OK) return this.refuse(outcome === SCAN_MALFORMED ? 'malformed' : 'notAnObject', null);

    const eventTimeMs = this.parts.eventTime.read(buffer, record.timestampMs);
    if (Number.isNaN(eventTimeMs)) return this.refuse(this.parts.eventTime.problem, this.parts.eventTimeField);
    this.eventTimeMs = eventTimeMs;

    if (this.where !== null) {
      const verdict = this.where(buffer);
      if (verdict !== YES) {
        if (verdict === FAILED) this.whereErrors++;
        return FILTERED;
      }
    }

    const { key } = this;
    const encoded = key.encode(buffer, record.keyStart, record.keyEnd);
    if (encoded !== KEY_OK) {
      return this.refuse(encoded === KEY_MISSING ? 'keyMissing' : 'keyType', this.parts.keyBy[key.badField] ?? null);
    }
    if (!this.readInputs()) return BAD;
    this.keyBytes = key.bytes;
    this.keyEnd = key.length;
    this.keyHash = murmur2(key.bytes, 0, key.length);
    return OK;
  }

  /** The last `BAD` record in words; call it before the next `read`. */
  describeBad(record: RecordView): BadRecord {
    const { badReason: reason, badField: field } = this;
    const { buffer } = record;
    if (reason === 'malformed' || reason === 'notAnObject') {
      return {
        reason,
        field,
        value: buffer.toString('utf8', record.valueStart, Math.min(record.valueEnd, record.valueStart + 400)),
      };
    }
    const index = field === null ? -1 : this.scanner.paths.indexOf(field);
    if (index < 0) return { reason, field, value: null };
    const type = this.scanner.types[index]!;
    if (type === ABSENT) return { reason, field, value: null };
    const from = this.scanner.starts[index]!;
    const value =
      type === OBJECT
        ? 'an object'
        : type === ARRAY
          ? 'a list'
          : type === NULL
            ? 'null'
            : type < NUMBER
              ? 'true or false'
              : null;
    return { reason, field, value: value ?? buffer.toString('utf8', from, this.scanner.ends[index]) };
  }

  private readInputs(): boolean {
    const { inputs, inputFields, inputKinds, scanner } = this;
    for (let i = 0; i < inputFields.length; i++) {
      const field = inputFields[i]!;
      if (field === EVERY_RECORD) continue;
      const type = scanner.types[field]!;
      if (type <= NULL) {
        inputs[i] = Number.NaN;
        continue;
      }
      if (inputKinds[i] === KIND_PRESENCE) {
        if (type >= OBJECT) return this.refuse('inputType', scanner.paths[field]!) !== BAD;
        inputs[i] = 1;
        continue;
      }
      if (type !== NUMBER) return this.refuse('inputType', scanner.paths[field]!) !== BAD;
      const value = scanner.numbers[field]!;
      if (value > Number.MAX_SAFE_INTEGER || value < -Number.MAX_SAFE_INTEGER)
        return this.refuse('inputRange', scanner.paths[field]!) !== BAD;
      // −0 counts as 0.
      inputs[i] = value + 0;
    }
    return true;
  }

  private refuse(reason: BadReason, field: string | null): number {
    this.badReason = reason;
    this.badField = field;
    return BAD;
  }
}

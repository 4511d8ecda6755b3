// From a record's bytes to what the windows need: event time, key and inputs, or why not. One reader per task; everything it
// finds is left in its fields, and nothing is allocated per record.
import { murmur2 } from '../log/batch/index.ts';
import type { KeyedInput } from '../window/index.ts';
import type { BadReason, BadRecord } from './bad-record.ts';
import { type KeyEncoder, KEY_MISSING, KEY_OK } from './canonical-key.ts';
import { slotInWords, slotsInWords } from './describe-slots.ts';
import type { EnvelopeFields } from './envelope-fields.ts';
import type { EventTimeReader } from './event-time.ts';
import { type Condition, YES } from './expression/index.ts';
import type { InputReader } from './input-reader.ts';
import { type JsonScanner, SCAN_MALFORMED, SCAN_OK } from './json-scanner.ts';
import type { RecordView } from './record-view.ts';

// Outcomes of a read.
/** To be folded: `eventTimeMs`, the key and `inputs` are set. */
export const OK = 0;
/** The filter left it out: only `eventTimeMs` is set, and it moves the watermark. */
export const FILTERED = 1;
/** A null value: counted, moves nothing. */
export const NULL_VALUE = 2;
/** Moves nothing; `badReason` says why, `describeBad` in words. */
export const BAD = 3;

export interface RecordReaderParts {
  readonly scanner: JsonScanner;
  /** Null when the job uses nothing of the record but its value (and its key as the key). */
  readonly envelope: EnvelopeFields | null;
  readonly eventTime: EventTimeReader;
  readonly eventTimeField: string | null;
  /** How far an event time may be ahead of the record's timestamp; 0: any. */
  readonly maxFutureMs: number;
  readonly where: Condition | null;
  readonly key: KeyEncoder;
  readonly keyBy: readonly string[];
  readonly inputs: InputReader;
}

const SHOWN_DOCUMENT_BYTES = 400;

export class RecordReader implements KeyedInput {
  /** The canonical key is `keyBytes[keyStart, keyEnd)`. */
  keyBytes: Buffer;
  readonly keyStart = 0;
  keyEnd = 0;
  /** murmur2 of the canonical key. */
  keyHash = 0;
  readonly inputs: Float64Array;
  scalarBytes: Buffer;
  readonly scalarStarts: Int32Array;
  readonly scalarEnds: Int32Array;
  badReason: BadReason = 'malformed';
  private badField: string | null = null;
  private whereFailures = 0;
  // Configuration.
  private readonly parts: RecordReaderParts;
  private readonly scanner: JsonScanner;
  private readonly envelope: EnvelopeFields | null;
  private readonly times: Float64Array;
  private readonly key: KeyEncoder;
  private readonly where: Condition | null;
  private readonly inputReader: InputReader;
  /** +Infinity: event times may be anything. */
  private readonly maxFutureMs: number;

  constructor(parts: RecordReaderParts) {
    this.parts = parts;
    this.scanner = parts.scanner;
    this.times = parts.eventTime.times;
    this.envelope = parts.envelope;
    this.key = parts.key;
    this.keyBytes = parts.key.bytes;
    this.where = parts.where;
    this.inputReader = parts.inputs;
    this.inputs = parts.inputs.inputs;
    this.scalarBytes = parts.inputs.scalarBytes;
    this.scalarStarts = parts.inputs.scalarStarts;
    this.scalarEnds = parts.inputs.scalarEnds;
    const isFromField = parts.eventTimeField !== null;
    this.maxFutureMs = isFromField && parts.maxFutureMs > 0 ? parts.maxFutureMs : Number.POSITIVE_INFINITY;
  }

  get eventTimeMs(): number {
    return this.times[0]!;
  }

  /** Filters, the job's and those of aggregates, that could not be evaluated: a missing field, types without an order. */
  get whereErrors(): number {
    return this.whereFailures + this.inputReader.filterErrors;
  }

  /** Reads one record and says what to do with it: `OK`, `FILTERED`, `NULL_VALUE` or `BAD`. */
  read(record: RecordView): number {
    const { buffer, valueStart } = record;
    if (valueStart < 0) return NULL_VALUE;
    const outcome = this.scanner.scan(buffer, valueStart, record.valueEnd);
    if (outcome !== SCAN_OK) return this.refuse(outcome === SCAN_MALFORMED ? 'malformed' : 'notAnObject', null);
    if (this.envelope !== null) this.envelope.fill(record);

    const { timestampMs } = record;
    if (!this.parts.eventTime.read(buffer, timestampMs))
      return this.refuse(this.parts.eventTime.problem, this.parts.eventTimeField);
    // Against the record's own timestamp, never the wall clock: a replay must judge as the first reading did.
    if (this.times[0]! - timestampMs > this.maxFutureMs && timestampMs >= 0)
      return this.refuse('eventTimeFuture', this.parts.eventTimeField);

    if (this.where !== null) {
      const verdict = this.where(buffer);
      if (verdict !== YES) {
        if (verdict > YES) this.whereFailures++;
        return FILTERED;
      }
    }

    const { key } = this;
    const encoded = key.encode(buffer, record.keyStart, record.keyEnd);
    if (encoded !== KEY_OK) {
      return this.refuse(encoded === KEY_MISSING ? 'keyMissing' : 'keyType', this.parts.keyBy[key.badField] ?? null);
    }
    const { inputReader } = this;
    if (!inputReader.read(buffer)) return this.refuse(inputReader.badReason, null);
    this.scalarBytes = inputReader.scalarBytes;
    const { bytes, length } = key;
    this.keyBytes = bytes;
    this.keyEnd = length;
    this.keyHash = murmur2(bytes, 0, length);
    return OK;
  }

  /** The last `BAD` record in words; call it before the next `read`. */
  describeBad(record: RecordView): BadRecord {
    const { badReason: reason, badField: field, scanner } = this;
    const { buffer } = record;
    if (reason === 'malformed' || reason === 'notAnObject') {
      const end = Math.min(record.valueEnd, record.valueStart + SHOWN_DOCUMENT_BYTES);
      return { reason, field, value: buffer.toString('utf8', record.valueStart, end) };
    }
    if (reason === 'inputType' || reason === 'inputRange') {
      const { slots, expression, result } = this.inputReader.badInput(buffer);
      if (expression === null)
        return { reason, field: scanner.paths[slots[0]!]!, value: slotInWords(scanner, slots[0]!, buffer) };
      return { reason, field: expression, value: result ?? slotsInWords(scanner, slots, buffer) };
    }
    const slot = field === null ? -1 : scanner.paths.indexOf(field);
    const value = slot < 0 ? null : slotInWords(scanner, slot, buffer);
    const isAhead = reason === 'eventTimeFuture' && value !== null;
    return { reason, field, value: isAhead ? `${value} at Kafka timestamp ${record.timestampMs}` : value };
  }

  private refuse(reason: BadReason, field: string | null): number {
    this.badReason = reason;
    this.badField = field;
    return BAD;
  }
}

// The event time of a record, in integer milliseconds: floored from the very digits of the text, because a product such as
// 1.001 s × 1000 is 1000.9999… in a double.
import type { ResolvedEventTime } from '../../crds/index.ts';
import type { BadReason } from './bad-record.ts';
import { floorDecimal } from './floor-decimal.ts';
import type { FieldSlots } from './field-slots.ts';
import { isoTimeMs } from './iso-time.ts';
import { unescapeJson } from './json-bytes.ts';
import { NULL, NUMBER, numberEnd, STRING } from './json-scanner.ts';

const QUOTE = 0x22;

/** Farthest time from 1970 that a date can have, in milliseconds. */
export const MAX_EVENT_TIME_MS = 8.64e15;

/** Up to 15 digits and a sign: a double of so short a text that is an integer was one in the text. */
const EXACT_LENGTH = 16;

/** By unit: a number of it times 10^shift is milliseconds. */
const SHIFTS = { s: 3, ms: 0, us: -3, ns: -6, iso8601: 0 } as const;

export class EventTimeReader {
  /** Why the last `read` returned false. */
  problem: BadReason = 'eventTimeMissing';
  /** At 0: what the last `read` found, NaN for nothing. An array, because a number that is returned costs an object per record. */
  readonly times = new Float64Array(1);
  private readonly slots: FieldSlots;
  private readonly field: number;
  private readonly isIso: boolean;
  private readonly shift: number;
  /** Milliseconds of one unit, 0 when numbers are not simply multiplied. */
  private readonly factor: number;
  private scratch = Buffer.alloc(64);

  /** `field`: slot of the time; not used when the record's timestamp is the event time. */
  constructor(eventTime: ResolvedEventTime, slots: FieldSlots, field: number) {
    this.slots = slots;
    this.field = eventTime.kind === 'field' ? field : -1;
    this.isIso = eventTime.kind === 'field' && eventTime.unit === 'iso8601';
    this.shift = eventTime.kind === 'field' ? SHIFTS[eventTime.unit] : 0;
    this.factor = field < 0 || this.isIso || this.shift < 0 ? 0 : 10 ** this.shift;
  }

  /** Puts the milliseconds of the record whose fields are in the slots, in `buffer`, into `times`; false when it has no usable time, see `problem`. */
  read(buffer: Buffer, recordTimestampMs: number): boolean {
    const { slots, field, factor, times } = this;
    if (factor > 0 && slots.types[field] === NUMBER) {
      const value = slots.numbers[field]!;
      const timeMs = value * factor;
      const exact = value === Math.trunc(value) && slots.ends[field]! - slots.starts[field]! <= EXACT_LENGTH;
      if (exact && value !== 0 && timeMs >= -MAX_EVENT_TIME_MS && timeMs <= MAX_EVENT_TIME_MS) {
        times[0] = timeMs;
        return true;
      }
    }
    const timeMs = this.readAny(buffer, recordTimestampMs);
    times[0] = timeMs;
    return !Number.isNaN(timeMs);
  }

  private readAny(buffer: Buffer, recordTimestampMs: number): number {
    const { slots, field, shift } = this;
    // Kafka writes −1 for "no timestamp".
    if (field < 0) return recordTimestampMs < 0 ? this.refuse('eventTimeMissing') : this.check(recordTimestampMs);
    const type = slots.types[field]!;
    const start = slots.starts[field]!;
    const end = slots.ends[field]!;
    if (type === NUMBER && !this.isIso) {
      const value = slots.numbers[field]!;
      const exact = value === Math.trunc(value) && end - start <= EXACT_LENGTH;
      // Zero may be what is left of something smaller than any double.
      if (exact && shift >= 0 && (value !== 0 || end - start <= 1))
        return this.check(shift === 0 ? value : value * 1000);
      // What is in no text of the record ($timestamp, $partition) is an integer.
      if (start === end) return this.check(floorQuotient(value, 10 ** -shift));
      return this.check(floorDecimal(buffer, start, end, shift));
    }
    if (type === STRING) return this.readText(buffer, start, end);
    if (type <= NULL) return this.refuse('eventTimeMissing');
    return this.refuse(this.isIso ? 'eventTimeFormat' : 'eventTimeType');
  }

  private readText(buffer: Buffer, start: number, end: number): number {
    let from = buffer;
    let first = start;
    let last = end;
    if (this.slots.escaped[this.field] === 1) {
      if (end - start > this.scratch.length) this.scratch = Buffer.alloc((end - start) * 2);
      from = this.scratch;
      first = 0;
      last = unescapeJson(buffer, start, end, { to: from, at: 0 });
      // A number is ended by what follows it: here that is of an earlier text.
      if (last === from.length) from = this.scratch = Buffer.concat([from, Buffer.alloc(1)]);
      from[last] = 0;
    } else if (buffer[end] !== QUOTE) {
      // A header or key: what follows it may be anything, digits too.
      if (end - start >= this.scratch.length) this.scratch = Buffer.alloc((end - start) * 2);
      from = this.scratch;
      first = 0;
      last = buffer.copy(from, 0, start, end);
      from[last] = 0;
    }
    if (this.isIso) {
      const timeMs = isoTimeMs(from, first, last);
      return Number.isNaN(timeMs) ? this.refuse('eventTimeFormat') : timeMs;
    }
    if (numberEnd(from, first) !== last) return this.refuse('eventTimeType');
    return this.check(floorDecimal(from, first, last, this.shift));
  }

  private check(timeMs: number): number {
    if (!(timeMs >= -MAX_EVENT_TIME_MS && timeMs <= MAX_EVENT_TIME_MS)) return this.refuse('eventTimeRange');
    // −0 is a time like 0, but not the same key of a map.
    return timeMs + 0;
  }

  private refuse(why: BadReason): number {
    this.problem = why;
    return Number.NaN;
  }
}

/** ⌊value / divisor⌋ of safe integers: the quotient of what divides without a rest is exact. */
function floorQuotient(value: number, divisor: number): number {
  const rest = value % divisor;
  return (value - (rest < 0 ? rest + divisor : rest)) / divisor;
}

// The event time of a record, in integer milliseconds: floored from the very digits of the text, because a product such as
// 1.001 s × 1000 is 1000.9999… in a double.
import type { ResolvedEventTime } from '../../crds/index.ts';
import type { BadReason } from './bad-record.ts';
import { unescapeJson } from './json-bytes.ts';
import { ABSENT, type JsonScanner, NULL, NUMBER, numberEnd, STRING } from './json-scanner.ts';

/** Farthest time from 1970 that a date can have, in milliseconds. */
export const MAX_EVENT_TIME_MS = 8.64e15;

const EXACT_DIGITS = 15;
const SECONDS_SHIFT = 3;

export class EventTimeReader {
  /** Why the last `read` returned NaN. */
  problem: BadReason = 'eventTimeMissing';
  private readonly scanner: JsonScanner;
  private readonly field: number;
  private readonly shift: number;
  private scratch = Buffer.alloc(64);

  /** `field`: index in the scanner; not used when the record's timestamp is the event time. */
  constructor(eventTime: ResolvedEventTime, scanner: JsonScanner, field: number) {
    this.scanner = scanner;
    this.field = eventTime.kind === 'field' ? field : -1;
    this.shift = eventTime.kind === 'field' && eventTime.unit === 's' ? SECONDS_SHIFT : 0;
  }

  /** Milliseconds of the record that was scanned last, in `buffer`; NaN when it has no usable time, see `problem`. */
  read(buffer: Buffer, recordTimestampMs: number): number {
    const { scanner, field } = this;
    // Kafka writes −1 for "no timestamp".
    if (field < 0) return recordTimestampMs < 0 ? this.refuse('eventTimeMissing') : this.check(recordTimestampMs);
    const type = scanner.types[field]!;
    const start = scanner.starts[field]!;
    const end = scanner.ends[field]!;
    if (type === NUMBER) {
      const value = scanner.numbers[field]!;
      // Up to 15 digits and a sign: an integer here was one in the text.
      if (end - start <= EXACT_DIGITS + 1 && value === Math.trunc(value))
        return this.check(this.shift === 0 ? value : value * 1000);
      return this.check(floorScaled(buffer, start, end, this.shift));
    }
    if (type === STRING) return this.readText(buffer, start, end);
    return this.refuse(type === ABSENT || type === NULL ? 'eventTimeMissing' : 'eventTimeType');
  }

  private readText(buffer: Buffer, start: number, end: number): number {
    let from = buffer;
    let first = start;
    let last = end;
    if (this.scanner.escaped[this.field] === 1) {
      if (end - start > this.scratch.length) this.scratch = Buffer.alloc((end - start) * 2);
      from = this.scratch;
      first = 0;
      last = unescapeJson(buffer, start, end, { to: from, at: 0 });
    }
    if (numberEnd(from, first) !== last) return this.refuse('eventTimeType');
    return this.check(floorScaled(from, first, last, this.shift));
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

/** ⌊x · 10^shift⌋ of the JSON number x in `buffer[start, end)`; exact up to 2^53, ±Infinity or a too large number beyond. */
export function floorScaled(buffer: Buffer, start: number, end: number, shift: number): number {
  const negative = buffer[start] === 0x2d;
  let mantissa = 0;
  let digits = 0;
  let fraction = -1;
  let i = negative ? start + 1 : start;
  for (; i < end; i++) {
    const c = buffer[i]!;
    if (c === 0x2e) fraction = digits;
    else if (c >= 0x30 && c <= 0x39) {
      mantissa = mantissa * 10 + (c - 0x30);
      digits++;
    } else break;
  }
  if (i < end || digits > EXACT_DIGITS) return floorLong(buffer.toString('latin1', start, end), shift);
  const signed = negative ? -mantissa : mantissa;
  const places = (fraction < 0 ? 0 : digits - fraction) - shift;
  // A quotient of at most 15 digits is farther from the next integer than rounding can carry it.
  return places <= 0 ? signed * 10 ** -places : Math.floor(signed / 10 ** places);
}

/** The same for any number of digits and any exponent. */
function floorLong(text: string, shift: number): number {
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = whole + part;
  const digits = all.replace(/^0+/, '');
  if (digits === '') return 0;
  /** How many of the digits stand before the point. */
  const point = whole.length - (all.length - digits.length) + Number(exponent) + shift;
  if (point > 17) return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const integer = point <= 0 ? 0 : Number(digits.slice(0, point).padEnd(point, '0'));
  const hasRest = /[1-9]/.test(digits.slice(Math.max(point, 0)));
  if (sign !== '-') return integer;
  return hasRest ? -integer - 1 : -integer;
}

// The parts of a time, in Greenwich or in a time zone, and the text of it.
import { zoneOffsetMs } from '../../../crds/index.ts';
import { Duration, FAILURE, Timestamp, type Value } from './values.ts';

const DAY_MS = 86_400_000;

/** A date whose UTC parts are those of the zone. */
type Local = (date: Date) => number;

const OF_DATE: ReadonlyMap<string, Local> = new Map<string, Local>([
  ['getFullYear', (date) => date.getUTCFullYear()],
  ['getMonth', (date) => date.getUTCMonth()],
  ['getDate', (date) => date.getUTCDate()],
  ['getDayOfMonth', (date) => date.getUTCDate() - 1],
  ['getDayOfWeek', (date) => date.getUTCDay()],
  ['getDayOfYear', dayOfYear],
  ['getHours', (date) => date.getUTCHours()],
  ['getMinutes', (date) => date.getUTCMinutes()],
  ['getSeconds', (date) => date.getUTCSeconds()],
  ['getMilliseconds', (date) => date.getUTCMilliseconds()],
]);

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['getHours', 3_600_000],
  ['getMinutes', 60_000],
  ['getSeconds', 1_000],
]);

/** What `name` gets of a time; undefined when it is no such function. */
export function partOfTime(name: string, time: Value, zone: string | undefined): Value | undefined {
  const part = OF_DATE.get(name);
  if (part === undefined) return undefined;
  if (time instanceof Duration) {
    // The whole of it in that unit, except milliseconds: those of its second.
    if (zone !== undefined) return FAILURE;
    const unitMs = UNIT_MS.get(name);
    return (unitMs === undefined ? Math.trunc(time.ms % 1_000) : Math.trunc(time.ms / unitMs)) + 0;
  }
  if (!(time instanceof Timestamp)) return FAILURE;
  const ms = Math.floor(time.ms);
  const offset = zone === undefined ? 0 : offsetMs(zone, ms);
  return Number.isNaN(offset) ? FAILURE : part(new Date(ms + offset));
}

/** RFC 3339 in Greenwich, with as much of a fraction as there is. */
export function timestampText(ms: number): string {
  return new Date(Math.floor(ms)).toISOString().replace(/\.000Z$/, 'Z');
}

/** In seconds, as CEL writes it: 90s, 0.25s. */
export function durationText(ms: number): string {
  return `${ms / 1_000 + 0}s`;
}

function dayOfYear(date: Date): number {
  const first = new Date(0);
  first.setUTCFullYear(date.getUTCFullYear(), 0, 1);
  return Math.floor((date.getTime() - first.getTime()) / DAY_MS);
}

const formats = new Map<string, Intl.DateTimeFormat | null>();

/** How far a zone is east of Greenwich at a time; NaN for what is no zone. */
function offsetMs(zone: string, ms: number): number {
  const fixed = zoneOffsetMs(zone);
  if (!Number.isNaN(fixed)) return fixed;
  const format = formatOf(zone);
  if (format === null) return Number.NaN;
  const part = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const local = new Date(0);
  local.setUTCFullYear(part.get('year') ?? 0, (part.get('month') ?? 1) - 1, part.get('day') ?? 1);
  local.setUTCHours(part.get('hour') ?? 0, part.get('minute') ?? 0, part.get('second') ?? 0);
  return local.getTime() - Math.floor(ms / 1_000) * 1_000;
}

/** More zones than there are in the world come from records, not from an expression. */
const MAX_FORMATS = 1_000;

function formatOf(zone: string): Intl.DateTimeFormat | null {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = newFormat(zone);
  if (formats.size < MAX_FORMATS) formats.set(zone, format);
  return format;
}

function newFormat(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-u-hc-h23', {
      timeZone,
      calendar: 'gregory',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

// ISO 8601 text to milliseconds, byte by byte: one strict grammar instead of Date.parse, whose leniency differs by engine and which
// takes local time for what has no zone.

const ZERO = 0x30;
const NINE = 0x39;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const COLON = 0x3a;
const UPPER_T = 0x54;
const UPPER_Z = 0x5a;
const SPACE = 0x20;
/** Makes an ASCII letter lower case. */
const LOWER = 0x20;

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;
/** Of years and of everything else; −1 is what no digits give. */
const NO_DIGITS = -1;

const DAYS_BEFORE_MONTH = Int32Array.of(0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334);
const DAYS_OF_MONTH = Int32Array.of(31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31);
/** Days from 0000-01-01 to 1970-01-01. */
const EPOCH_DAY = 719_528;

/**
 * Epoch milliseconds of the text in `from[start, end)`, floored; NaN when it is none of
 * `2026-01-31`, `2026-01-31T23:59`, `2026-01-31T23:59:58`, `2026-01-31T23:59:58.123456789`, each time of day with `Z`, `+01:30`, `+0130`,
 * `+01` or nothing behind it. A space or `t` may stand for `T`, `z` for `Z`, a comma for the point; any number of decimals. What has
 * no zone is UTC, a date alone is its first millisecond in UTC. Years are 0000 to 9999; second 60 and hour 24 are refused.
 */
export function isoTimeMs(from: Buffer, start: number, end: number): number {
  if (end - start < 10 || from[start + 4] !== MINUS || from[start + 7] !== MINUS) return Number.NaN;
  const century = twoDigits(from, start, end);
  const yearOfCentury = twoDigits(from, start + 2, end);
  const month = twoDigits(from, start + 5, end);
  const day = twoDigits(from, start + 8, end);
  if (century < 0 || yearOfCentury < 0) return Number.NaN;
  const year = century * 100 + yearOfCentury;
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth(year, month)) return Number.NaN;
  const midnightMs = dayOf(year, month, day) * MS_PER_DAY;
  let i = start + 10;
  if (i === end) return midnightMs;

  if (from[i] !== SPACE && (from[i]! | LOWER) !== (UPPER_T | LOWER)) return Number.NaN;
  const hour = twoDigits(from, i + 1, end);
  const minute = from[i + 3] === COLON ? twoDigits(from, i + 4, end) : NO_DIGITS;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return Number.NaN;
  i += 6;
  let ms = 0;
  if (i < end && from[i] === COLON) {
    const second = twoDigits(from, i + 1, end);
    if (second < 0 || second > 59) return Number.NaN;
    ms = second * 1000;
    i += 3;
    if (i < end && (from[i] === DOT || from[i] === COMMA)) {
      const decimals = ++i;
      for (let scale = 100; i < end && isDigit(from[i]!); i++, scale = (scale / 10) | 0)
        ms += (from[i]! - ZERO) * scale;
      if (i === decimals) return Number.NaN;
    }
  }
  return midnightMs + hour * 3_600_000 + minute * MS_PER_MINUTE + ms - zoneMs(from, i, end);
}

/** Offset from UTC of the zone that is all of `from[start, end)`, 0 for none; NaN when it is no zone. */
function zoneMs(from: Buffer, start: number, end: number): number {
  if (start === end) return 0;
  const sign = from[start]!;
  if ((sign | LOWER) === (UPPER_Z | LOWER)) return start + 1 === end ? 0 : Number.NaN;
  if (sign !== PLUS && sign !== MINUS) return Number.NaN;
  const hours = twoDigits(from, start + 1, end);
  let minutes = 0;
  if (end !== start + 3) {
    const at = from[start + 3] === COLON ? start + 4 : start + 3;
    minutes = end === at + 2 ? twoDigits(from, at, end) : NO_DIGITS;
  }
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN;
  const offsetMs = (hours * 60 + minutes) * MS_PER_MINUTE;
  return sign === PLUS ? offsetMs : -offsetMs;
}

function twoDigits(from: Buffer, at: number, end: number): number {
  if (at + 2 > end) return NO_DIGITS;
  const tens = from[at]!;
  const ones = from[at + 1]!;
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + (ones - ZERO) : NO_DIGITS;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function daysOfMonth(year: number, month: number): number {
  return DAYS_OF_MONTH[month - 1]! + (month === 2 && isLeapYear(year) ? 1 : 0);
}

/** Days since 1970-01-01, in the Gregorian calendar for all years. */
function dayOf(year: number, month: number, day: number): number {
  // Leap days of the years before this one; 0000 is one.
  const before =
    year === 0 ? 0 : 1 + Math.floor((year - 1) / 4) - Math.floor((year - 1) / 100) + Math.floor((year - 1) / 400);
  const leap = month > 2 && isLeapYear(year) ? 1 : 0;
  return year * 365 + before + DAYS_BEFORE_MONTH[month - 1]! + leap + day - 1 - EPOCH_DAY;
}

// Times in expressions, in milliseconds: how their text is read. Shared by validation, which judges constants, and the runtime.

const TIMESTAMP_TEXT = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const DURATION_TEXT =
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h|d)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h|d))*$/;
const OFFSET_TEXT = /^([+-]?)(\d{1,2}):(\d\d)$/;

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Years 1 to 9999, as in CEL. */
export const MIN_TIMESTAMP_MS = -62_135_596_800_000;
export const MAX_TIMESTAMP_MS = 253_402_300_799_999;

/** Epoch milliseconds of RFC 3339 text such as 2026-01-01T00:00:00Z, with fractions; NaN for anything else. */
export function timestampMs(text: string): number {
  const found = TIMESTAMP_TEXT.exec(text);
  if (found === null) return Number.NaN;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (month < 1 || date.getUTCMonth() !== month - 1 || hour > 23 || minute > 59 || second > 59) return Number.NaN;
  const fraction = found[7] === undefined ? 0 : Number(`0.${found[7]}`) * 1_000;
  const [offsetHours, offsetMinutes] = [Number(found[9] ?? 0), Number(found[10] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return Number.NaN;
  const offset = (found[8] === '-' ? -1 : 1) * (offsetHours * 3_600_000 + offsetMinutes * 60_000);
  const ms = date.getTime() + hour * 3_600_000 + minute * 60_000 + second * 1_000 + fraction - offset;
  return ms >= MIN_TIMESTAMP_MS && ms < MAX_TIMESTAMP_MS + 1 ? ms : Number.NaN;
}

/** Milliseconds of text such as 250ms, 1h30m or -1.5s; NaN for anything else. */
export function durationTextMs(text: string): number {
  if (text === '0') return 0;
  if (!DURATION_TEXT.test(text)) return Number.NaN;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([a-zµ]+)/g))
    sum += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return text.startsWith('-') ? 0 - sum : sum;
}

/** Milliseconds east of Greenwich of text such as +02:00; NaN for anything else. */
export function zoneOffsetMs(text: string): number {
  const found = OFFSET_TEXT.exec(text);
  if (found === null) return Number.NaN;
  const [hours, minutes] = [Number(found[2]), Number(found[3])];
  if (hours > 23 || minutes > 59) return Number.NaN;
  return (found[1] === '-' ? -1 : 1) * (hours * 3_600_000 + minutes * 60_000);
}

/** Whether the text names a time zone: an offset, or a name of the time zone database such as Europe/Berlin. */
export function isTimeZone(text: string): boolean {
  if (!Number.isNaN(zoneOffsetMs(text))) return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

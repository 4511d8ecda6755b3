// The event time of a record's value, for the Kafka timestamp of a record that is given none. Only a default: what the job makes of
// the value is for its own reader to say.
import type { ResolvedEventTime } from '../../crds/index.ts';
import type { SourceRecord } from './test-file.ts';

const PER_MS = { s: 0.001, ms: 1, us: 1_000, ns: 1_000_000 } as const;
/** Farthest time from 1970 that a date can have. */
const MAX_TIME_MS = 8.64e15;

/** Milliseconds; null when there is no time to be read. */
export function eventTimeOf(
  record: Pick<SourceRecord, 'key' | 'value' | 'headers'>,
  eventTime: ResolvedEventTime,
): number | null {
  if (eventTime.kind === 'recordTimestamp') return null;
  const field = partOf(record, eventTime.field);
  if (typeof field !== 'string' && typeof field !== 'number') return null;
  const ms =
    eventTime.unit === 'iso8601'
      ? isoMs(String(field))
      : Math.floor(Number(field || Number.NaN) / PER_MS[eventTime.unit]);
  return Number.isFinite(ms) && Math.abs(ms) <= MAX_TIME_MS ? ms : null;
}

function partOf({ key, value, headers }: Pick<SourceRecord, 'key' | 'value' | 'headers'>, field: string): unknown {
  if (field === '$key') return key;
  if (field.startsWith('$headers.')) return headers.find((header) => `$headers.${header.key}` === field)?.value;
  return value === null ? undefined : fieldOf(parsed(value), field);
}

/** What stands at `a.b`; undefined when there is nothing. */
export function fieldOf(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (here, part) =>
        typeof here === 'object' && here !== null && Object.hasOwn(here, part)
          ? (here as Record<string, unknown>)[part]
          : undefined,
      value,
    );
}

/** Undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A time without a zone is one of UTC. */
function isoMs(text: string): number {
  const hasZone = /([zZ]|[-+]\d\d:?\d\d)$/.test(text) || !text.includes('T');
  return Date.parse(hasZone ? text : `${text}Z`);
}

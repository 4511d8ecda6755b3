// Why a record is bad: a closed list, because it is a metric label and a header of dead letters, and the words for each.

export const BAD_REASONS = [
  'malformed',
  'notAnObject',
  'eventTimeMissing',
  'eventTimeType',
  'eventTimeFormat',
  'eventTimeRange',
  'eventTimeFuture',
  'keyMissing',
  'keyType',
  'inputType',
  'inputRange',
] as const;

export type BadReason = (typeof BAD_REASONS)[number];

export interface BadRecord {
  readonly reason: BadReason;
  /** Field path as written in the manifest, or the text of an expression; null when it is about the whole record. */
  readonly field: string | null;
  /** What stands there, as text; null when nothing does. */
  readonly value: string | null;
}

const RULES: Readonly<Record<BadReason, string>> = {
  malformed: 'the value must be one valid JSON document',
  notAnObject: 'the value must be a JSON object',
  eventTimeMissing: 'the event time must not be null or absent',
  eventTimeType: 'the event time must be a number or the text of one',
  eventTimeFormat: 'the event time must be ISO 8601 text such as 2026-01-31T23:59:58.123Z',
  eventTimeRange: 'the event time must be within ±8.64e15 milliseconds of 1970',
  eventTimeFuture: 'the event time must not be further ahead of the Kafka timestamp than watermark.maxFuture',
  keyMissing: 'a key must not be null or absent',
  keyType: 'a key must be text, a number, true or false',
  inputType: 'an aggregate input must be of a type that the aggregate takes',
  inputRange: 'an aggregate input must be a number within ±(2^53 − 1)',
};

const MAX_SHOWN_LENGTH = 100;

/** One line for logs, Events and dead letters: field, rule and value, truncated. */
export function badRecordMessage({ reason, field, value }: BadRecord): string {
  const where = field === null ? '' : `${field}: `;
  const got =
    value === null ? 'nothing' : value.length <= MAX_SHOWN_LENGTH ? value : `${value.slice(0, MAX_SHOWN_LENGTH)}…`;
  return `${where}${RULES[reason]}, got ${got}`;
}

// The small schemas that all parts share. Every node carries its rule as words: they become the text after the path in a
// message. JSON schema keywords that the custom resource definition needs (lengths, patterns) come from here as well.
import { z } from 'zod';
import {
  DURATION_MAX_LENGTH,
  DURATION_PATTERN,
  DURATION_RULE,
  SIGNED_DURATION_PATTERN,
  durationMs,
} from '../duration.ts';

/** An object that knows all its fields: a misspelt one is a problem, never ignored. */
export function object<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape);
}

/** JSON schema keyword of ours: the words that belong to a pattern. */
export const RULE_TEXT = 'x-streamjob-rule';

/** Text that must match a pattern. `rule` reads as the end of "spec.x: …". */
export function text(options: { rule: string; pattern: string; maxLength: number }) {
  const { rule, pattern, maxLength } = options;
  return z
    .string({ error: rule })
    .max(maxLength, { error: `${rule} (at most ${maxLength} characters)` })
    .regex(new RegExp(pattern, 'u'), { error: rule })
    .meta({ [RULE_TEXT]: rule });
}

/** A duration ≥ 0. */
export function duration() {
  return text({ rule: DURATION_RULE, pattern: DURATION_PATTERN, maxLength: DURATION_MAX_LENGTH }).refine(
    (value) => durationMs(value) !== null || !new RegExp(DURATION_PATTERN).test(value),
    { error: 'must be less than 2^53 milliseconds' },
  );
}

/** A duration that may be negative. */
export function signedDuration() {
  return text({
    rule: `${DURATION_RULE}, or one with a minus sign`,
    pattern: SIGNED_DURATION_PATTERN,
    maxLength: DURATION_MAX_LENGTH,
  }).refine((value) => durationMs(value) !== null || !new RegExp(SIGNED_DURATION_PATTERN).test(value), {
    error: 'must be less than 2^53 milliseconds',
  });
}

export function topicName() {
  return text({
    rule: 'must be a Kafka topic name: letters, digits, dots, dashes and underscores',
    pattern: '^[a-zA-Z0-9._-]+$',
    maxLength: 249,
  });
}

export function bootstrapServers(options: { mayBeEmpty: boolean }) {
  const one = '(\\[[0-9a-fA-F:.]+\\]|[^,:/\\s\\[\\]]+):[0-9]{1,5}';
  const list = `${one}(\\s*,\\s*${one})*`;
  return text({
    rule: 'must be host:port, several separated by commas',
    pattern: options.mayBeEmpty ? `^(${list})?$` : `^${list}$`,
    maxLength: 4096,
  });
}

/** A dotted path into the record's JSON value, or what a record has besides it; a leading `$` is reserved for that. */
export function fieldPath() {
  return text({
    rule: 'must be a field path such as userId or user.id, $key, $partition, $timestamp or $headers.<name>',
    pattern: '^(\\$key|\\$partition|\\$timestamp|\\$headers\\..+|[^.$]([^.]|\\.[^.])*)$',
    maxLength: 256,
  });
}

export function flag() {
  return z.boolean();
}

/** An integer that a double holds exactly. */
export function integer() {
  return z.int({ error: (issue) => (issue.code === 'invalid_type' ? 'must be an integer' : undefined) });
}

export function wholeNumber(min: number, max = 2_147_483_647) {
  return integer().min(min).max(max);
}

/** An empty object, for variants that have nothing to set: `json: {}`. */
export function nothing() {
  return object({});
}

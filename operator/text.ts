// Texts that go to users through conditions and Events, which must stay short.

/** Longest text of a condition or an Event, in bytes of UTF-8. */
export const TEXT_MAX_BYTES = 1024;

/** The text itself, or its beginning with `…` so that it fits; a character is never cut in two. */
export function truncateText(text: string, maxBytes: number = TEXT_MAX_BYTES): string {
  if (Buffer.byteLength(text, 'utf8') <= maxBytes) return text;
  const bytes = Buffer.from(text, 'utf8').subarray(0, maxBytes - 3);
  let end = bytes.length;
  // A continuation byte (10xxxxxx) right after the cut means that the cut is inside a character.
  const whole = Buffer.from(text, 'utf8');
  while (end > 0 && ((whole[end] ?? 0) & 0xc0) === 0x80) end--;
  return `${bytes.subarray(0, end).toString('utf8')}…`;
}

/** The message of an error with those of its causes, without repeating what a cause already said. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === '' ? error.name : error.message;
  const nested = error instanceof AggregateError ? error.errors.map(errorText).join('; ') : '';
  const cause = error.cause === undefined ? nested : errorText(error.cause);
  return cause === '' || own.includes(cause) ? own : `${own}: ${cause}`;
}

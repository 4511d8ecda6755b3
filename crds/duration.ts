// Durations as they are written in a manifest: one whole number and one unit, `250ms 10s 5m 1h 1d`.

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNIT_MS;

/** Pattern of a duration ≥ 0, as text because the custom resource definition carries it too. */
export const DURATION_PATTERN = '^[0-9]{1,12}(ms|s|m|h|d)$';
/** The same with an optional minus sign: window offsets. */
export const SIGNED_DURATION_PATTERN = '^-?[0-9]{1,12}(ms|s|m|h|d)$';
/** Longest text that either pattern lets through. */
export const DURATION_MAX_LENGTH = 15;
/** The rule in words, used by every message about a duration. */
export const DURATION_RULE = 'must be a duration such as 250ms, 10s, 5m, 1h or 1d';

/**
 * Milliseconds of a duration text; a leading minus is allowed.
 * @throws RangeError when the text is no duration or its milliseconds are beyond 2^53 − 1.
 */
export function parseDuration(text: string): number {
  const ms = durationMs(text);
  if (ms === null) throw new RangeError(`${DURATION_RULE}; got ${JSON.stringify(text)}`);
  return ms;
}

/** Milliseconds of a duration text, or null when it is none. */
export function durationMs(text: unknown): number | null {
  if (typeof text !== 'string') return null;
  const match = /^(-?)([0-9]{1,12})(ms|s|m|h|d)$/.exec(text);
  if (match === null) return null;
  const ms = Number(match[2]) * UNIT_MS[match[3] as Unit];
  if (!Number.isSafeInteger(ms)) return null;
  return match[1] === '-' && ms !== 0 ? -ms : ms;
}

/**
 * The shortest text of whole milliseconds that `parseDuration` reads back: 60000 → `1m`, 0 → `0s`, 1500 → `1500ms`.
 * @throws RangeError when `ms` is not a whole number or needs more than 12 digits.
 */
export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms)) throw new RangeError(`a duration must be a whole number of milliseconds; got ${ms}`);
  if (ms === 0) return '0s';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = ms / UNIT_MS[unit];
    if (!Number.isInteger(count)) continue;
    if (Math.abs(count) >= 1e12) break;
    return `${count}${unit}`;
  }
  throw new RangeError(`a duration must fit into 12 digits of one unit; got ${ms} ms`);
}

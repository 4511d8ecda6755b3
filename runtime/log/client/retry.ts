// The one way to wait for something at a broker (S9): exponential back-off with jitter, a deadline, and a reason that can be shown.
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import type { ErrorCode } from '../broker.ts';
import { isRetryableError, isUnreachable } from './error-codes.ts';

const MIN_MS = 5;
const MAX_MS = 250;

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal;
  /** First wait. Default 5. */
  readonly minMs?: number;
  /** Longest wait. Default 250. */
  readonly maxMs?: number;
  /** Gives up this long after the start; absent: never. */
  readonly deadlineMs?: number;
  /**
   * What to do when `attempt` throws an error with unknown outcome: only a request that does no harm when it is executed twice may
   * be sent again. Errors that say that nothing was sent are always tried again, all others are thrown.
   */
  readonly unknownOutcome: 'retry' | 'throw';
  /** Told the reason before each wait, and null once there was one and it is over. */
  readonly onWait?: (why: string | null) => void;
}

/** The answer, or the code to be waited for and what it was that answered so. */
export type Attempt<T> = { readonly value: T } | { readonly again: ErrorCode; readonly what: string };

export class RetryDeadlineError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'RetryDeadlineError';
    this.code = code;
  }
}

/** Milliseconds before attempt `attempt` + 1: doubling from `minMs` to `maxMs`, of which a random half is taken off. */
export function backoffMs(attempt: number, random: Random, bounds: { minMs?: number; maxMs?: number } = {}): number {
  const { minMs = MIN_MS, maxMs = MAX_MS } = bounds;
  const fullMs = Math.min(maxMs, minMs * 2 ** Math.min(attempt, 30));
  return fullMs * (0.5 + random.next() / 2);
}

/**
 * Calls `attempt` until it has a value. Throws RetryDeadlineError at the deadline, the signal's reason when aborted, and whatever
 * `attempt` throws that may not be repeated.
 */
export async function retry<T>(attempt: (number: number) => Promise<Attempt<T>>, options: RetryOptions): Promise<T> {
  const { clock, random, signal, deadlineMs, onWait } = options;
  const startedMs = clock.monotonicMs();
  let waited = false;
  try {
    for (let number = 0; ; number++) {
      signal?.throwIfAborted();
      const outcome = await once(attempt, number, options);
      if ('value' in outcome) return outcome.value;
      const spentMs = clock.monotonicMs() - startedMs;
      const waitMs = backoffMs(number, random, options);
      if (deadlineMs !== undefined && spentMs + waitMs > deadlineMs)
        throw new RetryDeadlineError(
          outcome.again,
          `${outcome.what}: still ${outcome.again} after ${Math.round(spentMs)} ms (limit ${deadlineMs} ms)`,
          'cause' in outcome ? { cause: outcome.cause } : {},
        );
      waited = true;
      onWait?.(`${outcome.what}: ${outcome.again}`);
      await clock.sleep(waitMs, signal);
    }
  } finally {
    if (waited) onWait?.(null);
  }
}

async function once<T>(
  attempt: (number: number) => Promise<Attempt<T>>,
  number: number,
  options: RetryOptions,
): Promise<Attempt<T> | { again: ErrorCode; what: string; cause: unknown }> {
  try {
    return await attempt(number);
  } catch (error) {
    if (!isRetryableError(error) || (options.unknownOutcome === 'throw' && !isUnreachable(error))) throw error;
    return { again: 'code' in error ? String(error.code) : error.name, what: error.message, cause: error };
  }
}

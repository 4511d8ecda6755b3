// Time as a dependency of the control plane: queue, leases and back-off are tested in virtual time.

/** Undoes a scheduled call; calling it twice, or after the call ran, does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** Wall clock, epoch milliseconds (integer). */
  now(): number;
  /** Calls `run` once after `delayMs`. */
  schedule(delayMs: number, run: () => void): Cancel;
}

/** Resolves after `delayMs`; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Like `sleep`, for loops that end by looking at the signal: resolves early when it is aborted. */
export async function sleepUntilAborted(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(clock, delayMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The machine's clock. Timers keep the process alive; whoever schedules cancels. */
export const systemClock: Clock = {
  now: () => Date.now(),
  schedule: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

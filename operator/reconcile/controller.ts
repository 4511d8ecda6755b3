// Turns of many jobs at once: takes keys off the queue and hands them to the reconciler, a fixed number at a time, so that
// one slow job never stands in the way of the others.
import type { Clock } from '../clock.ts';
import type { WorkQueue } from '../kube/index.ts';
import type { Outcome } from './reconciler.ts';

export interface ControllerOptions {
  readonly queue: WorkQueue;
  readonly reconcile: (key: string) => Promise<Outcome>;
  readonly clock: Clock;
  readonly concurrency: number;
  readonly onOutcome?: (
    key: string,
    outcome: Outcome,
    more: { readonly durationMs: number; readonly retryInMs: number | null },
  ) => void;
}

/** Runs until the signal is aborted; turns under way are finished. */
export async function runController(options: ControllerOptions, signal: AbortSignal): Promise<void> {
  const { queue } = options;
  const close = (): void => queue.close();
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  await Promise.all(Array.from({ length: options.concurrency }, () => work(options)));
}

async function work(options: ControllerOptions): Promise<void> {
  const { queue, clock } = options;
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    const startedMs = clock.now();
    let retryInMs: number | null = null;
    let outcome: Outcome;
    try {
      outcome = await options.reconcile(key);
    } catch (error) {
      outcome = { kind: 'failed', error };
    } finally {
      queue.done(key);
    }
    if (outcome.kind === 'failed') retryInMs = queue.addAfterFailure(key);
    else queue.forget(key);
    if (outcome.kind === 'requeue') queue.addAfter(key, outcome.afterMs);
    options.onOutcome?.(key, outcome, { durationMs: clock.now() - startedMs, retryInMs });
  }
}

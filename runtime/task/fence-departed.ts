// Aborts what departed members have left open, so that nobody waits for their transactions to time out.
import { fenceTransactionalId } from '../log/client/index.ts';
import type { WorkerOptions } from './worker-options.ts';

/** A fence that fails costs only time: the transaction times out by itself. So it is told and not thrown. */
export async function fenceDeparted(
  options: WorkerOptions,
  instanceIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { broker, clock, random, log, job, transactionalId } = options;
  for (const instanceId of instanceIds) {
    try {
      await fenceTransactionalId({
        broker,
        clock,
        random,
        transactionalId: transactionalId(instanceId),
        transactionTimeoutMs: job.delivery.transactionTimeoutMs,
        signal,
      });
      log.info('fenced', { instanceId });
    } catch (error) {
      if (!signal.aborted) log.warn('fence-failed', { instanceId, error: String(error) });
    }
  }
}

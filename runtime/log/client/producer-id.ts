// InitProducerId(−1, −1): the only way to end an open transaction without knowing how it stands (W4), our own or a departed one's.
import type { ProducerIdentity } from '../broker.ts';
import { retry } from './retry.ts';
import { kindOf, TransactionError } from './transaction-error.ts';
import type { ClientParts } from './types.ts';

export interface InitOptions extends ClientParts {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly onWait?: (why: string | null) => void;
}

/** Tries until it succeeds or is aborted. Throws TransactionError `rejected` when it never can. */
export async function initProducerId(options: InitOptions): Promise<ProducerIdentity> {
  const { broker, transactionalId, transactionTimeoutMs } = options;
  const what = `InitProducerId of ${transactionalId}`;
  return await retry<ProducerIdentity>(
    async () => {
      const { error, producerId, producerEpoch } = await broker.initProducerId({
        transactionalId,
        transactionTimeoutMs,
      });
      if (error === 'NONE') return { value: { producerId, producerEpoch } };
      // Without a producer id in the request nothing but a refusal is final: each attempt asks for a fresh start.
      if (kindOf(error) === 'rejected')
        throw new TransactionError({ kind: 'rejected', code: error, message: `${what}: ${error}`, partitions: [] });
      return { again: error, what };
    },
    { ...options, unknownOutcome: 'retry' },
  );
}

/**
 * Aborts what a departed member had open, so that nobody waits for its transaction to time out (S3). Fencing one that is alive
 * costs it one retry. The same errors as `initProducerId`.
 */
export async function fenceTransactionalId(options: InitOptions): Promise<void> {
  await initProducerId(options);
}

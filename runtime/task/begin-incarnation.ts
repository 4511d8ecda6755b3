// The baseline, as the leader of a generation writes it: a store that fails is told of, and asked again for as long as it leads.
import { StoreError } from '../checkpoint/index.ts';
import type { GroupStamp } from '../log/broker.ts';
import { ensureBaseline, type BaselineOptions, type TopicPartitions } from './baseline.ts';
import type { Troubles } from './troubles.ts';

/** Answer and errors as `ensureBaseline`; those of the store are `retryable`. */
// oxlint-disable-next-line max-params -- the shape of ensureBaseline
export async function beginIncarnation(
  options: BaselineOptions & { readonly troubles: Troubles },
  counts: readonly TopicPartitions[],
  stamp: GroupStamp,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { troubles } = options;
  try {
    const committers = await ensureBaseline(options, counts, stamp, signal);
    troubles.storage(null);
    return committers;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    troubles.storage(error);
    throw Object.assign(new Error(`the beginning of the job cannot be written: ${error.message}`, { cause: error }), {
      retryable: true,
    });
  }
}

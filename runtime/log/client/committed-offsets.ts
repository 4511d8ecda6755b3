// OffsetFetch with require_stable for many tasks in one request: each goes on as soon as its own answer is stable (S3, S9).
import type { Broker, CommittedOffset, ErrorCode, TopicPartition } from '../broker.ts';
import { isRetriable } from './error-codes.ts';
import { partitionKey } from './partition-key.ts';
import { retry } from './retry.ts';
import type { ClientParts } from './types.ts';

/** The committed offsets cannot be read, and waiting does not help. */
export class OffsetFetchError extends Error {
  readonly code: ErrorCode;
  readonly retryable = false;
  constructor(code: ErrorCode, message: string) {
    super(message);
    this.name = 'OffsetFetchError';
    this.code = code;
  }
}

export interface StableOffsets {
  /** Final: all with error NONE. */
  readonly stable: readonly CommittedOffset[];
  /** A transaction that contains an offset of these is not decided yet. */
  readonly unstable: readonly TopicPartition[];
}

export interface FetchCommittedOptions extends ClientParts {
  readonly groupId: string;
  readonly partitions: readonly TopicPartition[];
  readonly signal: AbortSignal;
  /** Told of each partition as soon as it is stable. */
  readonly onStable?: (offset: CommittedOffset) => void;
  readonly onWait?: (why: string | null) => void;
}

/**
 * What is stable now, without waiting for the rest; `again` when the coordinator is not ready. Throws
 * OffsetFetchError for what no waiting cures, BrokerError for a request that failed.
 */
export async function fetchStableNow(
  broker: Broker,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<StableOffsets | { readonly again: ErrorCode }> {
  const answer = await broker.offsetFetch({ groupId, partitions });
  if (answer.error !== 'NONE') return again(answer.error, groupId);
  const answered = new Map(answer.offsets.map((offset) => [partitionKey(offset), offset]));
  const stable: CommittedOffset[] = [];
  const unstable: TopicPartition[] = [];
  for (const { topic, partition } of partitions) {
    const offset = answered.get(partitionKey({ topic, partition }));
    const error = offset?.error ?? 'CORRUPT';
    if (offset !== undefined && error === 'NONE') stable.push(offset);
    else if (isRetriable(error)) unstable.push({ topic, partition });
    else throw new OffsetFetchError(error, `OffsetFetch of group ${groupId}: ${error} for ${topic}-${partition}`);
  }
  return { stable, unstable };
}

/** The committed offsets of all partitions, in the order given; waits for those in an undecided transaction. Errors as `fetchStableNow`. */
export async function fetchCommitted(options: FetchCommittedOptions): Promise<CommittedOffset[]> {
  const { broker, groupId, partitions, onStable } = options;
  const found = new Map<string, CommittedOffset>();
  let waitingFor = partitions;
  if (partitions.length === 0) return [];
  return await retry<CommittedOffset[]>(
    async () => {
      const answer = await fetchStableNow(broker, groupId, waitingFor);
      if ('again' in answer) return { again: answer.again, what: `OffsetFetch of group ${groupId}` };
      for (const offset of answer.stable) {
        found.set(partitionKey(offset), offset);
        onStable?.(offset);
      }
      waitingFor = answer.unstable;
      if (waitingFor.length > 0)
        return { again: 'UNSTABLE_OFFSET_COMMIT', what: `OffsetFetch of ${names(waitingFor)}` };
      return { value: partitions.flatMap((each) => found.get(partitionKey(each)) ?? []) };
    },
    { ...options, unknownOutcome: 'retry' },
  );
}

function again(error: ErrorCode, groupId: string): { again: ErrorCode } {
  if (isRetriable(error)) return { again: error };
  throw new OffsetFetchError(error, `OffsetFetch of group ${groupId}: ${error}`);
}

function names(partitions: readonly TopicPartition[]): string {
  const some = partitions.slice(0, 3).map(({ topic, partition }) => `${topic}-${partition}`);
  return partitions.length > some.length
    ? `${some.join(', ')} and ${partitions.length - some.length} more`
    : some.join(', ');
}

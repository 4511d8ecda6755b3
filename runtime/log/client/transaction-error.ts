// Why a transaction did not go on, sorted by what its owner has to do about it.
import type { ErrorCode, TopicPartition } from '../broker.ts';
import { isAuthorizationFailure } from './error-codes.ts';
import { partitionKey } from './partition-key.ts';

/**
 * - `generation`: the group has moved on. The transaction is still open: wait until the membership is settled, then repeat
 *   `sendOffsets` with the new stamp in the same transaction, if all its tasks are still ours (W5).
 * - `fenced`: the outcome is unknown, or the transactional id was taken over or forgotten: `initialise`, then ask OffsetFetch (W4).
 * - `member`: we are out of the group; nothing was committed.
 * - `rejected`: the broker refuses the content, and would again; `partitions` says which and why.
 */
export type TransactionErrorKind = 'generation' | 'fenced' | 'member' | 'rejected';

export interface RejectedPartition extends TopicPartition {
  readonly error: ErrorCode;
  readonly message: string;
}

export class TransactionError extends Error {
  readonly kind: TransactionErrorKind;
  readonly code: ErrorCode;
  readonly partitions: readonly RejectedPartition[];
  /** The same content may pass in another transaction. */
  readonly retryable: boolean;

  constructor(
    details: { kind: TransactionErrorKind; code: ErrorCode; message: string; partitions: readonly RejectedPartition[] },
    options: { cause?: unknown } = {},
  ) {
    super(details.message, options);
    this.name = 'TransactionError';
    this.kind = details.kind;
    this.code = details.code;
    this.partitions = details.partitions;
    this.retryable = details.kind !== 'rejected';
  }
}

const GENERATION: ReadonlySet<string> = new Set(['ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS']);
const MEMBER: ReadonlySet<string> = new Set(['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID']);
const REJECTED: ReadonlySet<string> = new Set([
  'INVALID_TIMESTAMP',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REQUIRED_ACKS',
  'INVALID_COMMIT_OFFSET_SIZE',
  'INVALID_TRANSACTION_TIMEOUT',
  'INVALID_GROUP_ID',
  'OFFSET_METADATA_TOO_LARGE',
  'POLICY_VIOLATION',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNKNOWN_TOPIC_OR_PARTITION',
]);

/** How an error code ends a step of a transaction. Codes that nobody knows are `fenced`: the broker is asked what became of it. */
export function kindOf(code: ErrorCode): TransactionErrorKind {
  if (GENERATION.has(code)) return 'generation';
  if (MEMBER.has(code)) return 'member';
  if (REJECTED.has(code) || isAuthorizationFailure(code)) return 'rejected';
  return 'fenced';
}

/** What decides when the partitions of one answer failed in several ways: that which rules out most. */
const SEVERITY: readonly TransactionErrorKind[] = ['member', 'rejected', 'fenced', 'generation'];

export type PartitionVerdict =
  | { readonly kind: 'ok' }
  /** Only these failed, and all may pass when sent again as they are. */
  | { readonly kind: 'again'; readonly code: ErrorCode; readonly failed: readonly RejectedPartition[] }
  | { readonly kind: 'failed'; readonly error: TransactionError };

interface Answer extends TopicPartition {
  readonly error: ErrorCode;
  readonly errorMessage?: string | null;
}

export interface Judgement {
  /** Says in messages what was asked. */
  readonly step: string;
  readonly asked: readonly TopicPartition[];
  readonly answers: readonly Answer[];
  readonly retriable: (code: ErrorCode) => boolean;
}

/** Judges the answer for many partitions: every code counts, and a partition without an answer is no success (W5c). */
export function judge({ step, asked, answers, retriable }: Judgement): PartitionVerdict {
  const failed = missing(asked, answers);
  for (const { topic, partition, error, errorMessage } of answers)
    if (error !== 'NONE') failed.push({ topic, partition, error, message: errorMessage ?? error });
  const [first] = failed;
  if (first === undefined) return { kind: 'ok' };
  const attempted = failed.filter(({ error }) => error !== 'OPERATION_NOT_ATTEMPTED');
  const final = attempted.filter(({ error }) => !retriable(error));
  if (final.length === 0) return { kind: 'again', code: (attempted[0] ?? first).error, failed };
  const kind = SEVERITY.find((kind) => final.some(({ error }) => kindOf(error) === kind)) ?? 'fenced';
  const culprits = final.filter(({ error }) => kindOf(error) === kind);
  return { kind: 'failed', error: failure(step, kind, culprits) };
}

function missing(asked: readonly TopicPartition[], answers: readonly Answer[]): RejectedPartition[] {
  const answered = new Set(answers.map(partitionKey));
  return asked
    .filter((partition) => !answered.has(partitionKey(partition)))
    .map(({ topic, partition }) => ({ topic, partition, error: 'CORRUPT', message: 'the answer leaves it out' }));
}

function failure(step: string, kind: TransactionErrorKind, partitions: readonly RejectedPartition[]): TransactionError {
  const named = partitions.slice(0, 3).map(({ topic, partition, message }) => `${topic}-${partition} (${message})`);
  const more = partitions.length > named.length ? ` and ${partitions.length - named.length} more` : '';
  const code = partitions[0]?.error ?? 'UNKNOWN_SERVER_ERROR';
  return new TransactionError({ kind, code, message: `${step}: ${code} for ${named.join(', ')}${more}`, partitions });
}

// The client layer of the log, the only door to it.
export { type AssignorInput, type AssignorMember, type AssignorResult, assign } from './assignor.ts';
export {
  type FetchCommittedOptions,
  fetchCommitted,
  fetchStableNow,
  OffsetFetchError,
  type StableOffsets,
} from './committed-offsets.ts';
export { isAuthorizationFailure, isLeaderMove, isRetriable } from './error-codes.ts';
export { GroupMember } from './group-member.ts';
export { LogReader } from './log-reader.ts';
export { GroupMemberError, type GroupMemberErrorKind } from './membership-error.ts';
export { assignedTo, ownershipOf, releasingBy } from './ownership.ts';
export { partitionKey } from './partition-key.ts';
export { fenceTransactionalId, type InitOptions } from './producer-id.ts';
export { type Attempt, backoffMs, retry, RetryDeadlineError, type RetryOptions } from './retry.ts';
export { type RejectedPartition, TransactionError, type TransactionErrorKind } from './transaction-error.ts';
export {
  type ProduceRecords,
  type ProducerState,
  TransactionalProducer,
  type TransactionalProducerOptions,
} from './transactional-producer.ts';
export type {
  ClientParts,
  GroupAssignment,
  GroupMemberEvents,
  GroupMemberOptions,
  LogReaderOptions,
  Ownership,
  OwnershipMap,
  ReaderChunk,
  ReaderFailure,
  ReaderItem,
  TopicPartitionCount,
} from './types.ts';

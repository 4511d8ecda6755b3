// What each error code of Kafka means to a client: try again, or not. One table, so that reader, producer and member agree.
import { BrokerError, type ErrorCode } from '../broker.ts';

const COORDINATOR_CODES = ['COORDINATOR_LOAD_IN_PROGRESS', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR'] as const;

const LEADER_CODES = [
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'LISTENER_NOT_FOUND',
  'PREFERRED_LEADER_NOT_AVAILABLE',
] as const;

const RETRIABLE: ReadonlySet<string> = new Set([
  ...COORDINATOR_CODES,
  ...LEADER_CODES,
  'CONCURRENT_TRANSACTIONS',
  'CORRUPT_MESSAGE',
  'NETWORK_EXCEPTION',
  'NOT_CONTROLLER',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REBALANCE_IN_PROGRESS',
  'REQUEST_TIMED_OUT',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNSTABLE_OFFSET_COMMIT',
]);

/** The same request may succeed later, without anything being changed. */
export function isRetriable(code: ErrorCode): boolean {
  return RETRIABLE.has(code);
}

/** The partition has, or may have, another leader: ask for metadata first. */
export function isLeaderMove(code: ErrorCode): boolean {
  return (LEADER_CODES as readonly string[]).includes(code);
}

/** Somebody with rights to the cluster must act. */
export function isAuthorizationFailure(code: ErrorCode): boolean {
  return code.endsWith('AUTHORIZATION_FAILED');
}

/** The request was not, or perhaps not, executed; it can be sent again when that does no harm. */
export function isRetryableError(error: unknown): error is Error {
  return error instanceof Error && 'retryable' in error && error.retryable === true;
}

/** The request was certainly not sent. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof BrokerError && error.code === 'UNREACHABLE';
}

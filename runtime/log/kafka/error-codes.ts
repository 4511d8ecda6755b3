// Numbers of Kafka's error codes to the names that the log port speaks.
import { protocolErrorsCodesById } from '@platformatic/kafka';
import type { ErrorCode } from '../broker.ts';

/** A code newer than our table keeps its number, so that it is an error all the same. */
export function errorName(code: number): ErrorCode {
  return protocolErrorsCodesById[code] ?? `ERROR_${code}`;
}

/** For a partition that was asked about and is not in the answer. */
export const NOT_ANSWERED: ErrorCode = 'UNKNOWN_SERVER_ERROR';

/** What we know about the leader or the identity of this partition is out of date. */
const STALE_METADATA: ReadonlySet<ErrorCode> = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]);

export function isStaleMetadata(error: ErrorCode): boolean {
  return STALE_METADATA.has(error);
}

/** The broker that was asked does not coordinate this group or transactional id (any more). */
export function isStaleCoordinator(error: ErrorCode): boolean {
  return error === 'NOT_COORDINATOR' || error === 'COORDINATOR_NOT_AVAILABLE';
}

// Requests about partitions: one per leader, all at the same time, one answer per partition.
import type { ErrorCode, TopicPartition } from '../broker.ts';
import { type Cluster, leaderOf } from './cluster.ts';
import { ConnectError, type ConnectionPool } from './connection-pool.ts';
import { isStaleMetadata, NOT_ANSWERED } from './error-codes.ts';
import { inOrderOf } from './partitions.ts';
import type { RequestSpec } from './request-spec.ts';

export interface LeaderParts {
  readonly pool: ConnectionPool;
  readonly cluster: Cluster;
}

export interface LeaderCall<Asked, Body, Answer> {
  readonly spec: RequestSpec<Body, Answer[]>;
  readonly body: (part: readonly (Asked & { readonly leaderEpoch: number })[]) => Body;
  readonly timeoutMs: number;
  /** The answer for a partition to whose leader nothing was sent; `why` is for people. */
  readonly failed: (asked: Asked, error: ErrorCode, why: string) => Answer;
}

/**
 * Answers come in the order of `asked`. Partitions without a leader that can be reached answer LEADER_NOT_AVAILABLE. Rejects
 * when the outcome is unknown for any leader, after all have answered or failed.
 */
export async function askLeaders<
  Asked extends TopicPartition,
  Body,
  Answer extends TopicPartition & { readonly error: ErrorCode },
>(parts: LeaderParts, asked: readonly Asked[], call: LeaderCall<Asked, Body, Answer>): Promise<Answer[]> {
  const { cluster } = parts;
  const topics = await cluster.topics(asked.map(({ topic }) => topic));
  const answers: Answer[] = [];
  const byLeader = new Map<number, (Asked & { leaderEpoch: number })[]>();
  for (const each of asked) {
    const { error, leaderId, leaderEpoch } = leaderOf(topics.get(each.topic), each.partition);
    if (error === 'NONE') {
      const part = byLeader.get(leaderId) ?? [];
      byLeader.set(leaderId, part);
      part.push({ ...each, leaderEpoch });
    } else {
      cluster.invalidate(each.topic);
      answers.push(call.failed(each, error, 'no leader is known'));
    }
  }
  const settled = await Promise.allSettled(
    [...byLeader].map(([leaderId, part]) => askLeader(parts, { leaderId, part, call })),
  );
  for (const result of settled) {
    if (result.status === 'rejected') {
      for (const { topic } of asked) cluster.invalidate(topic);
      throw result.reason;
    }
    answers.push(...result.value);
  }
  for (const { topic, error } of answers) if (isStaleMetadata(error)) cluster.invalidate(topic);
  return inOrderOf(asked, answers, (each) => call.failed(each, NOT_ANSWERED, 'the broker left it out of its answer'));
}

async function askLeader<Asked extends TopicPartition, Body, Answer>(
  { pool, cluster }: LeaderParts,
  {
    leaderId,
    part,
    call,
  }: { leaderId: number; part: readonly (Asked & { leaderEpoch: number })[]; call: LeaderCall<Asked, Body, Answer> },
): Promise<Answer[]> {
  const allFailed = (error: ErrorCode, why: string): Answer[] => part.map((each) => call.failed(each, error, why));
  const address = cluster.addressOf(leaderId);
  if (address === null) return allFailed('LEADER_NOT_AVAILABLE', `broker ${leaderId} is not part of the cluster`);
  try {
    const connection = await pool.get(address, 'data');
    if (!connection.supports(call.spec))
      return allFailed('UNSUPPORTED_VERSION', `broker ${leaderId} does not know ${call.spec.name}`);
    return await connection.request(call.spec, call.body(part), { timeoutMs: call.timeoutMs });
  } catch (error) {
    if (error instanceof ConnectError) return allFailed('LEADER_NOT_AVAILABLE', error.message);
    throw error;
  }
}

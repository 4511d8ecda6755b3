// One long poll at one leader, on a connection that serves nothing else.
import type { ErrorCode, FetchedPartition, FetchPartition, FetchRequest } from '../broker.ts';
import { type Cluster, leaderOf } from './cluster.ts';
import { ConnectError, type ConnectionPool } from './connection-pool.ts';
import { isStaleMetadata, NOT_ANSWERED } from './error-codes.ts';
import { inOrderOf } from './partitions.ts';
import { fetch, fetchError, type FetchResponseBody } from './requests/fetch.ts';

export interface FetchParts {
  readonly pool: ConnectionPool;
  readonly cluster: Cluster;
  readonly requestTimeoutMs: number;
}

/** As `Broker.fetch`. A leader that cannot be reached answers LEADER_NOT_AVAILABLE for each partition. */
export async function fetchFromLeader(
  parts: FetchParts,
  request: FetchRequest,
  signal: AbortSignal,
): Promise<readonly FetchedPartition[]> {
  signal.throwIfAborted();
  const { pool, cluster } = parts;
  const fail = (error: ErrorCode): FetchedPartition[] => {
    for (const { topic } of request.partitions) cluster.invalidate(topic);
    return request.partitions.map((each) => fetchError(each, error));
  };

  const topics = await cluster.topics(request.partitions.map(({ topic }) => topic));
  const errorOf = ({ topic, topicId }: FetchPartition): ErrorCode => {
    const found = topics.get(topic) ?? { error: 'UNKNOWN_TOPIC_OR_PARTITION', topicId: '' };
    if (found.error !== 'NONE') return found.error;
    // Somebody else has asked for metadata since: the broker would take the new id for what is wanted.
    return topicId === undefined || topicId === found.topicId ? 'NONE' : 'UNKNOWN_TOPIC_ID';
  };
  const known = request.partitions.filter((each) => errorOf(each) === 'NONE');
  const unknown = request.partitions
    .filter((each) => errorOf(each) !== 'NONE')
    .map((each) => fetchError(each, errorOf(each)));
  if (known.length === 0) return unknown;
  const address = cluster.addressOf(request.leaderId);
  if (address === null) return fail('LEADER_NOT_AVAILABLE');

  const topicIds = new Map(known.map(({ topic }) => [topic, topics.get(topic)?.topicId ?? '']));
  const partitions = known.map((each) => {
    const { leaderId, leaderEpoch } = leaderOf(topics.get(each.topic), each.partition);
    return { ...each, leaderEpoch: leaderId === request.leaderId ? leaderEpoch : -1 };
  });
  let answer: FetchResponseBody;
  try {
    const connection = await pool.get(address, 'fetch');
    const { minBytes, maxBytes } = request;
    // Errors that are known already are told at once: a long poll for the others would hide them.
    const maxWaitMs = unknown.length > 0 ? 0 : request.maxWaitMs;
    const options = { timeoutMs: maxWaitMs + parts.requestTimeoutMs, signal };
    answer = await connection.request(fetch, { maxWaitMs, minBytes, maxBytes, partitions, topicIds }, options);
  } catch (error) {
    if (error instanceof ConnectError) return fail('LEADER_NOT_AVAILABLE');
    if (!signal.aborted) for (const { topic } of request.partitions) cluster.invalidate(topic);
    throw error;
  }
  if (answer.error !== 'NONE') return fail(answer.error);
  const names = new Map([...topicIds].map(([name, id]) => [id, name]));
  const fetched = answer.partitions.map((each) => ({ ...each, topic: names.get(each.topic) ?? each.topic }));
  for (const { topic, error } of fetched) if (isStaleMetadata(error)) cluster.invalidate(topic);
  return inOrderOf(request.partitions, [...fetched, ...unknown], (each) => fetchError(each, NOT_ANSWERED));
}

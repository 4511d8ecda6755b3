// The log port on a real Kafka cluster: routes each request to the broker that must answer it and hands the answer on as data.
import type {
  Broker,
  ClusterMetadata,
  EpochEnd,
  ErrorCode,
  FetchedPartition,
  FetchRequest,
  GroupStamp,
  JoinRequest,
  JoinResponse,
  ListedOffset,
  OffsetAndMetadata,
  OffsetSpec,
  PartitionError,
  ProducedPartition,
  ProducePartition,
  ProducerIdentity,
  SyncRequest,
  TopicPartition,
  TransactionalRequest,
} from '../broker.ts';
import type { Cluster } from './cluster.ts';
import type { ConnectionPool } from './connection-pool.ts';
import type { Answer, Coordinated, Coordinators } from './coordinators.ts';
import { NOT_ANSWERED } from './error-codes.ts';
import { fetchFromLeader } from './fetch-from-leader.ts';
import { askLeaders } from './leaders.ts';
import { inOrderOf, partitionError } from './partitions.ts';
import type { RequestSpec } from './request-spec.ts';
import { deleteRecords } from './requests/delete-records.ts';
import { heartbeat, joinGroup, leaveGroup, type LeaveGroupBody, syncGroup } from './requests/groups.ts';
import { EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, listOffsets } from './requests/list-offsets.ts';
import { offsetFetch } from './requests/offset-fetch.ts';
import { offsetForLeaderEpoch } from './requests/offset-for-leader-epoch.ts';
import { produce } from './requests/produce.ts';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  initProducerId,
  txnOffsetCommit,
} from './requests/transactions.ts';
import { untilAborted } from './until-aborted.ts';

export interface KafkaBrokerParts {
  readonly pool: ConnectionPool;
  readonly cluster: Cluster;
  readonly coordinators: Coordinators;
  /** Wait for an answer, on top of what the request itself lets the broker wait. */
  readonly requestTimeoutMs: number;
}

export class KafkaBroker implements Broker {
  readonly #parts: KafkaBrokerParts;
  /** How long a group's members may take to join, which is how long SyncGroup may take to be answered. */
  readonly #rebalanceTimeoutMs = new Map<string, number>();

  constructor(parts: KafkaBrokerParts) {
    this.#parts = parts;
  }

  async metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    const answer = await this.#parts.cluster.refresh(topics);
    return { clusterId: answer.clusterId, topics: answer.topics };
  }

  async listOffsets(
    partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
  ): Promise<readonly ListedOffset[]> {
    const listed = await this.#listOffsets(partitions);
    // No record is as late as the time asked for: the end of the log is the answer.
    const none = partitions.filter((_, index) => listed[index]?.error === 'NONE' && listed[index].offset < 0);
    if (none.length === 0) return listed;
    const ends = await this.#listOffsets(none.map((each) => ({ ...each, at: 'latest' as const })));
    return inOrderOf(partitions, [...listed, ...ends], (each) => ({
      ...partitionError(each, NOT_ANSWERED),
      offset: -1,
    }));
  }

  offsetsForLeaderEpochs(
    partitions: readonly (TopicPartition & { readonly leaderEpoch: number })[],
  ): Promise<readonly EpochEnd[]> {
    const asked = partitions.map(({ topic, partition, leaderEpoch: askedEpoch }) => ({ topic, partition, askedEpoch }));
    return askLeaders(this.#parts, asked, {
      spec: offsetForLeaderEpoch,
      body: (part) => part,
      timeoutMs: this.#parts.requestTimeoutMs,
      failed: (each, error) => ({ ...partitionError(each, error), leaderEpoch: -1, endOffset: -1 }),
    });
  }

  fetch(request: FetchRequest, signal: AbortSignal): Promise<readonly FetchedPartition[]> {
    return untilAborted(fetchFromLeader(this.#parts, request, signal), signal);
  }

  deleteRecords(
    offsets: readonly (TopicPartition & { readonly offset: number })[],
  ): Promise<readonly PartitionError[]> {
    const timeoutMs = this.#parts.requestTimeoutMs;
    return askLeaders(this.#parts, offsets, {
      spec: deleteRecords,
      body: (part) => ({ offsets: part, timeoutMs }),
      timeoutMs: timeoutMs * 2,
      failed: partitionError,
    });
  }

  produce(request: {
    transactionalId: string;
    timeoutMs: number;
    partitions: readonly ProducePartition[];
  }): Promise<readonly ProducedPartition[]> {
    const { transactionalId, timeoutMs } = request;
    return askLeaders(this.#parts, request.partitions, {
      spec: produce,
      body: (partitions) => ({ transactionalId, timeoutMs, partitions }),
      timeoutMs: timeoutMs + this.#parts.requestTimeoutMs,
      failed: (each, error, why) => ({ ...partitionError(each, error), errorMessage: why, baseOffset: -1 }),
    });
  }

  initProducerId(request: {
    transactionalId: string;
    transactionTimeoutMs: number;
  }): Promise<ProducerIdentity & { error: ErrorCode }> {
    const refused = (error: ErrorCode) => ({ error, producerId: -1n, producerEpoch: -1 });
    return this.#transaction(initProducerId, request, refused);
  }

  async addPartitionsToTxn(
    request: TransactionalRequest & { partitions: readonly TopicPartition[] },
  ): Promise<readonly PartitionError[]> {
    const { partitions } = request;
    const answers = await this.#transaction(addPartitionsToTxn, request, (error) => allFailed(partitions, error));
    return inOrderOf(partitions, answers, (each) => partitionError(each, NOT_ANSWERED));
  }

  addOffsetsToTxn(request: TransactionalRequest & { groupId: string }): Promise<{ error: ErrorCode }> {
    return this.#transaction(addOffsetsToTxn, request, (error) => ({ error }));
  }

  async txnOffsetCommit(
    request: TransactionalRequest & { group: GroupStamp; offsets: readonly OffsetAndMetadata[] },
  ): Promise<readonly PartitionError[]> {
    const { group, offsets } = request;
    const answers = await this.#group(group.groupId, txnOffsetCommit, request, (error) => allFailed(offsets, error));
    return inOrderOf(offsets, answers, (each) => partitionError(each, NOT_ANSWERED));
  }

  endTxn(request: TransactionalRequest & { commit: true }): Promise<{ error: ErrorCode }> {
    return this.#transaction(endTxn, request, (error) => ({ error }));
  }

  async offsetFetch(request: { groupId: string; partitions: readonly TopicPartition[] }) {
    const answer = await this.#group(request.groupId, offsetFetch, request, (error) => ({ error, offsets: [] }));
    const missing = (each: TopicPartition) => ({
      ...partitionError(each, NOT_ANSWERED),
      offset: -1,
      leaderEpoch: -1,
      metadata: '',
    });
    return answer.error === 'NONE'
      ? { error: answer.error, offsets: inOrderOf(request.partitions, answer.offsets, missing) }
      : answer;
  }

  joinGroup(request: JoinRequest, signal: AbortSignal): Promise<JoinResponse> {
    const { rebalanceTimeoutMs, sessionTimeoutMs } = request;
    this.#rebalanceTimeoutMs.set(request.groupId, rebalanceTimeoutMs);
    const timeoutMs = rebalanceTimeoutMs + sessionTimeoutMs + this.#parts.requestTimeoutMs;
    const refused = (error: ErrorCode): JoinResponse => ({
      error,
      generation: -1,
      memberId: request.memberId,
      leaderId: '',
      protocolName: null,
      skipAssignment: false,
      members: [],
    });
    const call = { spec: joinGroup, request, options: { timeoutMs, signal } };
    return untilAborted(this.#parts.coordinators.ask(joining(request.groupId), call, refused), signal);
  }

  syncGroup(request: SyncRequest): Promise<{ error: ErrorCode; assignment: Uint8Array }> {
    const timeoutMs = (this.#rebalanceTimeoutMs.get(request.groupId) ?? 0) + this.#parts.requestTimeoutMs;
    const refused = (error: ErrorCode) => ({ error, assignment: new Uint8Array(0) });
    const call = { spec: syncGroup, request, options: { timeoutMs } };
    return this.#parts.coordinators.ask(joining(request.groupId), call, refused);
  }

  heartbeat(stamp: GroupStamp): Promise<{ error: ErrorCode }> {
    return this.#group(stamp.groupId, heartbeat, stamp, (error) => ({ error }));
  }

  leaveGroup(request: LeaveGroupBody): Promise<{ error: ErrorCode }> {
    return this.#group(request.groupId, leaveGroup, request, (error) => ({ error }));
  }

  close(): Promise<void> {
    return this.#parts.pool.close();
  }

  #listOffsets(partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[]): Promise<ListedOffset[]> {
    return askLeaders(this.#parts, partitions, {
      spec: listOffsets,
      body: (part) =>
        part.map(({ topic, partition, at, leaderEpoch }) => ({
          topic,
          partition,
          timestampMs: timestampOf(at),
          leaderEpoch,
        })),
      timeoutMs: this.#parts.requestTimeoutMs,
      failed: (each, error) => ({ ...partitionError(each, error), offset: -1 }),
    });
  }

  #transaction<Request extends { readonly transactionalId: string }, Response extends Answer>(
    spec: RequestSpec<Request, Response>,
    request: Request,
    refused: (error: ErrorCode) => Response,
  ): Promise<Response> {
    const to: Coordinated = { kind: 'transaction', key: request.transactionalId, purpose: 'transaction' };
    return this.#parts.coordinators.ask(
      to,
      { spec, request, options: { timeoutMs: this.#parts.requestTimeoutMs } },
      refused,
    );
  }

  // oxlint-disable-next-line max-params -- private, and the same shape as #transaction
  #group<Request, Response extends Answer>(
    groupId: string,
    spec: RequestSpec<Request, Response>,
    request: Request,
    refused: (error: ErrorCode) => Response,
  ): Promise<Response> {
    const to: Coordinated = { kind: 'group', key: groupId, purpose: 'group' };
    return this.#parts.coordinators.ask(
      to,
      { spec, request, options: { timeoutMs: this.#parts.requestTimeoutMs } },
      refused,
    );
  }
}

function joining(groupId: string): Coordinated {
  return { kind: 'group', key: groupId, purpose: 'join' };
}

function allFailed(partitions: readonly TopicPartition[], error: ErrorCode): PartitionError[] {
  return partitions.map((each) => partitionError(each, error));
}

function timestampOf(at: OffsetSpec): number {
  if (at === 'earliest') return EARLIEST_TIMESTAMP;
  return at === 'latest' ? LATEST_TIMESTAMP : at.timestampMs;
}

// Every request of the log port, executed on the cluster's state in one step: routing between logs and coordinators, and the
// checks that a broker makes before it asks them.
import type {
  Broker,
  CommittedOffset,
  EpochEnd,
  ErrorCode,
  ListedOffset,
  OffsetSpec,
  PartitionError,
  ProducedPartition,
  ProducePartition,
  TopicPartition,
  TransactionalRequest,
} from '../broker.ts';
import { asBuffer, HEADER_BYTES, readBatchHeader, TRANSACTIONAL_BIT } from '../batch/index.ts';
import type { GroupCoordinator } from './group-coordinator.ts';
import type { OffsetStore } from './group-offsets.ts';
import type { Groups } from './group-registry.ts';
import type { PartitionLog } from './partition-log.ts';
import type { Timers } from './timers.ts';
import type { Topics } from './topics.ts';
import type { TransactionCoordinator } from './transaction-coordinator.ts';

export interface ClusterState {
  readonly topics: Topics;
  readonly transactions: TransactionCoordinator;
  readonly groups: Groups;
  readonly coordinator: GroupCoordinator;
  readonly offsets: OffsetStore;
  readonly timers: Timers;
  /** `offset.metadata.max.bytes`, counted in characters as the broker does. */
  readonly offsetMetadataMaxBytes: number;
}

type Request<K extends keyof Broker> = Parameters<Broker[K]>[0];

export function produce(state: ClusterState, request: Request<'produce'>): readonly ProducedPartition[] {
  return request.partitions.map((each) => producePartition(state, request.transactionalId, each));
}

function producePartition(state: ClusterState, transactionalId: string, each: ProducePartition): ProducedPartition {
  const { topic, partition } = each;
  const refused = (error: ErrorCode, errorMessage: string | null): ProducedPartition => ({
    topic,
    partition,
    error,
    errorMessage,
    baseOffset: -1,
  });
  const log = state.topics.find(each);
  if (log === null) return refused('UNKNOWN_TOPIC_OR_PARTITION', null);
  const error = verifyProduce(state, { log, transactionalId, batch: asBuffer(each.batch) });
  if (error !== 'NONE') return refused(error, `the transaction ${transactionalId} does not take this batch`);
  return { topic, partition, ...log.append(each.batch, state.timers.wallMs()) };
}

/** A partition asks the transaction's coordinator before the first batch of a transaction. */
function verifyProduce(
  state: ClusterState,
  write: { log: PartitionLog; transactionalId: string; batch: Buffer },
): ErrorCode {
  const { log, transactionalId, batch } = write;
  if (batch.length < HEADER_BYTES) return 'CORRUPT_MESSAGE';
  const header = readBatchHeader(batch);
  const { attributes, producerId, producerEpoch } = header;
  const transactional = (attributes & TRANSACTIONAL_BIT) !== 0;
  if (!transactional || log.producers.hasOngoingTransaction(producerId, producerEpoch)) return 'NONE';
  log.producers.expectVerification(header);
  const at = { topic: log.topic, partition: log.partition };
  const error = state.transactions.verify({ transactionalId, producerId, producerEpoch }, { kind: 'partition', at });
  // Clients know this one as a reason to send the batch again.
  return error === 'CONCURRENT_TRANSACTIONS' ? 'NOT_ENOUGH_REPLICAS' : error;
}

/** All partitions or none are taken into the transaction. */
export function addPartitions(
  state: ClusterState,
  request: TransactionalRequest & { partitions: readonly TopicPartition[] },
): PartitionError[] {
  const missing = request.partitions.filter((at) => state.topics.find(at) === null);
  if (missing.length > 0) {
    return request.partitions.map(({ topic, partition }) => {
      const exists = state.topics.find({ topic, partition }) !== null;
      return { topic, partition, error: exists ? 'OPERATION_NOT_ATTEMPTED' : 'UNKNOWN_TOPIC_OR_PARTITION' };
    });
  }
  const error = state.transactions.add(
    request,
    request.partitions.map(({ topic, partition }) => ({ kind: 'partition', at: { topic, partition } })),
  );
  return request.partitions.map(({ topic, partition }) => ({ topic, partition, error }));
}

export function txnOffsetCommit(state: ClusterState, request: Request<'txnOffsetCommit'>): PartitionError[] {
  const { group, offsets, producerId, producerEpoch } = request;
  const all = (error: ErrorCode): PartitionError[] =>
    offsets.map(({ topic, partition }) => ({
      topic,
      partition,
      error: state.topics.find({ topic, partition }) === null ? 'UNKNOWN_TOPIC_OR_PARTITION' : error,
    }));
  if (group.groupId === '') return all('INVALID_GROUP_ID');
  const identity = { producerId, producerEpoch };
  if (!state.offsets.hasPending(group.groupId, identity)) {
    const error = state.transactions.verify(request, { kind: 'offsets', groupId: group.groupId });
    if (error !== 'NONE') return all(error);
  }
  const refused = state.coordinator.validateTxnCommit(group);
  if (refused !== 'NONE') return all(refused);
  state.groups.findOrCreate(group.groupId);
  const nowMs = state.timers.wallMs();
  return offsets.map((offset) => {
    const { topic, partition } = offset;
    if (state.topics.find(offset) === null) return { topic, partition, error: 'UNKNOWN_TOPIC_OR_PARTITION' };
    if (offset.metadata.length > state.offsetMetadataMaxBytes)
      return { topic, partition, error: 'OFFSET_METADATA_TOO_LARGE' };
    state.offsets.addPending(group.groupId, identity, { offset, nowMs });
    return { topic, partition, error: 'NONE' };
  });
}

export function offsetFetch(
  state: ClusterState,
  request: Request<'offsetFetch'>,
): { error: ErrorCode; offsets: readonly CommittedOffset[] } {
  if (request.groupId === '') return { error: 'INVALID_GROUP_ID', offsets: [] };
  state.groups.cleanUp();
  return { error: 'NONE', offsets: request.partitions.map((at) => state.offsets.fetch(request.groupId, at)) };
}

/** A partition may be asked for once per request only. */
export function listOffsets(state: ClusterState, partitions: Request<'listOffsets'>): ListedOffset[] {
  return partitions.map(({ topic, partition, at }) => {
    const same = partitions.filter((each) => each.topic === topic && each.partition === partition);
    if (same.length > 1) return { topic, partition, error: 'INVALID_REQUEST', offset: -1 };
    const log = state.topics.find({ topic, partition });
    if (log === null) return { topic, partition, error: 'UNKNOWN_TOPIC_OR_PARTITION', offset: -1 };
    return { topic, partition, error: 'NONE', offset: offsetAt(log, at) };
  });
}

function offsetAt(log: PartitionLog, at: OffsetSpec): number {
  if (at === 'earliest') return log.logStartOffset;
  if (at === 'latest') return log.highWatermark;
  return log.offsetForTime(at.timestampMs) ?? log.highWatermark;
}

export function offsetsForLeaderEpochs(topics: Topics, partitions: Request<'offsetsForLeaderEpochs'>): EpochEnd[] {
  return partitions.map(({ topic, partition, leaderEpoch }) => {
    const end = topics.find({ topic, partition })?.endOfEpoch(leaderEpoch);
    if (end !== undefined) return { topic, partition, error: 'NONE', ...end };
    return { topic, partition, error: 'UNKNOWN_TOPIC_OR_PARTITION', leaderEpoch: -1, endOffset: -1 };
  });
}

export function deleteRecords(state: ClusterState, offsets: Request<'deleteRecords'>): PartitionError[] {
  return offsets.map(({ topic, partition, offset }) => {
    const error = state.topics.find({ topic, partition })?.deleteRecords(offset) ?? 'UNKNOWN_TOPIC_OR_PARTITION';
    return { topic, partition, error };
  });
}

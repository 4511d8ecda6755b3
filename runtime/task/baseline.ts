// The beginning of an incarnation. The group's leader commits the first offset of every task before anybody gets an assignment,
// in a transaction that carries the new generation: a leader that was replaced meanwhile is refused by the broker. Afterwards a
// missing or foreign offset is a loss that people must decide on, never a reason to start over.
import type { ResolvedJob } from '../../crds/index.ts';
import type { Baseline, BaselineStore } from '../checkpoint/index.ts';
import type { Clock } from '../clock.ts';
import type { Broker, CommittedOffset, GroupStamp, OffsetSpec, TopicPartition } from '../log/broker.ts';
import { fetchCommitted, TransactionalProducer, partitionKey } from '../log/client/index.ts';
import type { Random } from '../random.ts';
import { decodeCommitMetadata, encodeCommitMetadata } from './commit-metadata.ts';
import { FatalProblem, PlanMismatch } from './problem.ts';

export interface BaselineOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: BaselineStore;
  readonly incarnation: { readonly id: string; readonly number: number };
  readonly planHash: string;
  readonly transactionTimeoutMs: number;
  readonly sourceTopic: string;
  readonly startFrom: OffsetSpec;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: number;
}

/**
 * Answers with the instance ids that have committed last: those that are no members any more may have left something open.
 * Throws FatalProblem or PlanMismatch; StoreError and BrokerError mean: try again.
 */
export async function ensureBaseline(
  options: BaselineOptions,
  topics: readonly TopicPartitions[],
  stamp: GroupStamp,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const all = topics.flatMap(({ topic, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
  );
  const cluster = await options.broker.metadata(topics.map(({ topic }) => topic));
  const baseline = await options.store.read();
  const producer = baselineProducer(options);
  // Without the object a leader may have died while it committed: what it left open is resolved before anything is believed.
  if (baseline === null) await producer.initialise(signal);
  const { broker, clock, random } = options;
  const asked = { broker, clock, random, groupId: stamp.groupId, partitions: all, signal };
  const committed = baseline === null ? await fetchCommitted(asked) : await offsets(options, stamp.groupId, all);
  const present = committed.filter(({ offset, error }) => offset >= 0 || error === 'UNSTABLE_OFFSET_COMMIT');
  for (const offset of present) checkOurs(options, offset);
  if (baseline !== null) {
    checkSameLog(baseline, cluster);
    const missing = committed.filter((offset) => !present.includes(offset));
    const vanished = missing.filter((offset) => baselineHas(baseline, offset));
    if (vanished.length > 0) throw lost(vanished, baseline);
    if (missing.length > 0) await takeUp(options, missing, { stamp, baseline, signal });
    return committers(committed);
  }
  if (present.length === 0)
    await commitFirstOffsets(options, producer, { partitions: all, startFrom: options.startFrom, stamp });
  else if (present.length < all.length)
    throw lost(
      committed.filter((offset) => !present.includes(offset)),
      null,
    );
  const begun = await fetchCommitted(asked);
  const bases = new Map(
    begun.map((offset) => [partitionKey(offset), decodeCommitMetadata(offset.metadata)?.base ?? offset.offset]),
  );
  // Written after the offsets: "no manifest and no offsets" is then always a first start, "manifest and no offsets" always a loss.
  await options.store.write({
    incarnation: options.incarnation.id,
    planHash: options.planHash,
    clusterId: cluster.clusterId,
    createdAtMs: options.clock.now(),
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      topicId: cluster.topics.find((known) => known.topic === topic)?.topicId ?? '',
      offsets: Array.from({ length: partitions }, (_, partition) => bases.get(partitionKey({ topic, partition })) ?? 0),
    })),
  });
  return committers(begun);
}

interface FirstOffsets {
  readonly partitions: readonly TopicPartition[];
  readonly startFrom: OffsetSpec;
  readonly stamp: GroupStamp;
}

async function commitFirstOffsets(
  options: BaselineOptions,
  producer: TransactionalProducer,
  { partitions, startFrom, stamp }: FirstOffsets,
): Promise<void> {
  const listed = await options.broker.listOffsets(
    partitions.map((partition) => ({
      ...partition,
      at: partition.topic === options.sourceTopic ? startFrom : 'earliest',
    })),
  );
  const failed = listed.find(({ error }) => error !== 'NONE');
  if (failed !== undefined)
    throw new FatalProblem({
      reason: failed.error.endsWith('AUTHORIZATION_FAILED') ? 'NotAuthorized' : 'BrokerUnreachable',
      message: `cannot find the first offset of ${partitionKey(failed)}: ${failed.error}`,
      topic: failed.topic,
      partition: failed.partition,
    });
  await producer.sendOffsets(
    stamp,
    listed.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset,
      leaderEpoch: -1,
      metadata: encodeCommitMetadata({
        inc: options.incarnation.number,
        plan: options.planHash,
        base: offset,
        ckpt: null,
        wm: null,
        idle: false,
        quiet: false,
        em: null,
        fw: null,
        since: null,
        by: stamp.instanceId,
        seq: 0,
      }),
    })),
  );
  await producer.commit();
}

function baselineProducer(options: BaselineOptions): TransactionalProducer {
  const { broker, clock, random, incarnation, transactionTimeoutMs } = options;
  return new TransactionalProducer({
    broker,
    clock,
    random,
    transactionalId: `${incarnation.id}-baseline`,
    transactionTimeoutMs,
  });
}

/** The source has grown since the job began: what is new is read from its beginning, wherever the job began. */
async function takeUp(
  options: BaselineOptions,
  partitions: readonly CommittedOffset[],
  { stamp, baseline, signal }: { stamp: GroupStamp; baseline: Baseline; signal: AbortSignal },
): Promise<void> {
  if (baseline.topics.length === 1) {
    const before = baseline.topics[0]?.offsets.length ?? 0;
    throw new FatalProblem({
      reason: 'PartitionsChanged',
      message: `topic ${options.sourceTopic} had ${before} partitions when the job began and has more now: keys have moved to other partitions, and a direct job would count them in parts`,
      userAction: 'delete and re-create the job, with shuffle: always if the topic may grow again',
      topic: options.sourceTopic,
    });
  }
  const producer = baselineProducer(options);
  await producer.initialise(signal);
  await commitFirstOffsets(options, producer, { partitions, startFrom: 'earliest', stamp });
}

function baselineHas({ topics }: Baseline, { topic, partition }: TopicPartition): boolean {
  return topics.some((known) => known.topic === topic && partition < known.offsets.length);
}

function committers(committed: readonly CommittedOffset[]): ReadonlySet<string> {
  return new Set(committed.flatMap(({ metadata }) => decodeCommitMetadata(metadata)?.by ?? []));
}

async function offsets(
  options: BaselineOptions,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<readonly CommittedOffset[]> {
  const answer = await options.broker.offsetFetch({ groupId, partitions });
  const bad = answer.offsets.find(({ error }) => error !== 'NONE' && error !== 'UNSTABLE_OFFSET_COMMIT');
  const error = answer.error === 'NONE' ? bad?.error : answer.error;
  if (error !== undefined)
    throw new FatalProblem({
      reason: error.endsWith('AUTHORIZATION_FAILED') ? 'NotAuthorized' : 'BrokerUnreachable',
      message: `cannot read the committed offsets of group ${groupId}: ${error}`,
    });
  return answer.offsets;
}

/** An offset that is ours, of this incarnation and of this plan. */
export function checkOurs(
  options: Pick<BaselineOptions, 'incarnation' | 'planHash'>,
  committed: CommittedOffset,
): void {
  if (committed.error !== 'NONE') return;
  const metadata = decodeCommitMetadata(committed.metadata);
  const where = `offset ${committed.offset} of ${partitionKey(committed)} in group ${options.incarnation.id}`;
  const details = { topic: committed.topic, partition: committed.partition, offset: committed.offset };
  if (metadata === null || metadata.inc !== options.incarnation.number)
    throw new FatalProblem({
      reason: 'OffsetsChangedOutside',
      message: `${where} was not committed by this job (metadata ${JSON.stringify(committed.metadata.slice(0, 80))}): its state does not belong to this offset`,
      userAction: 'do not reset the offsets of a running job; delete and re-create the job to start over',
      ...details,
    });
  if (metadata.plan !== options.planHash)
    throw new PlanMismatch(
      `${where} was committed under plan ${metadata.plan}, this worker runs plan ${options.planHash}`,
    );
}

function checkSameLog(baseline: Baseline, cluster: Awaited<ReturnType<Broker['metadata']>>): void {
  for (const { topic, topicId } of baseline.topics) {
    const now = cluster.topics.find((known) => known.topic === topic);
    const moved = baseline.clusterId !== cluster.clusterId;
    if (now === undefined || now.error !== 'NONE' || (now.topicId === topicId && !moved)) continue;
    throw new FatalProblem({
      reason: 'OffsetsLost',
      message: moved
        ? `the job began on Kafka cluster ${baseline.clusterId}, this is cluster ${cluster.clusterId}: its offsets mean nothing here`
        : `topic ${topic} was deleted and created again (id ${now.topicId}, was ${topicId}): its offsets mean nothing in the new one`,
      userAction: 'delete and re-create the job to start over on the new topic',
      topic,
    });
  }
}

function lost(missing: readonly CommittedOffset[], baseline: Baseline | null): FatalProblem {
  const [first] = missing;
  return new FatalProblem({
    reason: 'OffsetsLost',
    message: `${missing.length} partitions have no committed offset any more (first: ${first === undefined ? '?' : partitionKey(first)})${
      baseline === null ? '' : `, although the job began at ${new Date(baseline.createdAtMs).toISOString()}`
    }; offsets expire when a group is empty for offsets.retention.minutes`,
    userAction: 'delete and re-create the job to start over; results after the lost offsets will be written again',
    ...(first === undefined ? {} : { topic: first.topic, partition: first.partition }),
  });
}

/** Where a source partition without any offset begins. */
export function firstOffset(startFrom: ResolvedJob['source']['kafka']['startFrom']): OffsetSpec {
  return startFrom.kind === 'timestamp' ? { timestampMs: startFrom.timestampMs } : startFrom.kind;
}

// The vocabulary of the client layer: what reader, producer and group member take and give. Written once, for every
// implementation of the log port.
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import type { RecordBatch } from '../batch/index.ts';
import type { Broker, ErrorCode, GroupStamp, TopicPartition } from '../broker.ts';

/** What every part of the client layer is made with. */
export interface ClientParts {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
}

export interface TopicPartitionCount {
  readonly topic: string;
  readonly partitions: number;
}

// ---------------------------------------------------------------- reader

export interface LogReaderOptions extends ClientParts {
  /** Asked of the broker per partition and fetch. Default 1 MiB. */
  readonly maxPartitionBytes?: number;
  /** Asked of the broker per fetch. Default 16 MiB. */
  readonly maxResponseBytes?: number;
  /** Decoded bytes that wait for `next`; nothing more is fetched above it. Default 32 MiB. */
  readonly maxBufferedBytes?: number;
  /** Bytes after which one `next` ends its answer. Default 4 MiB. */
  readonly maxItemBytes?: number;
  /** Long poll. Default 100. */
  readonly maxWaitMs?: number;
  /** Default 1. */
  readonly minBytes?: number;
  /** A caught-up partition is reported again after this much silence. Default 250. */
  readonly idleReportMs?: number;
  /** How long an unknown topic or partition is asked for again before it is an error item. Default 5,000. */
  readonly unknownTopicGraceMs?: number;
  /** What `next` gave out is done with when `next` is called again: its memory may be used for what is read later. Default false. */
  readonly reuseMemory?: boolean;
  /** Told why the reader waits for something that should not take time, and null when that is over. */
  readonly waiting?: (why: string | null) => void;
}

/** Records of one partition, in order; or news of its position, then `batches` is empty. */
export interface ReaderChunk extends TopicPartition {
  readonly kind: 'chunk';
  /** What `assign` answered: items of an earlier assignment of the same partition have another one. */
  readonly epoch: number;
  readonly batches: readonly RecordBatch[];
  /** Next offset to fold after this item: past control and aborted batches too (S8). */
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** A successful fetch answered with position = high watermark (W8). False as soon as a fetch fails. */
  readonly caughtUp: boolean;
  /** Wall clock, epoch ms, when the fetch was sent: the answer may have waited for long, and says nothing of the time since. */
  readonly askedAtMs: number;
  /** Decoded size. */
  readonly bytes: number;
  /** The memory of the batches may be used again; called by the reader that was asked to reuse it. */
  readonly release?: () => void;
}

/** The partition is read no further until it is assigned again. The reader never chooses another offset by itself (W13). */
export interface ReaderFailure extends TopicPartition {
  readonly kind: 'error';
  readonly epoch: number;
  /**
   * OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC_OR_PARTITION, TOPIC_AUTHORIZATION_FAILED, CORRUPT or another code that no retry can cure.
   * TOPIC_RECREATED is none of Kafka's: the topic has another id than when it was first read, so offsets mean another log.
   */
  readonly error: ErrorCode;
  readonly message: string;
  /** The offset that could not be read. */
  readonly offset: number;
  /** Both known for OFFSET_OUT_OF_RANGE. */
  readonly logStartOffset?: number;
  readonly highWatermark?: number;
  /** Both known for TOPIC_RECREATED. */
  readonly topicId?: string;
  readonly formerTopicId?: string;
}

export type ReaderItem = ReaderChunk | ReaderFailure;

// ---------------------------------------------------------------- ownership

export interface Ownership {
  /** Instance id of the member that has the partition, or gets it as soon as it is released. */
  readonly owner: string;
  /** Instance id of the live member that must let go first; until then nobody else may work on the partition. */
  readonly releasingBy: string | null;
}

/** Who has which partition in one generation: every member gets all of it with its assignment, and sends it back when it joins (S2). */
export interface OwnershipMap {
  readonly generation: number;
  /** Instance ids of all members, also of those without a partition; sorted. */
  readonly instances: readonly string[];
  /** Sorted by name; `partitions[n]` is partition n, and their number is the number of partitions of the topic. */
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly Ownership[] }[];
}

// ---------------------------------------------------------------- membership

export interface GroupAssignment {
  /** For every commit of a transaction that is begun from now on. */
  readonly stamp: GroupStamp;
  /** May be worked on now. */
  readonly partitions: readonly TopicPartition[];
  /** Mine still, to be let go: finish the transaction, checkpoint, commit, leave it out of `claims()`, call `rejoin`. */
  readonly releasing: readonly TopicPartition[];
  readonly map: OwnershipMap;
  readonly partitionCounts: readonly TopicPartitionCount[];
  readonly isLeader: boolean;
}

export interface GroupMemberEvents {
  /**
   * What the worker holds now (assigned, loading or running, and releasing but not released). Asked right before each
   * JoinGroup; it must already reflect the last `assigned` or `lost`. A partition may be left out only when the last
   * transaction that contains it has a known outcome (W5).
   */
  claims(): readonly TopicPartition[];
  /** Asked when this member leads a new generation; retried while it fails with a retryable BrokerError. */
  partitionCounts(): Promise<readonly TopicPartitionCount[]>;
  /** Leader only, between JoinGroup and SyncGroup: commits under `stamp` are valid, nobody works yet. The same retry. */
  beforeAssignment(stamp: GroupStamp, counts: readonly TopicPartitionCount[]): Promise<void>;
  /** Leader only: in the previous map, not in this generation; fence their transactional ids (S3). May come again. */
  departed(instanceIds: readonly string[]): void;
  assigned(assignment: GroupAssignment): void;
  /** Removed from the group by the broker: nothing is held any more; the member joins anew by itself. */
  lost(reason: string): void;
  /** Why membership does not get on, null when it does again. */
  waiting(why: string | null): void;
  /** The end: `run` returns after it. */
  fatal(error: Error): void;
}

export interface GroupMemberOptions extends ClientParts {
  readonly groupId: string;
  readonly instanceId: string;
  /** `sj-<plan hash>`: the broker keeps two plans out of one group (W11). */
  readonly protocolName: string;
  /** All topics the group has offsets of, so that the broker keeps them (W14). */
  readonly topics: readonly string[];
  readonly events: GroupMemberEvents;
  /** Default 15,000. */
  readonly sessionTimeoutMs?: number;
  /** How long a rebalance waits for a silent member. Default 10,000 (L5). */
  readonly rebalanceTimeoutMs?: number;
  /** How late a rebalance may be noticed. Default 1,000. */
  readonly heartbeatIntervalMs?: number;
  /** A release that takes longer makes the leader ask anew (S2). Default 30,000. */
  readonly releaseReminderMs?: number;
}

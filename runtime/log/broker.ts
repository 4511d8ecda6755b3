// The log port: what the runtime asks of Kafka, request by request. Two adapters implement it: log/kafka (a real cluster)
// and log/memory (embedded). Reader, transactional producer and group member (log/client) are written once, on top of it.
//
// Errors: an answer of the broker is data: every response carries `error` codes (Kafka's own names), per request and per
// partition; nobody may ignore them. A request whose outcome is unknown (connection lost, time-out) or that could not be
// sent throws `BrokerError`. Offsets are JavaScript numbers: exact to 2^53.

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Names of Kafka's error codes that the runtime acts on; any other name is passed through as it is. `NONE` is success. */
export type ErrorCode = 'NONE' | (string & {});

export type BrokerErrorCode =
  /** The request may or may not have been executed. */
  | 'UNKNOWN_OUTCOME'
  /** Nothing was sent: no broker of the bootstrap list can be reached. */
  | 'UNREACHABLE'
  /** The broker lacks an API version that the runtime needs. */
  | 'UNSUPPORTED_VERSION'
  /** The answer cannot be decoded, or a checksum does not fit. */
  | 'CORRUPT'
  /** The port was closed by us. */
  | 'CLOSED';

export class BrokerError extends Error {
  readonly code: BrokerErrorCode;
  readonly retryable: boolean;
  constructor(code: BrokerErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'BrokerError';
    this.code = code;
    this.retryable = code === 'UNKNOWN_OUTCOME' || code === 'UNREACHABLE';
  }
}

export interface PartitionMetadata {
  readonly partition: number;
  readonly error: ErrorCode;
  /** Broker that leads the partition, −1 when there is none. */
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

export interface TopicMetadata {
  readonly topic: string;
  /** UUID text; a re-created topic has another one. */
  readonly topicId: string;
  readonly error: ErrorCode;
  /** Ordered by partition number. */
  readonly partitions: readonly PartitionMetadata[];
}

export interface ClusterMetadata {
  readonly clusterId: string;
  readonly topics: readonly TopicMetadata[];
}

export interface FetchPartition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
  /** The topic that is meant: UNKNOWN_TOPIC_ID when the one of this name is known to be another by now. Absent: any. */
  readonly topicId?: string;
}

export interface FetchRequest {
  /** The broker to ask: the leader of all partitions named here. */
  readonly leaderId: number;
  readonly partitions: readonly FetchPartition[];
  /** Long poll: the broker answers after this time even without data. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly error: ErrorCode;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** Ordered by firstOffset. The client filters with them (log/batch), the broker does not. */
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Record batches (magic 2) as they are in the log, control batches included; the last one may be cut. Null when none. */
  readonly records: Uint8Array | null;
  /** May be called once when nothing refers to the bytes of `records` any more: their memory is used again then. */
  readonly release?: () => void;
}

export interface ProducePartition {
  readonly topic: string;
  readonly partition: number;
  /** Exactly one complete record batch (magic 2), stamped with producer id, epoch and sequence. */
  readonly batch: Uint8Array;
}

export interface ProducedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly error: ErrorCode;
  readonly errorMessage: string | null;
  readonly baseOffset: number;
}

export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** Whose commit it is: never defaulted, because generation −1 is accepted by the broker without any fence. */
export interface GroupStamp {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
  readonly instanceId: string;
}

export interface OffsetAndMetadata extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface PartitionError extends TopicPartition {
  readonly error: ErrorCode;
}

export interface CommittedOffset extends TopicPartition {
  readonly error: ErrorCode;
  /** −1 when nothing is committed. */
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

export interface JoinRequest {
  readonly groupId: string;
  readonly memberId: string;
  readonly instanceId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
  readonly reason: string;
}

export interface JoinResponse {
  readonly error: ErrorCode;
  readonly generation: number;
  readonly memberId: string;
  readonly leaderId: string;
  readonly protocolName: string | null;
  /** JoinGroup v9: the leader of an unchanged static group need not (and must not) assign anew. */
  readonly skipAssignment: boolean;
  /** Filled for the leader only. */
  readonly members: readonly {
    readonly memberId: string;
    readonly instanceId: string | null;
    readonly metadata: Uint8Array;
  }[];
}

export interface SyncRequest extends GroupStamp {
  readonly protocolType: string;
  readonly protocolName: string;
  /** Empty for followers. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

export type OffsetSpec = 'earliest' | 'latest' | { readonly timestampMs: number };

export interface ListedOffset extends TopicPartition {
  readonly error: ErrorCode;
  /** For a timestamp later than every record: the end of the log. */
  readonly offset: number;
}

export interface EpochEnd extends TopicPartition {
  readonly error: ErrorCode;
  /** The largest epoch in the log that is not above the one asked for. */
  readonly leaderEpoch: number;
  /** Where the next epoch begins, or the log ends. Both are −1 when the log knows of no epoch as late as that. */
  readonly endOffset: number;
}

export interface TransactionalRequest extends ProducerIdentity {
  readonly transactionalId: string;
}

/** One connection set to one cluster. All methods may run concurrently; requests to one broker keep their order. */
export interface Broker {
  /** Metadata of the named topics (unknown ones come back with UNKNOWN_TOPIC_OR_PARTITION; nothing is created). */
  metadata(topics: readonly string[]): Promise<ClusterMetadata>;
  /** Last stable offset semantics do not apply: `latest` is the high watermark. */
  listOffsets(partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[]): Promise<readonly ListedOffset[]>;
  /** How far the log of each leader epoch goes: less than was read under it, and the log was cut off since (W13). */
  offsetsForLeaderEpochs(
    partitions: readonly (TopicPartition & { readonly leaderEpoch: number })[],
  ): Promise<readonly EpochEnd[]>;
  /** Isolation level read_committed. A long poll in flight is given up when the signal is aborted. */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<readonly FetchedPartition[]>;
  /** Record deletion below `offset`; returns per-partition errors. */
  deleteRecords(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<readonly PartitionError[]>;

  /** InitProducerId(−1, −1): resolves or aborts what the id had open, and fences all its earlier users. */
  initProducerId(request: {
    transactionalId: string;
    transactionTimeoutMs: number;
  }): Promise<ProducerIdentity & { error: ErrorCode }>;
  addPartitionsToTxn(
    request: TransactionalRequest & { partitions: readonly TopicPartition[] },
  ): Promise<readonly PartitionError[]>;
  /** acks = all. Routed to the leaders; one answer per partition given. */
  produce(request: {
    transactionalId: string;
    timeoutMs: number;
    partitions: readonly ProducePartition[];
  }): Promise<readonly ProducedPartition[]>;
  addOffsetsToTxn(request: TransactionalRequest & { groupId: string }): Promise<{ error: ErrorCode }>;
  txnOffsetCommit(
    request: TransactionalRequest & { group: GroupStamp; offsets: readonly OffsetAndMetadata[] },
  ): Promise<readonly PartitionError[]>;
  endTxn(request: TransactionalRequest & { commit: true }): Promise<{ error: ErrorCode }>;

  /** OffsetFetch with require_stable; UNSTABLE_OFFSET_COMMIT comes back per partition. */
  offsetFetch(request: {
    groupId: string;
    partitions: readonly TopicPartition[];
  }): Promise<{ error: ErrorCode; offsets: readonly CommittedOffset[] }>;
  joinGroup(request: JoinRequest, signal: AbortSignal): Promise<JoinResponse>;
  syncGroup(request: SyncRequest): Promise<{ error: ErrorCode; assignment: Uint8Array }>;
  heartbeat(stamp: GroupStamp): Promise<{ error: ErrorCode }>;
  /** By instance id; the member id may be empty. */
  leaveGroup(request: {
    groupId: string;
    memberId: string;
    instanceId: string;
    reason: string;
  }): Promise<{ error: ErrorCode }>;

  close(): Promise<void>;
}

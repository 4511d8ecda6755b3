// The embedded log: a Kafka cluster in memory behind the log port, byte for byte and error for error where a client can see it.
// Time comes from the clock given to it alone, so that a virtual one drives sessions, rebalances and transaction time-outs.
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import type { Broker } from '../broker.ts';
import { GroupCoordinator } from './group-coordinator.ts';
import { OffsetStore } from './group-offsets.ts';
import { Groups } from './group-registry.ts';
import { MemoryBroker, type MemoryBrokerOptions } from './memory-broker.ts';
import { encodeRecords, type Isolation, type LogRow, type NewRecord, readPartition } from './read-log.ts';
import { Rebalancer } from './rebalance.ts';
import type { ClusterState } from './requests.ts';
import { Timers } from './timers.ts';
import { type NewTopic, Topics } from './topics.ts';
import { TransactionCoordinator, type TransactionState } from './transaction-coordinator.ts';

/** Defaults are those of Kafka 4, except the initial rebalance delay. */
export interface MemoryClusterOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Number of brokers, 1 by default; their ids begin at 1. */
  readonly brokers?: number;
  readonly groupInitialRebalanceDelayMs?: number;
  readonly groupMinSessionTimeoutMs?: number;
  readonly groupMaxSessionTimeoutMs?: number;
  readonly offsetsMetadataMaxBytes?: number;
  readonly offsetsRetentionMs?: number;
  /** How far a record timestamp may lie ahead of the clock (`message.timestamp.after.max.ms`). */
  readonly timestampAfterMaxMs?: number;
  readonly transactionMaxTimeoutMs?: number;
  readonly transactionScanIntervalMs?: number;
  readonly transactionalIdExpirationMs?: number;
  readonly producerIdExpirationMs?: number;
  /**
   * Time between the decision to end a transaction and its markers. 0, the default, ends it at once; more, and the coordinator
   * answers CONCURRENT_TRANSACTIONS meanwhile as a real one does for some milliseconds.
   */
  readonly markerDelayMs?: number | (() => number);
}

const DAY_MS = 86_400_000;

export class MemoryCluster {
  readonly #state: ClusterState;
  readonly #clients = new Set<Broker>();

  constructor(options: MemoryClusterOptions) {
    const { clock, random, markerDelayMs = 0 } = options;
    const timers = new Timers(clock);
    const offsets = new OffsetStore();
    const topics = new Topics({
      random,
      brokers: options.brokers ?? 1,
      timestampAfterMaxMs: options.timestampAfterMaxMs ?? 3_600_000,
      producerIdExpirationMs: options.producerIdExpirationMs ?? DAY_MS,
    });
    const groups = new Groups(timers, offsets, options.offsetsRetentionMs ?? 7 * DAY_MS);
    const coordinator = new GroupCoordinator({
      groups,
      rebalancer: new Rebalancer(timers, options.groupInitialRebalanceDelayMs ?? 0),
      random,
      limits: {
        minSessionTimeoutMs: options.groupMinSessionTimeoutMs ?? 6_000,
        maxSessionTimeoutMs: options.groupMaxSessionTimeoutMs ?? 1_800_000,
      },
    });
    const transactions = new TransactionCoordinator(timers, {
      maxTimeoutMs: options.transactionMaxTimeoutMs ?? 900_000,
      scanIntervalMs: options.transactionScanIntervalMs ?? 10_000,
      idExpirationMs: options.transactionalIdExpirationMs ?? 7 * DAY_MS,
      markerDelayMs: typeof markerDelayMs === 'number' ? () => markerDelayMs : markerDelayMs,
      writeMarker: (participant, end) => {
        if (participant.kind === 'offsets') offsets.complete(participant.groupId, end.producerId, end.commit);
        // A topic deleted meanwhile needs no marker.
        else topics.find(participant.at)?.appendMarker(end, clock.now());
      },
    });
    const offsetMetadataMaxBytes = options.offsetsMetadataMaxBytes ?? 4096;
    this.#state = { topics, transactions, groups, coordinator, offsets, timers, offsetMetadataMaxBytes };
  }

  get clusterId(): string {
    return this.#state.topics.clusterId;
  }

  connect(options: MemoryBrokerOptions): Broker {
    const client: Broker = new MemoryBroker(this.#state, options, () => this.#clients.delete(client));
    this.#clients.add(client);
    return client;
  }

  /** Throws when the topic exists. */
  createTopic(topic: NewTopic): void {
    this.#state.topics.create(topic);
  }

  /** With it go the offsets that groups had committed for it. Throws when it does not exist. */
  deleteTopic(topic: string): void {
    this.#state.topics.delete(topic);
    this.#state.offsets.dropTopic(topic);
  }

  /** `total` partitions from now on. Throws unless that is more than there are. */
  addPartitions(topic: string, total: number): void {
    this.#state.topics.addPartitions(topic, total);
  }

  /** Writes records without a transaction, in one batch; returns the offset of the first. Throws when the broker refuses them. */
  append(topic: string, partition: number, records: readonly NewRecord[]): number {
    const log = this.#state.topics.find({ topic, partition });
    if (log === null) throw new Error(`topic ${topic} has no partition ${partition}`);
    const nowMs = this.#state.timers.wallMs();
    const { error, errorMessage, baseOffset } = log.append(encodeRecords(records, nowMs), nowMs);
    if (error !== 'NONE') throw new Error(`topic ${topic}, partition ${partition}: ${error}, ${errorMessage}`);
    return baseOffset;
  }

  /**
   * What an unclean election of a leader does: it takes over with the next leader epoch, and the batches that reach to `offset`
   * or beyond are gone. At the end of the log it is an orderly change of leaders. Throws for an offset that is not in the log.
   */
  truncate(topic: string, partition: number, offset: number): void {
    const log = this.#state.topics.find({ topic, partition });
    if (log === null) throw new Error(`topic ${topic} has no partition ${partition}`);
    log.truncate(offset);
  }

  /** All rows of a topic from its log starts, partition by partition in offset order. Throws when the topic does not exist. */
  readAll(topic: string, { isolation }: { readonly isolation: Isolation }): LogRow[] {
    return this.#state.topics.partitionsOf(topic).flatMap((log) => readPartition(log, isolation));
  }

  /** State of a transactional id, null when it is not known. */
  transactionState(transactionalId: string): TransactionState | null {
    return this.#state.transactions.stateOf(transactionalId);
  }

  /** Monotonic time of the next thing that the cluster does by itself, null when there is none. */
  nextDeadlineMs(): number | null {
    return this.#state.timers.nextDeadlineMs();
  }

  /** Closes all clients and stops the timers, so that nothing keeps the process alive. */
  async close(): Promise<void> {
    this.#state.timers.close();
    for (const client of Array.from(this.#clients)) await client.close();
  }
}

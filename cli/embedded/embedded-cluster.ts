// A job on the in-memory log: its topics, its workers, their store. What `streamjob test` and `streamjob run --embedded` share.
import {
  incarnationId,
  planHash,
  shuffleTopic,
  shuffleTopicConfig,
  transactionalId,
  type ResolvedJob,
} from '../../crds/index.ts';
import type { ObjectStore } from '../../runtime/checkpoint/index.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Broker, TopicPartition } from '../../runtime/log/broker.ts';
import { type Intercept, MemoryCluster, type LogRow, type NewRecord } from '../../runtime/log/memory/index.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { findTopics, outputTopics, type Topics } from '../../runtime/task/prerequisites.ts';
import { EmbeddedWorker } from './embedded-worker.ts';

export interface EmbeddedClusterOptions {
  /** Its brokers and its storage are not looked at. */
  readonly job: ResolvedJob;
  readonly sourcePartitions: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly store: ObjectStore;
  readonly log: Logger;
  /** Rows of a print sink. */
  readonly print: (line: string) => void;
}

/** A source record may have any time, whatever the clock says, and any size. */
const SOURCE_CONFIG = {
  'message.timestamp.after.max.ms': String(Number.MAX_SAFE_INTEGER),
  'max.message.bytes': String(2 ** 31 - 1),
};

export class EmbeddedCluster {
  readonly job: ResolvedJob;
  readonly #options: EmbeddedClusterOptions;
  readonly #cluster: MemoryCluster;
  readonly #incarnation: string;
  readonly #partitions: readonly TopicPartition[];
  readonly #admin: Broker;
  #topics: Topics | null = null;
  #inputEnded = false;

  constructor(options: EmbeddedClusterOptions) {
    const { job, sourcePartitions, clock, random } = options;
    this.#options = options;
    this.job = job;
    this.#cluster = new MemoryCluster({ clock, random });
    this.#incarnation = incarnationId({
      namespace: job.namespace,
      job: job.name,
      uid: random.hex(4),
      number: 1,
    });
    const counts = new Map([[job.source.kafka.topic, sourcePartitions]]);
    this.#cluster.createTopic({
      topic: job.source.kafka.topic,
      partitions: sourcePartitions,
      configs: SOURCE_CONFIG,
    });
    for (const topic of outputTopics(job)) this.#cluster.createTopic({ topic, partitions: 1 });
    if (this.#shuffle !== null) {
      counts.set(this.#shuffle, job.maxParallelism);
      this.#cluster.createTopic({
        topic: this.#shuffle,
        partitions: job.maxParallelism,
        configs: shuffleTopicConfig(1),
      });
    }
    this.#partitions = [...counts].flatMap(([topic, partitions]) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
    );
    this.#admin = this.#cluster.connect({ clientId: 'streamjob' });
  }

  get #shuffle(): string | null {
    return this.job.mode === 'shuffled' ? shuffleTopic(this.#incarnation) : null;
  }

  /** Of the source and of the shuffle topic: what tasks are made of. */
  get partitions(): readonly TopicPartition[] {
    return this.#partitions;
  }

  /** `intercept` sees every request of this worker. */
  async start(instanceId: string, intercept: Intercept = () => undefined): Promise<EmbeddedWorker> {
    const { job } = this;
    this.#topics ??= await this.#findTopics();
    return new EmbeddedWorker({
      ...this.#options,
      broker: this.#cluster.connect({ clientId: instanceId, intercept }),
      planHash: planHash(job),
      incarnation: { id: this.#incarnation, number: 1 },
      instanceId,
      transactionalId: (id) => transactionalId(this.#incarnation, id),
      topics: this.#topics,
      inputEnded: () => this.#inputEnded,
    });
  }

  /** As the operator does for a pod that is gone: out of the group, and its transaction aborted. */
  async evict(instanceId: string): Promise<void> {
    await this.#admin.leaveGroup({ groupId: this.#incarnation, memberId: '', instanceId, reason: 'the worker died' });
    await this.#admin.initProducerId({
      transactionalId: transactionalId(this.#incarnation, instanceId),
      transactionTimeoutMs: this.job.delivery.transactionTimeoutMs,
    });
  }

  /** Writes into the source topic. Throws when the log refuses the records. */
  append(partition: number, records: readonly NewRecord[]): void {
    this.#cluster.append(this.job.source.kafka.topic, partition, records);
  }

  /** No record follows. To be said when all that was written is folded: tasks go by what they have read. */
  endInput(): void {
    this.#inputEnded = true;
  }

  /** Where the logs end, in the order of `partitions`. */
  async ends(): Promise<readonly number[]> {
    const listed = await this.#admin.listOffsets(this.#partitions.map((each) => ({ ...each, at: 'latest' as const })));
    return listed.map(({ offset }) => offset);
  }

  /** What is committed in an output topic. */
  read(topic: string): readonly LogRow[] {
    return this.#cluster.readAll(topic, { isolation: 'read_committed' });
  }

  /** Forgets the source records of a partition before `offset`. */
  async forget(partition: number, offset: number): Promise<void> {
    await this.#admin.deleteRecords([{ topic: this.job.source.kafka.topic, partition, offset }]);
  }

  close(): Promise<void> {
    return this.#cluster.close();
  }

  async #findTopics(): Promise<Topics> {
    const topics = await findTopics(this.#admin, this.job, this.#shuffle);
    if ('reason' in topics) throw new Error(`the embedded log lacks a topic: ${topics.message}`);
    return topics;
  }
}

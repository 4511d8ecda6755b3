// Topics of the embedded log: names, ids, settings, and the partitions spread over the brokers.
import type { ClusterMetadata, ErrorCode, TopicMetadata, TopicPartition } from '../broker.ts';
import type { Random } from '../../random.ts';
import { PartitionLog } from './partition-log.ts';
import { topicConfig } from './topic-config.ts';
import { uuidOf } from './uuid.ts';

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** Kafka's own names, such as `max.message.bytes` or `message.timestamp.type`. */
  readonly configs?: Readonly<Record<string, string>>;
}

export interface TopicsOptions {
  readonly random: Random;
  /** Brokers 1…n; partition p is led by broker p mod n + 1. */
  readonly brokers: number;
  readonly timestampAfterMaxMs: number;
  readonly producerIdExpirationMs: number;
}

interface Topic {
  readonly topicId: string;
  readonly configs: Readonly<Record<string, string>>;
  readonly partitions: PartitionLog[];
}

const NO_TOPIC_ID = '00000000-0000-0000-0000-000000000000';

export class Topics {
  readonly clusterId: string;
  readonly #options: TopicsOptions;
  readonly #topics = new Map<string, Topic>();

  constructor(options: TopicsOptions) {
    this.#options = options;
    this.clusterId = options.random.hex(11);
  }

  create({ topic, partitions, configs = {} }: NewTopic): void {
    if (this.#topics.has(topic)) throw new Error(`topic ${topic} exists already`);
    this.#topics.set(topic, { topicId: uuidOf(this.#options.random.hex(16)), configs, partitions: [] });
    this.addPartitions(topic, partitions);
  }

  delete(topic: string): void {
    const { partitions } = this.#at(topic);
    this.#topics.delete(topic);
    for (const log of partitions) log.drop();
  }

  addPartitions(topic: string, total: number): void {
    const { partitions, configs } = this.#at(topic);
    if (total <= partitions.length)
      throw new Error(`topic ${topic} has ${partitions.length} partitions, cannot go to ${total}`);
    const { brokers, timestampAfterMaxMs, producerIdExpirationMs } = this.#options;
    for (let partition = partitions.length; partition < total; partition++) {
      const config = topicConfig(configs, timestampAfterMaxMs);
      const at = { topic, partition, leaderId: (partition % brokers) + 1 };
      partitions.push(new PartitionLog(at, config, producerIdExpirationMs));
    }
  }

  find({ topic, partition }: TopicPartition): PartitionLog | null {
    return this.#topics.get(topic)?.partitions[partition] ?? null;
  }

  /** Null for a topic that does not exist. */
  idOf(topic: string): string | null {
    return this.#topics.get(topic)?.topicId ?? null;
  }

  /** All partitions of a topic. Throws when it does not exist. */
  partitionsOf(topic: string): readonly PartitionLog[] {
    return this.#at(topic).partitions;
  }

  isBroker(leaderId: number): boolean {
    return leaderId >= 1 && leaderId <= this.#options.brokers;
  }

  metadata(names: readonly string[]): ClusterMetadata {
    return { clusterId: this.clusterId, topics: names.map((name) => this.#describe(name)) };
  }

  #describe(name: string): TopicMetadata {
    const topic = this.#topics.get(name);
    if (topic === undefined)
      return { topic: name, topicId: NO_TOPIC_ID, error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: [] };
    const error: ErrorCode = 'NONE';
    const partitions = topic.partitions.map(({ partition, leaderId, leaderEpoch }) => ({
      partition,
      error,
      leaderId,
      leaderEpoch,
    }));
    return { topic: name, topicId: topic.topicId, error, partitions };
  }

  #at(topic: string): Topic {
    const found = this.#topics.get(topic);
    if (found === undefined) throw new Error(`topic ${topic} does not exist`);
    return found;
  }
}

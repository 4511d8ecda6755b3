// Administration outside the log port: for the command line, start-up checks and tests.
import type { ErrorCode } from '../broker.ts';
import type { Cluster } from './cluster.ts';
import { ConnectError, type ConnectionPool } from './connection-pool.ts';
import { createTopics, describeConfigs, type ErrorWithMessage, type TopicConfigs } from './requests/topics.ts';

export interface NewTopic {
  readonly topic: string;
  /** −1 for the broker's default, as for the replication factor. */
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface KafkaAdminParts {
  readonly pool: ConnectionPool;
  readonly cluster: Cluster;
  readonly requestTimeoutMs: number;
}

export class KafkaAdmin {
  readonly #parts: KafkaAdminParts;

  constructor(parts: KafkaAdminParts) {
    this.#parts = parts;
  }

  /** The broker's answer, TOPIC_ALREADY_EXISTS among others. Brokers learn of a new topic one after the other, shortly afterwards. */
  async createTopic(topic: NewTopic): Promise<ErrorWithMessage> {
    const { pool, cluster, requestTimeoutMs: timeoutMs } = this.#parts;
    const request = { ...topic, timeoutMs };
    const { brokers, controllerId } = await cluster.refresh([]);
    const controller = brokers.get(controllerId);
    if (controller !== undefined) {
      try {
        const connection = await pool.get(controller, 'control');
        return await connection.request(createTopics, request, { timeoutMs: timeoutMs * 2 });
      } catch (error) {
        // Nothing was sent: any broker forwards it.
        if (!(error instanceof ConnectError)) throw error;
      }
    }
    return cluster.askAny(createTopics, request);
  }

  /** Number of partitions that have a leader, and the error with which the brokers speak of the topic. */
  async topicState(
    topic: string,
  ): Promise<{ readonly error: ErrorCode; readonly partitions: number; readonly ready: number }> {
    const { topics } = await this.#parts.cluster.refresh([topic]);
    const { error, partitions } = topics[0] ?? { error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: [] };
    return { error, partitions: partitions.length, ready: partitions.filter(({ leaderId }) => leaderId >= 0).length };
  }

  /** Effective settings of a topic, by Kafka's names. */
  describeTopicConfigs(topic: string): Promise<TopicConfigs> {
    return this.#parts.cluster.askAny(describeConfigs, { topic });
  }

  close(): Promise<void> {
    return this.#parts.pool.close();
  }
}

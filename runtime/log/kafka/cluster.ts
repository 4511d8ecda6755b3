// What is known about the cluster: addresses of brokers, leaders and ids of topics. Asked anew only for what is not known or
// turned out to be wrong; requests that any broker can answer go through here.
import { BrokerError, type ErrorCode, type TopicMetadata } from '../broker.ts';
import { formatAddress } from './addresses.ts';
import { ConnectError, type ConnectionPool } from './connection-pool.ts';
import type { RequestSpec } from './request-spec.ts';
import { type BrokerAddress, metadata, type MetadataResponse } from './requests/metadata.ts';

export interface Leader {
  readonly error: ErrorCode;
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

const NO_LEADER: Leader = { error: 'LEADER_NOT_AVAILABLE', leaderId: -1, leaderEpoch: -1 };

export class Cluster {
  readonly #pool: ConnectionPool;
  readonly #bootstrap: readonly BrokerAddress[];
  readonly #timeoutMs: number;
  #brokers: ReadonlyMap<number, BrokerAddress> = new Map();
  #controllerId = -1;
  readonly #topics = new Map<string, TopicMetadata>();

  constructor(pool: ConnectionPool, bootstrap: readonly BrokerAddress[], timeoutMs: number) {
    this.#pool = pool;
    this.#bootstrap = bootstrap;
    this.#timeoutMs = timeoutMs;
  }

  /** Asks for these topics now and remembers the answer. */
  async refresh(topics: readonly string[]): Promise<MetadataResponse> {
    const answer = await this.askAny(metadata, { topics });
    this.#brokers = answer.brokers;
    this.#controllerId = answer.controllerId;
    for (const topic of answer.topics) {
      if (topic.error === 'NONE') this.#topics.set(topic.topic, topic);
      else this.#topics.delete(topic.topic);
    }
    return answer;
  }

  /** What is known about the topics; those that are not known are asked for once. Unknown ones carry an error. */
  async topics(names: Iterable<string>): Promise<ReadonlyMap<string, TopicMetadata>> {
    const wanted = [...new Set(names)];
    const unknown = wanted.filter((name) => !this.#topics.has(name));
    const asked = unknown.length === 0 ? [] : (await this.refresh(unknown)).topics;
    const found = new Map(asked.map((topic) => [topic.topic, topic]));
    for (const name of wanted) {
      const topic = this.#topics.get(name);
      if (topic !== undefined) found.set(name, topic);
    }
    return found;
  }

  /** What we know about this topic is wrong: it is asked for before its next use. */
  invalidate(topic: string): void {
    this.#topics.delete(topic);
  }

  addressOf(brokerId: number): BrokerAddress | null {
    return this.#brokers.get(brokerId) ?? null;
  }

  /** Where the controller is, as far as brokers tell (they forward to it otherwise). */
  controller(): BrokerAddress | null {
    return this.addressOf(this.#controllerId);
  }

  /**
   * Asks one broker after the other until one answers; for requests that do no harm when they are executed twice.
   * Rejects with BrokerError UNREACHABLE when nothing could be sent to any of them.
   */
  async askAny<Request, Response>(spec: RequestSpec<Request, Response>, request: Request): Promise<Response> {
    const failures: Error[] = [];
    for (const address of this.#candidates()) {
      try {
        const connection = await this.#pool.get(address, 'control');
        return await connection.request(spec, request, { timeoutMs: this.#timeoutMs });
      } catch (error) {
        const next =
          error instanceof ConnectError || (error instanceof BrokerError && error.code === 'UNKNOWN_OUTCOME');
        if (!next) throw error;
        failures.push(error);
      }
    }
    const sent = failures.find((each) => each instanceof BrokerError);
    if (sent !== undefined) throw sent;
    throw unreachable(failures);
  }

  /** Brokers known to live come first; the bootstrap list is the way back when all of them have moved. */
  #candidates(): BrokerAddress[] {
    const all = [...this.#brokers.values(), ...this.#bootstrap];
    return [...new Map(all.map((address) => [formatAddress(address), address])).values()];
  }
}

export function leaderOf(topic: TopicMetadata | undefined, partition: number): Leader {
  if (topic === undefined) return { ...NO_LEADER, error: 'UNKNOWN_TOPIC_OR_PARTITION' };
  if (topic.error !== 'NONE') return { ...NO_LEADER, error: topic.error };
  const found = topic.partitions.find((each) => each.partition === partition);
  if (found === undefined) return { ...NO_LEADER, error: 'UNKNOWN_TOPIC_OR_PARTITION' };
  // A partition may have an error and a leader (a listener that is missing on it, for instance): without the leader nothing goes.
  return found.leaderId < 0 ? NO_LEADER : { error: 'NONE', leaderId: found.leaderId, leaderEpoch: found.leaderEpoch };
}

function unreachable(failures: readonly Error[]): BrokerError {
  const tried = failures.map((each) => each.message).join('; ');
  return new BrokerError(
    'UNREACHABLE',
    `no broker of the Kafka cluster can be reached. Tried ${tried}. Check bootstrapServers, the network and that the brokers run`,
    { cause: failures[0] },
  );
}

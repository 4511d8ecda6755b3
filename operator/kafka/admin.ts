// What the operator asks of one Kafka cluster. Every call has a deadline, and a cluster that cannot be reached is not tried
// again for some seconds: jobs of a dead cluster must not hold up the others.
import * as kafka from '@platformatic/kafka';
import { type Clock, sleep } from '../clock.ts';
import { type Address, Connections } from './connections.ts';
import { KafkaError, answerName, checkAnswer, isPassing } from './kafka-error.ts';

export type TopicAnswer = { readonly exists: false } | { readonly exists: true; readonly partitions: number };

export interface GroupMember {
  readonly memberId: string;
  /** Null for members without static membership: none of ours. */
  readonly instanceId: string | null;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** −1 for the cluster's default. */
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface Eviction {
  readonly groupId: string;
  readonly instanceId: string;
  readonly transactionalId: string;
}

export interface KafkaAdmin {
  /** Number of brokers, and what is known of each topic asked for. Creates nothing. */
  describeTopics(
    topics: readonly string[],
  ): Promise<{ readonly brokers: number; readonly topics: ReadonlyMap<string, TopicAnswer> }>;
  /** Effective settings of a topic: name → value. */
  topicConfig(topic: string): Promise<Readonly<Record<string, string>>>;
  createTopic(topic: NewTopic): Promise<'created' | 'exists'>;
  /** Empty when there is no such group. */
  groupMembers(groupId: string): Promise<readonly GroupMember[]>;
  /** Ids of all groups that begin with the prefix. */
  groupsWithPrefix(prefix: string): Promise<readonly string[]>;
  /** Takes a member out of its group, then ends what its transactional id had open. Doing it twice is harmless. */
  evict(eviction: Eviction): Promise<void>;
  deleteTopic(topic: string): Promise<'deleted' | 'absent'>;
  deleteGroup(groupId: string): Promise<'deleted' | 'absent'>;
  close(): Promise<void>;
}

export interface AdminOptions {
  readonly clock: Clock;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** How long a whole call may take, retries included. */
  readonly callTimeoutMs?: number;
  /** How long a cluster counts as unreachable after it was. */
  readonly unreachableMs?: number;
}

const GROUP_KEY = 0;
const TRANSACTION_KEY = 1;
const TOPIC_RESOURCE = 2;
/** Of the fenced id; its next user sets its own. */
const FENCE_TRANSACTION_TIMEOUT_MS = 10_000;

export class ClusterAdmin implements KafkaAdmin {
  private readonly bootstrapServers: string;
  private readonly clock: Clock;
  private readonly callTimeoutMs: number;
  private readonly unreachableMs: number;
  private readonly connections: Connections;
  private unreachable: { readonly error: KafkaError; readonly untilMs: number } | undefined;

  constructor(bootstrapServers: string, options: AdminOptions) {
    this.bootstrapServers = bootstrapServers;
    this.clock = options.clock;
    this.callTimeoutMs = options.callTimeoutMs ?? 8_000;
    this.unreachableMs = options.unreachableMs ?? 5_000;
    this.connections = new Connections(bootstrapServers, {
      clientId: 'streamjob-operator',
      connectTimeoutMs: options.connectTimeoutMs ?? 3_000,
      requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
    });
  }

  describeTopics(topics: readonly string[]): Promise<{ brokers: number; topics: Map<string, TopicAnswer> }> {
    return this.run(async () => {
      const answer = await this.connections.call('any', kafka.metadataV12.api, [[...topics], false, false]);
      const found = new Map<string, TopicAnswer>();
      for (const topic of answer.topics) {
        const code = answerName(topic.errorCode);
        const name = topic.name ?? '';
        if (code === 'UNKNOWN_TOPIC_OR_PARTITION') found.set(name, { exists: false });
        else {
          if (code !== 'LEADER_NOT_AVAILABLE')
            checkAnswer(code, `Looking at topic ${name}`, `DESCRIBE on topic ${name}`);
          found.set(name, { exists: true, partitions: topic.partitions.length });
        }
      }
      return { brokers: answer.brokers.length, topics: found };
    });
  }

  topicConfig(topic: string): Promise<Readonly<Record<string, string>>> {
    return this.run(async () => {
      const resource = { resourceType: TOPIC_RESOURCE, resourceName: topic, configurationKeys: null } as const;
      const answer = await this.connections.call('any', kafka.describeConfigsV4.api, [[resource], false, false]);
      const result = answer.results[0];
      checkAnswer(
        answerName(result?.errorCode ?? -1),
        `Reading the settings of topic ${topic}`,
        `DESCRIBE_CONFIGS on topic ${topic}`,
      );
      return Object.fromEntries((result?.configs ?? []).map((config) => [config.name, config.value ?? '']));
    });
  }

  createTopic(topic: NewTopic): Promise<'created' | 'exists'> {
    return this.run(async () => {
      const request = {
        name: topic.topic,
        numPartitions: topic.partitions,
        replicationFactor: topic.replicationFactor,
        assignments: [],
        configs: Object.entries(topic.config).map(([name, value]) => ({ name, value })),
      };
      let said = '';
      const answer = await this.retrying(async () => {
        const response = await this.connections.call('any', kafka.createTopicsV7.api, [
          [request],
          this.callTimeoutMs / 2,
          false,
        ]);
        said = response.topics[0]?.errorMessage ?? '';
        return answerName(response.topics[0]?.errorCode ?? -1);
      });
      if (answer === 'TOPIC_ALREADY_EXISTS') return 'exists';
      checkAnswer(
        answer,
        `Creating topic ${topic.topic}${said === '' ? '' : ` (${said.replace(/\.+$/, '')})`}`,
        `CREATE on topic prefix ${prefixOf(topic.topic)}`,
      );
      return 'created';
    });
  }

  groupMembers(groupId: string): Promise<readonly GroupMember[]> {
    return this.run(async () => {
      const answer = await this.onCoordinator(GROUP_KEY, groupId, async (address) => {
        const response = await this.connections.call(address, kafka.describeGroupsV5.api, [[groupId], false]);
        const group = response.groups[0];
        return { answer: answerName(group?.errorCode ?? -1), value: group?.members ?? [] };
      });
      if (answer.answer === 'GROUP_ID_NOT_FOUND') return [];
      checkAnswer(answer.answer, `Looking at group ${groupId}`, `DESCRIBE on group ${groupId}`);
      return (answer.value ?? []).map(({ memberId, groupInstanceId }) => ({
        memberId,
        instanceId: groupInstanceId ?? null,
      }));
    });
  }

  groupsWithPrefix(prefix: string): Promise<readonly string[]> {
    return this.run(async () => {
      const { brokers } = await this.connections.call('any', kafka.metadataV12.api, [[], false, false]);
      const found = new Set<string>();
      for (const broker of brokers) {
        const answer = await this.connections.call(broker, kafka.listGroupsV4.api, [[], []]);
        checkAnswer(answerName(answer.errorCode), 'Listing groups', 'DESCRIBE on the groups');
        for (const group of answer.groups) if (group.groupId.startsWith(prefix)) found.add(group.groupId);
      }
      return [...found].sort();
    });
  }

  evict({ groupId, instanceId, transactionalId }: Eviction): Promise<void> {
    return this.run(async () => {
      const left = await this.onCoordinator(GROUP_KEY, groupId, async (address) => {
        const member = { memberId: '', groupInstanceId: instanceId, reason: 'its pod is gone' };
        const response = await this.connections.call(address, kafka.leaveGroupV5.api, [groupId, [member]]);
        const code = response.errorCode === 0 ? (response.members[0]?.errorCode ?? 0) : response.errorCode;
        return { answer: answerName(code), value: undefined };
      });
      // Already gone: the rest is done all the same, since a transaction may be left.
      if (left.answer !== 'UNKNOWN_MEMBER_ID')
        checkAnswer(left.answer, `Evicting ${instanceId} from group ${groupId}`, `READ on group ${groupId}`);
      const fenced = await this.onCoordinator(TRANSACTION_KEY, transactionalId, async (address) => {
        const response = await this.connections.call(address, kafka.initProducerIdV4.api, [
          transactionalId,
          FENCE_TRANSACTION_TIMEOUT_MS,
        ]);
        return { answer: answerName(response.errorCode), value: undefined };
      });
      checkAnswer(
        fenced.answer,
        `Ending the transaction of ${transactionalId}`,
        `WRITE on transactional id ${transactionalId}`,
      );
    });
  }

  deleteTopic(topic: string): Promise<'deleted' | 'absent'> {
    return this.run(async () => {
      const answer = await this.retrying(async () => {
        const response = await this.connections.call('any', kafka.deleteTopicsV6.api, [
          [{ name: topic }],
          this.callTimeoutMs / 2,
        ]);
        return answerName(response.responses[0]?.errorCode ?? -1);
      });
      if (answer === 'UNKNOWN_TOPIC_OR_PARTITION') return 'absent';
      checkAnswer(answer, `Deleting topic ${topic}`, `DELETE on topic ${topic}`);
      return 'deleted';
    });
  }

  deleteGroup(groupId: string): Promise<'deleted' | 'absent'> {
    return this.run(async () => {
      const { answer } = await this.onCoordinator(GROUP_KEY, groupId, async (address) => {
        const response = await this.connections.call(address, kafka.deleteGroupsV2.api, [[groupId]]);
        return { answer: answerName(response.results[0]?.errorCode ?? -1), value: undefined };
      });
      if (answer === 'GROUP_ID_NOT_FOUND') return 'absent';
      checkAnswer(answer, `Deleting group ${groupId}`, `DELETE on group ${groupId}`);
      return 'deleted';
    });
  }

  close(): Promise<void> {
    return this.connections.close();
  }

  /** One call under the deadline, and under the memory of a cluster that was just found unreachable. */
  private async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.unreachable !== undefined && this.clock.now() < this.unreachable.untilMs) throw this.unreachable.error;
    const late = Promise.withResolvers<never>();
    const cancel = this.clock.schedule(this.callTimeoutMs, () => {
      late.reject(new KafkaError('Unreachable', `no answer within ${this.callTimeoutMs} ms`));
      void this.connections.close();
    });
    try {
      const result = await Promise.race([work(), late.promise]);
      this.unreachable = undefined;
      return result;
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'Unreachable') {
        const known = new KafkaError(
          'Unreachable',
          `Kafka at ${this.bootstrapServers} cannot be reached: ${error.message}`,
          { cause: error.cause },
        );
        this.unreachable = { error: known, untilMs: this.clock.now() + this.unreachableMs };
        throw known;
      }
      throw error;
    } finally {
      cancel();
    }
  }

  /** Finds the coordinator anew for each attempt, since that is what a passing answer asks for. */
  private async onCoordinator<T>(
    keyType: number,
    key: string,
    send: (address: Address) => Promise<{ answer: string; value: T }>,
  ): Promise<{ answer: string; value: T | undefined }> {
    let value: T | undefined;
    const answer = await this.retrying(async () => {
      const found = await this.connections.call('any', kafka.findCoordinatorV4.api, [keyType, [key]]);
      const coordinator = found.coordinators[0];
      const code = answerName(coordinator?.errorCode ?? -1);
      if (coordinator === undefined || code !== 'NONE') return code;
      const result = await send(coordinator);
      value = result.value;
      return result.answer;
    });
    return { answer, value };
  }

  /** Repeats while the answer is one that passes, 20 ms doubling to 500 ms, for three quarters of the call's time. */
  private async retrying(attempt: () => Promise<string>): Promise<string> {
    const untilMs = this.clock.now() + this.callTimeoutMs * 0.75;
    for (let waitMs = 20; ; waitMs = Math.min(500, waitMs * 2)) {
      const answer = await attempt();
      if (!isPassing(answer) || this.clock.now() + waitMs >= untilMs) return answer;
      await sleep(this.clock, waitMs);
    }
  }
}

/** Rights are given by the prefix up to the incarnation's unique part. */
function prefixOf(topic: string): string {
  return topic.split('.').slice(0, 2).join('.');
}

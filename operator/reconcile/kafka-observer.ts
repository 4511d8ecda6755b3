// Looks at a job's topics and group. What was found is kept for a while, since a job is looked at far more often than its
// topics change; the group is asked at once when a pod is gone.
import { jobPrefix } from '../../crds/index.ts';
import type { Clock } from '../clock.ts';
import { type KafkaAdmin, type KafkaAdmins, KafkaError } from '../kafka/index.ts';
import type { KafkaView, ShuffleTopicState, TopicState } from './observed.ts';
import type { Target } from './plan/target.ts';

const TOPICS_EVERY_MS = 30_000;
const MEMBERS_EVERY_MS = 20_000;

interface Memory {
  readonly forTarget: string;
  topics:
    | {
        readonly atMs: number;
        readonly source: TopicState;
        readonly shuffle: ShuffleTopicState;
        readonly brokers: number;
      }
    | undefined;
  retained: readonly string[] | undefined;
  membersAtMs: number;
  podGone: boolean;
}

export interface KafkaNeed {
  readonly key: string;
  readonly target: Target;
  readonly namespace: string;
  readonly job: string;
  /** The job has not been started: its topics decide whether it can be. */
  readonly first: boolean;
}

export class KafkaObserver {
  private readonly admins: KafkaAdmins;
  private readonly clock: Clock;
  private readonly memories = new Map<string, Memory>();

  constructor(admins: KafkaAdmins, clock: Clock) {
    this.admins = admins;
    this.clock = clock;
  }

  /** A pod of this job is gone or has ended: its membership is looked at in the next turn. */
  podGone(key: string): void {
    const memory = this.memories.get(key);
    if (memory !== undefined) memory.podGone = true;
  }

  /** Something was changed in Kafka, or the job is gone: nothing that was seen counts any more. */
  forget(key: string): void {
    this.memories.delete(key);
  }

  async observe(need: KafkaNeed): Promise<KafkaView> {
    const memory = this.memoryOf(need);
    const admin = this.admins.get(need.target.resolved.source.kafka.bootstrapServers);
    // The group first: giving a lost worker's partitions away must not wait for anything else.
    const members = await this.members(memory, admin, need.target);
    const topics = await this.topics(memory, admin, need);
    const retainedGroups =
      need.first && topics.source.state === 'exists' ? await this.retained(memory, admin, need) : [];
    return { source: topics.source, shuffle: topics.shuffle, brokers: topics.brokers, members, retainedGroups };
  }

  private memoryOf({ key, target }: KafkaNeed): Memory {
    const forTarget = `${target.resolved.source.kafka.bootstrapServers} ${target.resolved.source.kafka.topic} ${target.groupId}`;
    const known = this.memories.get(key);
    if (known?.forTarget === forTarget) return known;
    const fresh: Memory = { forTarget, topics: undefined, retained: undefined, membersAtMs: -Infinity, podGone: false };
    this.memories.set(key, fresh);
    return fresh;
  }

  private async members(memory: Memory, admin: KafkaAdmin, target: Target): Promise<readonly string[] | null> {
    const due = memory.podGone || this.clock.now() - memory.membersAtMs >= MEMBERS_EVERY_MS;
    if (!due) return null;
    // Cleared before asking: a pod that goes meanwhile asks again.
    memory.podGone = false;
    try {
      const members = await admin.groupMembers(target.groupId);
      memory.membersAtMs = this.clock.now();
      return members.map((member) => member.instanceId).filter((instanceId) => instanceId !== null);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      // The topics tell the user that Kafka does not answer; here it only means to ask again.
      memory.podGone = true;
      return null;
    }
  }

  private async topics(memory: Memory, admin: KafkaAdmin, need: KafkaNeed): Promise<NonNullable<Memory['topics']>> {
    const known = memory.topics;
    const fine =
      known?.source.state === 'exists' && (known.shuffle.state === 'exists' || known.shuffle.state === 'notNeeded');
    if (known !== undefined && fine && this.clock.now() - known.atMs < TOPICS_EVERY_MS) return known;
    const { topic } = need.target.resolved.source.kafka;
    let brokers = 0;
    const source = await stateOf(async () => {
      const answer = await admin.describeTopics([topic]);
      brokers = answer.brokers;
      const found = answer.topics.get(topic);
      return found?.exists === true ? { state: 'exists', partitions: found.partitions } : { state: 'missing' };
    });
    const shuffle =
      source.state === 'exists'
        ? await this.shuffle(admin, need.target)
        : need.target.shuffleTopic === null
          ? NOT_NEEDED
          : UNKNOWN;
    memory.topics = { atMs: this.clock.now(), source, shuffle, brokers };
    return memory.topics;
  }

  private async shuffle(admin: KafkaAdmin, target: Target): Promise<ShuffleTopicState> {
    const name = target.shuffleTopic;
    if (name === null) return NOT_NEEDED;
    return stateOf<ShuffleTopicState>(async () => {
      const found = (await admin.describeTopics([name])).topics.get(name);
      if (found?.exists !== true) return { state: 'missing' };
      return { state: 'exists', partitions: found.partitions, config: await admin.topicConfig(name) };
    });
  }

  /** Groups of earlier jobs of this name. Not being allowed to list groups only means that nothing is said about them. */
  private async retained(memory: Memory, admin: KafkaAdmin, need: KafkaNeed): Promise<readonly string[]> {
    if (memory.retained !== undefined) return memory.retained;
    try {
      const groups = await admin.groupsWithPrefix(jobPrefix(need.namespace, need.job));
      memory.retained = groups.filter((group) => group !== need.target.groupId);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      memory.retained = [];
    }
    return memory.retained;
  }
}

export const UNKNOWN = { state: 'unknown' } as const;
const NOT_NEEDED = { state: 'notNeeded' } as const;

type Failed = Extract<TopicState, { state: 'unreachable' | 'unauthorized' | 'failed' }>;

async function stateOf<T extends TopicState | ShuffleTopicState>(look: () => Promise<T>): Promise<T | Failed> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    switch (error.code) {
      case 'Unreachable':
        return { state: 'unreachable', message: error.message };
      case 'NotAuthorized':
        return { state: 'unauthorized', message: error.message };
      case 'Refused':
        return { state: 'failed', message: error.message };
    }
  }
}

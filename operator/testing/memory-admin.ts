// A Kafka cluster's administration in memory, with the answers of the real one, and switches for what may go wrong.
import {
  type Eviction,
  type GroupMember,
  type KafkaAdmin,
  KafkaError,
  type NewTopic,
  type TopicAnswer,
} from '../kafka/index.ts';

export class MemoryAdmin implements KafkaAdmin {
  readonly topics = new Map<string, { partitions: number; config: Readonly<Record<string, string>> }>();
  /** Group → instance ids of its members. */
  readonly groups = new Map<string, Set<string>>();
  readonly fenced: string[] = [];
  /** Set: every call fails with it. */
  failure: KafkaError | null = null;
  calls: string[] = [];

  async describeTopics(names: readonly string[]): Promise<{ brokers: number; topics: Map<string, TopicAnswer> }> {
    await this.enter(`describe ${names.join(',')}`);
    const found = names.map((name): [string, TopicAnswer] => {
      const topic = this.topics.get(name);
      return [name, topic === undefined ? { exists: false } : { exists: true, partitions: topic.partitions }];
    });
    return { brokers: 1, topics: new Map(found) };
  }

  async topicConfig(topic: string): Promise<Readonly<Record<string, string>>> {
    await this.enter(`config ${topic}`);
    return this.topics.get(topic)?.config ?? {};
  }

  async createTopic({ topic, partitions, config }: NewTopic): Promise<'created' | 'exists'> {
    await this.enter(`create ${topic}`);
    if (this.topics.has(topic)) return 'exists';
    this.topics.set(topic, { partitions, config });
    return 'created';
  }

  async groupMembers(groupId: string): Promise<readonly GroupMember[]> {
    await this.enter(`members ${groupId}`);
    return [...(this.groups.get(groupId) ?? [])].map((instanceId) => ({ memberId: `${instanceId}-1`, instanceId }));
  }

  async groupsWithPrefix(prefix: string): Promise<readonly string[]> {
    await this.enter(`groups ${prefix}`);
    return [...this.groups.keys()].filter((group) => group.startsWith(prefix));
  }

  async evict({ groupId, instanceId, transactionalId }: Eviction): Promise<void> {
    await this.enter(`evict ${instanceId}`);
    this.groups.get(groupId)?.delete(instanceId);
    this.fenced.push(transactionalId);
  }

  async deleteTopic(topic: string): Promise<'deleted' | 'absent'> {
    await this.enter(`delete topic ${topic}`);
    return this.topics.delete(topic) ? 'deleted' : 'absent';
  }

  async deleteGroup(groupId: string): Promise<'deleted' | 'absent'> {
    await this.enter(`delete group ${groupId}`);
    if ((this.groups.get(groupId)?.size ?? 0) > 0)
      throw new KafkaError('Refused', 'NON_EMPTY_GROUP', { answer: 'NON_EMPTY_GROUP' });
    return this.groups.delete(groupId) ? 'deleted' : 'absent';
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private async enter(call: string): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    if (this.failure !== null) throw this.failure;
  }
}

// A worker reduced to its membership: takes what it is assigned, lets go of what it must, and enters both in a ledger that knows
// of every second owner. For the tests of the group member over any implementation of the log.
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import type { Broker, GroupStamp } from '../broker.ts';
import { GroupMember } from './group-member.ts';
import { partitionKey } from './partition-key.ts';
import type { GroupAssignment, GroupMemberEvents, GroupMemberOptions, TopicPartitionCount } from './types.ts';

/** Who works on what, over all workers. */
export class Ledger {
  readonly violations: string[] = [];
  readonly #owners = new Map<string, string>();

  take(key: string, instanceId: string): void {
    const owner = this.#owners.get(key);
    if (owner !== undefined && owner !== instanceId)
      this.violations.push(`${key}: ${instanceId} takes what ${owner} has`);
    this.#owners.set(key, instanceId);
  }

  give(key: string, instanceId: string): void {
    if (this.#owners.get(key) === instanceId) this.#owners.delete(key);
  }

  get size(): number {
    return this.#owners.size;
  }
}

export interface GroupWorkerOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly groupId: string;
  readonly instanceId: string;
  readonly counts: readonly TopicPartitionCount[];
  /** How long a release takes; null: for ever. */
  readonly releaseMs?: number | null;
  readonly member?: Partial<GroupMemberOptions>;
  readonly events?: Partial<GroupMemberEvents>;
}

export class GroupWorker {
  readonly member: GroupMember;
  readonly instanceId: string;
  readonly log: string[] = [];
  readonly held = new Set<string>();
  assignment: GroupAssignment | null = null;
  counts: readonly TopicPartitionCount[];
  fatal: Error | null = null;
  waitingFor: string | null = null;
  readonly done: Promise<void>;
  readonly #options: GroupWorkerOptions;
  readonly #end = new AbortController();

  constructor(options: GroupWorkerOptions) {
    const { broker, clock, random, groupId, instanceId, counts } = options;
    this.#options = options;
    this.instanceId = instanceId;
    this.counts = counts;
    this.member = new GroupMember({
      broker,
      clock,
      random,
      groupId,
      instanceId,
      protocolName: 'sj-00000000',
      topics: counts.map(({ topic }) => topic),
      ...options.member,
      events: {
        claims: () => [...this.held].map(parseKey),
        partitionCounts: () => Promise.resolve(this.counts),
        beforeAssignment: () => Promise.resolve(),
        departed: (instanceIds) => this.log.push(`departed ${instanceIds.join(' ')}`),
        assigned: (assignment) => this.#onAssigned(assignment),
        lost: (reason) => this.#onLost(reason),
        waiting: (why) => (this.waitingFor = why),
        fatal: (error) => (this.fatal = error),
        ...options.events,
      },
    });
    this.done = this.member.run(this.#end.signal);
  }

  get stamp(): GroupStamp | null {
    return this.member.stamp();
  }

  /** What it holds, as sorted text. */
  get holds(): string[] {
    return [...this.held].toSorted();
  }

  /** The process ends without a word; its connection is closed. */
  async crash(): Promise<void> {
    this.#end.abort(new Error('crashed'));
    this.#dropAll();
    await this.#options.broker.close();
    await this.done;
  }

  /** An orderly end. */
  async leave(): Promise<void> {
    this.#dropAll();
    await this.member.leave('test');
    await this.done;
    await this.#options.broker.close();
  }

  #onAssigned(assignment: GroupAssignment): void {
    const { ledger, releaseMs = 0, clock } = this.#options;
    this.assignment = assignment;
    this.log.push(`assigned ${assignment.stamp.generation}`);
    const mine = new Set(assignment.partitions.map(partitionKey));
    const releasing = new Set(assignment.releasing.map(partitionKey));
    for (const key of this.held) if (!mine.has(key) && !releasing.has(key)) this.#drop(key);
    for (const key of mine) {
      this.held.add(key);
      ledger.take(key, this.instanceId);
    }
    if (releasing.size === 0 || releaseMs === null) return;
    const release = (): void => {
      const held = [...releasing].filter((key) => this.held.has(key));
      for (const key of held) this.#drop(key);
      if (held.length > 0) this.member.rejoin(`released ${held.join(' ')}`);
    };
    clock.sleep(releaseMs, this.#end.signal).then(release, () => this.log.push('release cut short'));
  }

  #onLost(reason: string): void {
    this.log.push(`lost: ${reason}`);
    this.assignment = null;
    this.#dropAll();
  }

  #drop(key: string): void {
    this.held.delete(key);
    this.#options.ledger.give(key, this.instanceId);
  }

  #dropAll(): void {
    for (const key of this.held) this.#drop(key);
  }
}

function parseKey(key: string): { topic: string; partition: number } {
  const slash = key.lastIndexOf('/');
  return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) };
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TopicPartition } from '../broker.ts';
import { assign, type AssignorMember, type AssignorResult } from './assignor.ts';
import { partitionKey } from './partition-key.ts';
import type { OwnershipMap, TopicPartitionCount } from './types.ts';

/** A worker as far as the assignor is concerned: it does what it is told, and lets go as soon as it may. */
interface Worker {
  readonly instanceId: string;
  held: TopicPartition[];
  generation: number;
  map: OwnershipMap | null;
}

const worker = (instanceId: string): Worker => ({ instanceId, held: [], generation: -1, map: null });

const joining = ({ instanceId, held, generation, map }: Worker): AssignorMember => ({
  memberId: `member-${instanceId}`,
  instanceId,
  claims: { generation, partitions: held },
  knownMap: map,
});

class Group {
  generation = 0;
  workers: Worker[] = [];
  topics: TopicPartitionCount[];
  map: OwnershipMap | null = null;

  constructor(topics: TopicPartitionCount[]) {
    this.topics = topics;
  }

  /** One generation in which all members take part; whoever must release does so before the next. Returns what moved. */
  rebalance(): AssignorResult {
    this.generation++;
    const result = assign({ generation: this.generation, members: this.workers.map(joining), topics: this.topics });
    for (const each of this.workers) {
      const assigned = result.assignments.get(`member-${each.instanceId}`) ?? [];
      // Held partitions that are not assigned any more are being released: they are, by the next generation.
      each.held = [...assigned];
      each.generation = this.generation;
      each.map = result.map;
    }
    this.map = result.map;
    return result;
  }

  settle(): number {
    for (let rounds = 1; ; rounds++) {
      const { map } = this.rebalance();
      if (!isReleasing(map)) return rounds;
    }
  }
}

const isReleasing = (map: OwnershipMap): boolean =>
  map.topics.some(({ partitions }) => partitions.some(({ releasingBy }) => releasingBy !== null));

const owners = (map: OwnershipMap): Map<string, string> =>
  new Map(
    map.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ owner }, partition) => [partitionKey({ topic, partition }), owner] as const),
    ),
  );

const spread = (counts: number[]): number => Math.max(...counts) - Math.min(...counts);

function isBalanced(map: OwnershipMap): boolean {
  const totals = map.instances.map(() => 0);
  return (
    map.topics.every(({ partitions }) => {
      const counts = map.instances.map((instanceId) => partitions.filter(({ owner }) => owner === instanceId).length);
      counts.forEach((count, index) => (totals[index] = (totals[index] ?? 0) + count));
      return spread(counts) <= 1;
    }) && spread(totals) <= 1
  );
}

function moved(before: OwnershipMap, after: OwnershipMap): { key: string; from: string; to: string }[] {
  const old = owners(before);
  return [...owners(after)].flatMap(([key, to]) => {
    const from = old.get(key);
    return from === undefined || from === to ? [] : [{ key, from, to }];
  });
}

const topicsArbitrary = fc
  .array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 })
  .map((counts) => counts.map((partitions, index) => ({ topic: `t${index}`, partitions })));

/** A job has its source, and perhaps its shuffle topic. */
const jobTopicsArbitrary = topicsArbitrary.map((topics) => topics.slice(0, 2));

const sizeArbitrary = fc.integer({ min: 1, max: 9 });

const settled = (topics: TopicPartitionCount[], size: number): Group => {
  const group = new Group(topics);
  group.workers = Array.from({ length: size }, (_, index) => worker(`w${index}`));
  group.settle();
  return group;
};

describe('assignor', () => {
  it('gives every partition to somebody at once when nobody has anything', () => {
    fc.assert(
      fc.property(topicsArbitrary, sizeArbitrary, (topics, size) => {
        const group = new Group(topics);
        group.workers = Array.from({ length: size }, (_, index) => worker(`w${index}`));
        const { map } = group.rebalance();
        expect(isReleasing(map)).toBe(false);
        expect(isBalanced(map)).toBe(true);
      }),
    );
  });

  it('moves nothing when nothing changed', () => {
    fc.assert(
      fc.property(topicsArbitrary, sizeArbitrary, (topics, size) => {
        const group = settled(topics, size);
        const before = group.map as OwnershipMap;
        const { map } = group.rebalance();
        expect(moved(before, map)).toEqual([]);
        expect(isReleasing(map)).toBe(false);
      }),
    );
  });

  it('moves no partition of a member that stays when another leaves', () => {
    fc.assert(
      fc.property(jobTopicsArbitrary, fc.integer({ min: 2, max: 9 }), fc.nat(), (topics, size, pick) => {
        const group = settled(topics, size);
        const before = group.map as OwnershipMap;
        const [gone] = group.workers.splice(pick % size, 1);
        const { map, departed } = group.rebalance();
        expect(departed).toEqual([gone?.instanceId]);
        expect(isReleasing(map)).toBe(false);
        expect(isBalanced(map)).toBe(true);
        expect(moved(before, map).filter(({ from }) => from !== gone?.instanceId).length).toBe(0);
      }),
      { numRuns: 2000 },
    );
  });

  it('moves partitions to a new member only, and hands over in one further generation', () => {
    fc.assert(
      fc.property(jobTopicsArbitrary, sizeArbitrary, (topics, size) => {
        const group = settled(topics, size);
        const before = group.map as OwnershipMap;
        group.workers.push(worker('new'));
        expect(group.settle()).toBeLessThanOrEqual(2);
        const after = group.map as OwnershipMap;
        expect(isBalanced(after)).toBe(true);
        expect(moved(before, after).filter(({ to }) => to !== 'new')).toEqual([]);
      }),
    );
  });

  it('withholds a moving partition from everybody until its holder lets go', () => {
    const group = settled([{ topic: 't', partitions: 2 }], 1);
    group.workers.push(worker('w1'));
    const first = group.rebalance();
    expect(first.map.topics[0]?.partitions).toEqual([
      { owner: 'w0', releasingBy: null },
      { owner: 'w1', releasingBy: 'w0' },
    ]);
    expect([...first.assignments.values()].flat()).toEqual([{ topic: 't', partition: 0 }]);
    // Still claimed, because its last commit is under way.
    (group.workers[0] as Worker).held.push({ topic: 't', partition: 1 });
    const second = group.rebalance();
    expect(second.map.topics).toEqual(first.map.topics);
    const third = group.rebalance();
    expect(isReleasing(third.map)).toBe(false);
    expect(third.assignments.get('member-w1')).toEqual([{ topic: 't', partition: 1 }]);
  });

  it('lets the holder keep a partition when the member it should go to is gone', () => {
    const group = settled([{ topic: 't', partitions: 2 }], 1);
    group.workers.push(worker('w1'));
    group.rebalance();
    (group.workers[0] as Worker).held.push({ topic: 't', partition: 1 });
    group.workers.pop();
    const { map } = group.rebalance();
    expect(map.topics[0]?.partitions.map(({ owner, releasingBy }) => [owner, releasingBy])).toEqual([
      ['w0', null],
      ['w0', null],
    ]);
  });

  it('gives a restarted member its own partitions again, from the map that others know', () => {
    const group = settled([{ topic: 't', partitions: 6 }], 3);
    const before = group.map as OwnershipMap;
    group.workers[1] = worker('w1');
    const { map } = group.rebalance();
    expect(moved(before, map)).toEqual([]);
    expect(isReleasing(map)).toBe(false);
  });

  it('believes no claim that is older than the newest map', () => {
    const group = settled([{ topic: 't', partitions: 4 }], 2);
    // w0 is away for two generations; its partitions go to w1. Then it comes back with what it once had.
    const away = group.workers.shift() as Worker;
    group.settle();
    group.workers.unshift(away);
    const { map, assignments } = group.rebalance();
    expect(map.topics[0]?.partitions.map(({ owner, releasingBy }) => releasingBy ?? owner)).toEqual([
      'w1',
      'w1',
      'w1',
      'w1',
    ]);
    expect(assignments.get('member-w0')).toEqual([]);
  });

  it('takes a member that has not spoken since the last map for the holder of what the map gave it', () => {
    const group = settled([{ topic: 't', partitions: 2 }], 1);
    const said = joining(group.workers[0] as Worker);
    group.rebalance();
    const late: AssignorMember = { ...said, claims: { generation: 0, partitions: [] }, knownMap: null };
    const fresh = joining({ ...worker('w1'), map: group.map });
    const { map } = assign({ generation: 9, members: [late, fresh], topics: group.topics });
    expect(map.topics[0]?.partitions.filter(({ releasingBy }) => releasingBy === 'w0').length).toBe(1);
    expect(
      map.topics[0]?.partitions.filter(({ owner, releasingBy }) => owner === 'w1' && releasingBy === null),
    ).toEqual([]);
  });

  it('ignores the map of an earlier life of the group', () => {
    const group = settled([{ topic: 't', partitions: 2 }], 2);
    const stale = { ...worker('w0'), map: { ...(group.map as OwnershipMap), generation: 40 } };
    const { departed, map } = assign({ generation: 1, members: [joining(stale)], topics: group.topics });
    expect(departed).toEqual([]);
    expect(isReleasing(map)).toBe(false);
  });

  it('deals new partitions of a topic that has grown without moving the others', () => {
    fc.assert(
      fc.property(topicsArbitrary, sizeArbitrary, fc.integer({ min: 1, max: 5 }), (topics, size, more) => {
        const group = settled(topics, size);
        const before = group.map as OwnershipMap;
        const [first, ...others] = topics as [TopicPartitionCount, ...TopicPartitionCount[]];
        group.topics = [{ ...first, partitions: first.partitions + more }, ...others];
        group.settle();
        const after = group.map as OwnershipMap;
        expect(isBalanced(after)).toBe(true);
        // Of the topic that has grown nothing moves; another may lose as many as even out the totals.
        expect(moved(before, after).filter(({ key }) => key.startsWith(`${first.topic}/`)).length).toBeLessThanOrEqual(
          size,
        );
      }),
    );
  });

  it('answers the same, whatever the order of members and topics', () => {
    fc.assert(
      fc.property(topicsArbitrary, sizeArbitrary, fc.gen(), (topics, size, gen) => {
        const group = settled(topics, size);
        group.workers.push(worker('new'));
        const members = group.workers.map(joining);
        const shuffled = gen(() => fc.shuffledSubarray(members, { minLength: members.length }));
        const input = { generation: group.generation + 1, members, topics };
        const other = { ...input, members: shuffled, topics: topics.toReversed() };
        expect(assign(other).map).toEqual(assign(input).map);
      }),
    );
  });

  it('never has two workers on one partition, whoever comes, goes, restarts or is slow, and ends balanced', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('join' as const) }),
      fc.record({ kind: fc.constant('leave' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('restart' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('release' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('absent' as const), pick: fc.nat() }),
      fc.record({ kind: fc.constant('present' as const) }),
    );
    fc.assert(
      fc.property(topicsArbitrary, fc.array(step, { maxLength: 40 }), (topics, steps) => {
        const simulation = new Simulation(topics);
        for (const each of steps) simulation.take(each);
        simulation.settle();
        expect(isReleasing(simulation.map as OwnershipMap)).toBe(false);
        expect(isBalanced(simulation.map as OwnershipMap)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

type Step = { kind: 'join' | 'present' } | { kind: 'leave' | 'restart' | 'release' | 'absent'; pick: number };

/**
 * Members that hold on to moving partitions until they are told to release, and static members that miss generations: those are
 * still in the group with what they said last, and hear nothing.
 */
class Simulation {
  readonly topics: TopicPartitionCount[];
  generation = 0;
  map: OwnershipMap | null = null;
  members: (Worker & { said: AssignorMember; absent: boolean })[] = [];
  #next = 0;

  constructor(topics: TopicPartitionCount[]) {
    this.topics = topics;
    this.take({ kind: 'join' });
  }

  take(step: Step): void {
    const pick = 'pick' in step ? this.members[step.pick % this.members.length] : undefined;
    if (step.kind === 'join' && this.members.length < 8) {
      const added = worker(`w${this.#next++}`);
      this.members.push({ ...added, said: joining(added), absent: false });
    }
    if (step.kind === 'leave' && this.members.length > 1) this.members = this.members.filter((each) => each !== pick);
    if (step.kind === 'restart' && pick !== undefined) Object.assign(pick, worker(pick.instanceId));
    if (step.kind === 'release' && pick !== undefined) this.#release(pick);
    if (step.kind === 'absent' && pick !== undefined) pick.absent = true;
    if (step.kind === 'present') for (const each of this.members) each.absent = false;
    this.rebalance();
  }

  settle(): void {
    for (const each of this.members) each.absent = false;
    this.rebalance();
    for (let rounds = 0; rounds < 2; rounds++) {
      for (const each of this.members) this.#release(each);
      this.rebalance();
    }
  }

  rebalance(): void {
    this.generation++;
    if (this.members.every(({ absent }) => absent)) for (const each of this.members) each.absent = false;
    for (const each of this.members) if (!each.absent) each.said = joining(each);
    const { map, assignments } = assign({
      generation: this.generation,
      members: this.members.map(({ said }) => said),
      topics: this.topics,
    });
    this.map = map;
    for (const each of this.members) {
      if (each.absent) continue;
      const assigned = assignments.get(`member-${each.instanceId}`) ?? [];
      const mine = new Set(assigned.map(partitionKey));
      const releasing = each.held.filter(
        (tp) =>
          !mine.has(partitionKey(tp)) &&
          map.topics.find((t) => t.topic === tp.topic)?.partitions[tp.partition]?.releasingBy === each.instanceId,
      );
      each.held = [...assigned, ...releasing];
      each.generation = this.generation;
      each.map = map;
    }
    this.#checkSingleOwners();
  }

  /** What the last assignment took away is let go. */
  #release(member: Worker): void {
    const { map } = member;
    if (map === null) return;
    member.held = member.held.filter(
      ({ topic, partition }) =>
        map.topics.find((each) => each.topic === topic)?.partitions[partition]?.releasingBy !== member.instanceId,
    );
  }

  /** A member that missed the generation may still hold what it had, but the broker refuses whatever it commits. */
  #checkSingleOwners(): void {
    const current = this.members.filter(({ generation }) => generation === this.generation);
    const all = current.flatMap(({ held }) => held.map(partitionKey));
    const twice = all.filter((key, index) => all.indexOf(key) !== index);
    if (twice.length > 0) throw new Error(`two members work on ${twice.join(', ')}`);
  }
}

import { describe, expect, it } from 'vitest';
import { BrokerError, type Broker } from '../broker.ts';
import { type Intercept, MemoryCluster, seededRandom, VirtualClock } from '../memory/index.ts';
import { GroupWorker, type GroupWorkerOptions, Ledger } from './group-worker.cases.ts';
import { GroupMemberError } from './membership-error.ts';

const COUNTS = [
  { topic: 'in', partitions: 4 },
  { topic: 'shuffle', partitions: 5 },
];

class World {
  readonly clock = new VirtualClock();
  readonly random = seededRandom(7);
  readonly cluster = new MemoryCluster({ clock: this.clock, random: this.random });
  readonly ledger = new Ledger();

  constructor() {
    for (const each of COUNTS) this.cluster.createTopic(each);
  }

  connect(clientId: string, intercept?: Intercept): Broker {
    return this.cluster.connect(intercept === undefined ? { clientId } : { clientId, intercept });
  }

  worker(instanceId: string, options: Partial<GroupWorkerOptions> & { intercept?: Intercept } = {}): GroupWorker {
    const { clock, random, ledger } = this;
    const broker = this.connect(instanceId, options.intercept);
    return new GroupWorker({ broker, clock, random, ledger, groupId: 'job', instanceId, counts: COUNTS, ...options });
  }

  /** Lets time pass until it is so; every moment is looked at. */
  async until(what: string, isSo: () => boolean, limitMs = 60_000): Promise<number> {
    const startedMs = this.clock.monotonicMs();
    for (;;) {
      await this.clock.advance(0);
      if (this.ledger.violations.length > 0) throw new Error(this.ledger.violations.join('; '));
      const tookMs = this.clock.monotonicMs() - startedMs;
      if (isSo()) return tookMs;
      if (tookMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      if (!(await this.clock.advanceToNext())) await this.clock.advance(100);
    }
  }

  /** Lets time pass until the work is done. */
  async settle(what: string, work: Promise<void>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => (isDone = true));
    await this.until(what, () => isDone);
    await done;
  }

  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonicMs() + ms;
    await this.until('time passes', () => this.clock.monotonicMs() >= end, ms + 60_000);
  }
}

const shares = (workers: readonly GroupWorker[]): number[] =>
  workers.map(({ held }) => held.size).toSorted((a, b) => a - b);
const generationOf = ({ stamp }: GroupWorker): number => stamp?.generation ?? -1;

describe('group member', () => {
  it('takes everything when it is alone', async () => {
    const world = new World();
    const only = world.worker('w0');
    await world.until('assigned', () => only.held.size === 9);
    expect(only.assignment?.isLeader).toBe(true);
    expect(only.assignment?.partitionCounts).toEqual(COUNTS);
    expect(only.stamp).toMatchObject({ groupId: 'job', generation: 1, instanceId: 'w0' });
    await only.leave();
  });

  it('shares 1 → 3 → 1 workers without a second owner at any moment, within two heartbeats a step', async () => {
    const world = new World();
    const first = world.worker('w0', { releaseMs: 40 });
    await world.until('alone', () => first.held.size === 9);
    const others = ['w1', 'w2'].map((instanceId) => world.worker(instanceId, { releaseMs: 40 }));
    const all = [first, ...others];
    const tookMs = await world.until('three share', () => shares(all).join() === '3,3,3');
    expect(tookMs).toBeLessThan(4_000);
    const kept = first.holds;
    await world.pass(5_000);
    expect(first.holds).toEqual(kept);
    for (const each of others) await each.leave();
    await world.until('alone again', () => first.held.size === 9, 3_000);
    expect(first.log.filter((line) => line.startsWith('lost'))).toEqual([]);
    await first.leave();
  });

  it('hands over within a fraction of a heartbeat once a partition is released', async () => {
    const world = new World();
    const first = world.worker('w0', { releaseMs: 2_050, member: { heartbeatIntervalMs: 3_000 } });
    await world.until('alone', () => first.held.size === 9);
    const second = world.worker('w1', { member: { heartbeatIntervalMs: 3_000 } });
    await world.until('released', () => world.ledger.size === 5);
    expect(await world.until('handed over', () => world.ledger.size === 9)).toBeLessThanOrEqual(200);
    await first.leave();
    await second.leave();
  });

  it('takes up its own partitions at once after a restart, without a new generation', async () => {
    const world = new World();
    const workers = ['w0', 'w1', 'w2'].map((instanceId) => world.worker(instanceId));
    await world.until('settled', () => shares(workers).join() === '3,3,3' && world.ledger.size === 9);
    await world.pass(3_000);
    for (const pick of [0, 2]) {
      const before = workers[pick] as GroupWorker;
      const held = before.holds;
      const generation = generationOf(before);
      await before.crash();
      let led = 0;
      const beforeAssignment = (): Promise<void> => Promise.resolve(void led++);
      const after = world.worker(before.instanceId, { events: { beforeAssignment } });
      workers[pick] = after;
      await world.until('back', () => after.stamp !== null, 1_000);
      expect([after.holds, generationOf(after), led]).toEqual([held, generation, 0]);
      expect(after.stamp?.memberId).not.toBe(before.stamp?.memberId);
    }
    await world.pass(5_000);
    expect(workers.map(generationOf)).toEqual(workers.map(() => generationOf(workers[0] as GroupWorker)));
    // The restarted leader has the map again, and goes on from it.
    await (workers[1] as GroupWorker).leave();
    const rest = [workers[0], workers[2]] as GroupWorker[];
    await world.until('two share', () => world.ledger.size === 9 && shares(rest).join() === '4,5');
    for (const each of rest) await each.leave();
  });

  it('S2: frees a partition whose holder restarts in the middle of its release', async () => {
    const world = new World();
    const slow = world.worker('w0', { releaseMs: null });
    await world.until('alone', () => slow.held.size === 9);
    const second = world.worker('w1', { releaseMs: null });
    await world.until('withheld', () => (slow.assignment?.releasing.length ?? 0) > 0 && second.stamp !== null);
    expect(second.held.size).toBe(0);
    await slow.crash();
    const restarted = world.worker('w0', { releaseMs: null });
    await world.until('handed over', () => second.held.size === 4 && restarted.held.size === 5, 5_000);
    expect(world.ledger.size).toBe(9);
    await restarted.leave();
    await second.leave();
  });

  it('S2: the same when the one that restarts is a follower', async () => {
    const world = new World();
    const leader = world.worker('w0');
    const slow = world.worker('w1', { releaseMs: null });
    await world.until('two share', () => world.ledger.size === 9 && shares([leader, slow]).join() === '4,5');
    const third = world.worker('w2');
    await world.until('withheld', () => (slow.assignment?.releasing.length ?? 0) > 0 && third.stamp !== null);
    await slow.crash();
    const restarted = world.worker('w1');
    const all = [leader, restarted, third];
    await world.until('handed over', () => shares(all).join() === '3,3,3', 8_000);
    expect(world.ledger.size).toBe(9);
    for (const each of all) await each.leave();
  });

  it('S2: the leader asks again for a release that takes too long', async () => {
    const world = new World();
    const stuck = world.worker('w0', { releaseMs: null });
    await world.until('alone', () => stuck.held.size === 9);
    const second = world.worker('w1');
    await world.until('withheld', () => (stuck.assignment?.releasing.length ?? 0) > 0);
    const generation = generationOf(stuck);
    await world.pass(29_000);
    expect(generationOf(stuck)).toBe(generation);
    await world.until('asked again', () => generationOf(stuck) === generation + 1, 5_000);
    await stuck.crash();
    await second.leave();
  });

  it('W5(d): gives an evicted member nothing for what it held before', async () => {
    const world = new World();
    const admin = world.connect('operator');
    const workers = ['w0', 'w1'].map((instanceId) => world.worker(instanceId));
    const [first, evicted] = workers as [GroupWorker, GroupWorker];
    await world.until('two share', () => world.ledger.size === 9 && shares(workers).join() === '4,5');
    const old = evicted.stamp;
    // The ledger forgets what the zombie has: from here on only the broker's fence keeps it from doing harm.
    for (const key of evicted.holds) world.ledger.give(key, 'w1');
    expect((await admin.leaveGroup({ groupId: 'job', memberId: '', instanceId: 'w1', reason: 'gone' })).error).toBe(
      'NONE',
    );
    await world.until(
      'lost and back',
      () => evicted.log.some((line) => line.startsWith('lost')) && evicted.stamp !== null,
    );
    await world.until('shared again', () => world.ledger.size === 9 && shares(workers).join() === '4,5');
    expect(evicted.stamp?.memberId).not.toBe(old?.memberId);
    expect(evicted.stamp?.generation).toBeGreaterThan(old?.generation ?? 0);
    for (const each of [first, evicted]) await each.leave();
  });

  it('goes on when the leader dies, and says who departed', async () => {
    const world = new World();
    const workers = ['w0', 'w1', 'w2'].map((instanceId) => world.worker(instanceId));
    await world.until('settled', () => shares(workers).join() === '3,3,3' && world.ledger.size === 9);
    const leader = workers.find(({ assignment }) => assignment?.isLeader) as GroupWorker;
    const rest = workers.filter((each) => each !== leader);
    await leader.crash();
    const tookMs = await world.until(
      'two share',
      () => world.ledger.size === 9 && shares(rest).join() === '4,5',
      30_000,
    );
    expect(tookMs).toBeLessThan(15_000 + 10_000 + 3_000);
    expect(rest.flatMap(({ log }) => log).filter((line) => line.startsWith('departed'))).toEqual([
      `departed ${leader.instanceId}`,
    ]);
    for (const each of rest) await each.leave();
  });

  it('S3: names the departed before the new owners are told', async () => {
    const world = new World();
    const order: string[] = [];
    const events = {
      departed: (instanceIds: readonly string[]) => void order.push(`departed ${instanceIds.join()}`),
      beforeAssignment: (stamp: { generation: number }) => {
        order.push(`before ${stamp.generation}`);
        return Promise.resolve();
      },
    };
    const leader = world.worker('w0', { events });
    await world.until('alone', () => leader.held.size === 9);
    const other = world.worker('w1');
    await world.until('two share', () => world.ledger.size === 9 && other.held.size === 4);
    order.length = 0;
    await other.crash();
    await world.connect('operator').leaveGroup({ groupId: 'job', memberId: '', instanceId: 'w1', reason: 'gone' });
    const tookMs = await world.until('alone again', () => leader.held.size === 9);
    expect(tookMs).toBeLessThanOrEqual(1_000);
    expect(order).toEqual(['departed w1', `before ${generationOf(leader)}`]);
    await leader.leave();
  });

  it('keeps its stamp while it joins, and whenSettled gives the new one', async () => {
    const world = new World();
    const events = { beforeAssignment: () => world.clock.sleep(500) };
    const first = world.worker('w0', { events });
    await world.until('alone', () => first.held.size === 9);
    const old = first.stamp;
    const second = world.worker('w1');
    const settled = first.member.whenSettled(new AbortController().signal);
    await world.clock.advance(499);
    expect(first.stamp).toEqual(old);
    const [stamp] = await Promise.all([settled, world.until('two share', () => second.held.size === 4)]);
    expect(stamp.generation).toBeGreaterThan(old?.generation ?? 0);
    await first.leave();
    await second.leave();
  });

  it('whenSettled answers with the stamp that a heartbeat has just confirmed', async () => {
    const world = new World();
    const only = world.worker('w0');
    await world.until('alone', () => only.held.size === 9);
    const before = world.clock.monotonicMs();
    const settled = only.member.whenSettled(new AbortController().signal);
    await world.clock.advance(0);
    expect(await settled).toEqual(only.stamp);
    expect(world.clock.monotonicMs()).toBe(before);
    await only.leave();
    await expect(only.member.whenSettled(new AbortController().signal)).rejects.toThrow('left the group');
  });

  it('ends when another process joins with its instance id', async () => {
    const world = new World();
    const older = world.worker('w0');
    await world.until('alone', () => older.held.size === 9);
    const newer = new World().ledger;
    const twin = world.worker('w0', { ledger: newer });
    await world.until('fenced', () => older.fatal !== null, 3_000);
    expect(older.fatal).toMatchObject({ kind: 'instanceFenced' });
    await older.done;
    // Its farewell does not throw out the other one.
    await older.leave();
    await world.pass(3_000);
    expect([twin.fatal, twin.held.size]).toEqual([null, 9]);
    await twin.leave();
  });

  it('W11: ends when the group runs another plan', async () => {
    const world = new World();
    const first = world.worker('w0');
    await world.until('alone', () => first.held.size === 9);
    const other = world.worker('w1', { member: { protocolName: 'sj-11111111' } });
    await world.until('refused', () => other.fatal !== null, 1_000);
    expect(other.fatal).toBeInstanceOf(GroupMemberError);
    expect(other.fatal).toMatchObject({ kind: 'planMismatch' });
    await first.leave();
  });

  it('loses nothing while the coordinator cannot be reached, says so, and goes on', async () => {
    const world = new World();
    let down = false;
    const intercept: Intercept = () => {
      if (down) throw new BrokerError('UNKNOWN_OUTCOME', 'connection reset');
    };
    const only = world.worker('w0', { intercept });
    await world.until('alone', () => only.held.size === 9);
    down = true;
    await world.pass(5_000);
    expect(only.waitingFor).toContain('connection reset');
    expect(only.held.size).toBe(9);
    down = false;
    await world.pass(1_000);
    expect(only.waitingFor).toBe(null);
    expect([only.held.size, generationOf(only)]).toEqual([9, 1]);
    await only.leave();
  });

  it('survives lost answers of every kind of request', async () => {
    const world = new World();
    const lost = new Set<string>();
    const intercept: Intercept = ({ api }, phase) => {
      if (phase !== 'after' || lost.has(api)) return;
      lost.add(api);
      throw new BrokerError('UNKNOWN_OUTCOME', `answer of ${api} lost`);
    };
    const first = world.worker('w0');
    await world.until('alone', () => first.held.size === 9);
    const second = world.worker('w1', { intercept });
    await world.until('two share', () => world.ledger.size === 9 && second.held.size === 4);
    await world.pass(2_000);
    const leaving = second.leave();
    await world.until('left', () => first.held.size === 9);
    await leaving;
    expect([...lost].toSorted()).toEqual(['heartbeat', 'joinGroup', 'leaveGroup', 'syncGroup']);
    await first.leave();
  });

  it('repeats the leader’s preparations while they fail for a reason that passes, and stays a member', async () => {
    const world = new World();
    let failures = 0;
    const leader = world.worker('w0', {
      events: {
        beforeAssignment: async () => {
          if (++failures < 8) throw new BrokerError('UNREACHABLE', 'store is away');
        },
      },
    });
    await world.until('alone', () => leader.held.size === 9);
    expect(failures).toBe(8);
    expect([generationOf(leader), leader.waitingFor]).toEqual([1, null]);
    await leader.leave();
  });

  it('ends when the leader’s preparations fail for good', async () => {
    const world = new World();
    const events = { beforeAssignment: () => Promise.reject(new Error('offsets lost')) };
    const leader = world.worker('w0', { events });
    await world.until('fatal', () => leader.fatal !== null);
    expect(leader.fatal?.message).toBe('offsets lost');
    await leader.done;
    await leader.leave();
    const next = world.worker('w1');
    await world.until('free for others', () => next.held.size === 9, 1_000);
    await next.leave();
  });

  it('finds new partitions when the leader joins again', async () => {
    const world = new World();
    const workers = ['w0', 'w1'].map((instanceId) => world.worker(instanceId));
    await world.until('two share', () => world.ledger.size === 9 && shares(workers).join() === '4,5');
    const grown = [{ topic: 'in', partitions: 6 }, COUNTS[1] as (typeof COUNTS)[number]];
    for (const each of workers) each.counts = grown;
    workers.find(({ assignment }) => assignment?.isLeader)?.member.rejoin('partitions changed');
    await world.until('all owned', () => world.ledger.size === 11 && shares(workers).join() === '5,6');
    expect(workers.map(({ assignment }) => assignment?.partitionCounts)).toEqual([grown, grown]);
    for (const each of workers) await each.leave();
  });

  it('never has two owners under random joins, crashes, restarts and departures', async () => {
    for (let seed = 1; seed <= 15; seed++) {
      const world = new World();
      const random = seededRandom(seed);
      const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random.next() * from.length)];
      const live = new Map<string, GroupWorker>();
      const start = (instanceId: string): void =>
        void live.set(instanceId, world.worker(instanceId, { releaseMs: Math.floor(random.next() * 3_000) }));
      start('w0');
      for (let step = 0; step < 25; step++) {
        const instanceId = pick(['w0', 'w1', 'w2', 'w3']) as string;
        const worker = live.get(instanceId);
        if (worker === undefined) start(instanceId);
        else if (random.next() < 0.5) {
          await worker.crash();
          if (random.next() < 0.7) start(instanceId);
          else {
            live.delete(instanceId);
            const gone = { groupId: 'job', memberId: '', instanceId, reason: 'pod deleted' };
            if (random.next() < 0.7) await world.connect('operator').leaveGroup(gone);
          }
        } else {
          live.delete(instanceId);
          await world.settle('left', worker.leave());
        }
        await world.pass(random.next() * 4_000);
      }
      if (live.size === 0) start('w0');
      const all = [...live.values()];
      await world.until(`seed ${seed} settles`, () => world.ledger.size === 9 && spread(shares(all)) <= 1, 120_000);
      expect(all.filter(({ fatal }) => fatal !== null)).toEqual([]);
      for (const each of all) await each.leave();
      await world.cluster.close();
    }
  });
});

function spread(sorted: readonly number[]): number {
  return (sorted.at(-1) ?? 0) - (sorted[0] ?? 0);
}

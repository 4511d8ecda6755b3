// The client layer on a real broker: membership through growth, a restart in place and departures; what an independent client reads
// of the group; and a transaction under the group's stamp, read back by the reader.
import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import { RecordsBuilder } from '../../runtime/log/batch/index.ts';
import type { Broker, GroupStamp } from '../../runtime/log/broker.ts';
import { GroupWorker, type GroupWorkerOptions, Ledger } from '../../runtime/log/client/group-worker.cases.ts';
import { fetchCommitted, LogReader, type ReaderChunk, TransactionalProducer } from '../../runtime/log/client/index.ts';
import { connectKafka } from '../../runtime/log/kafka/index.ts';
import { systemRandom } from '../../runtime/random.ts';
import { waitUntil } from '../harness/ports.ts';
import { sharedBroker } from '../harness/shared.ts';
import { createTopic, uniqueName, withAdmin } from '../harness/topics.ts';

const clock = systemClock;
const random = systemRandom;
const never = new AbortController().signal;

class World {
  readonly bootstrapServers: string;
  readonly groupId = uniqueName('members');
  readonly source = uniqueName('source');
  readonly shuffle = uniqueName('shuffle');
  readonly ledger = new Ledger();

  constructor(bootstrapServers: string) {
    this.bootstrapServers = bootstrapServers;
  }

  static async start(): Promise<World> {
    const world = new World((await sharedBroker()).bootstrapServers);
    await createTopic(world.bootstrapServers, world.source, { partitions: 3 });
    await createTopic(world.bootstrapServers, world.shuffle, { partitions: 5 });
    return world;
  }

  get counts() {
    return [
      { topic: this.source, partitions: 3 },
      { topic: this.shuffle, partitions: 5 },
    ];
  }

  connect(clientId: string): Promise<Broker> {
    return connectKafka({ bootstrapServers: this.bootstrapServers, clientId, clock, random });
  }

  async worker(instanceId: string, options: Partial<GroupWorkerOptions> = {}): Promise<GroupWorker> {
    const { groupId, ledger, counts } = this;
    const broker = await this.connect(instanceId);
    return new GroupWorker({ broker, clock, random, ledger, groupId, instanceId, counts, ...options });
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const check = (): void => {
      if (this.ledger.violations.length > 0) throw new Error(this.ledger.violations.join('; '));
    };
    await waitUntil(() => Promise.resolve(isSo()), { timeoutMs: 30_000, what, check });
  }
}

const generations = (workers: readonly GroupWorker[]): number[] => workers.map(({ stamp }) => stamp?.generation ?? -1);

describe('group member on Kafka', () => {
  it('shares 1 → 2 → 1 workers, keeps the place of one that restarts, and never has two owners', async () => {
    const world = await World.start();
    const first = await world.worker('w0', { releaseMs: 50 });
    await world.until('alone', () => first.held.size === 8);

    const second = await world.worker('w1', { releaseMs: 50 });
    await world.until('two share', () => first.held.size === 4 && second.held.size === 4);
    await world.until('one generation', () => new Set(generations([first, second])).size === 1);

    const restart = async (before: GroupWorker): Promise<GroupWorker> => {
      const { holds, stamp } = before;
      await before.crash();
      const after = await world.worker(before.instanceId);
      await world.until('back', () => after.stamp !== null);
      expect([after.holds, after.stamp?.generation]).toEqual([holds, stamp?.generation]);
      return after;
    };
    const follower = await restart(second);
    // It comes back without having assigned anything, and leads on from the map that it was given.
    const leader = await restart(first);
    const third = await world.worker('w2');
    const all = [leader, follower, third];
    await world.until('three share', () => world.ledger.size === 8 && all.every(({ held }) => held.size >= 2));
    await third.leave();
    await world.until('two share again', () => leader.held.size === 4 && follower.held.size === 4);
    await follower.leave();
    await world.until('alone again', () => leader.held.size === 8);
    await leader.leave();
    expect(world.ledger.violations).toEqual([]);
  });

  it('W14: an independent client reads subscriptions and assignments', async () => {
    const world = await World.start();
    const workers = [await world.worker('w0'), await world.worker('w1')];
    await world.until('two share', () => workers.every(({ held }) => held.size === 4));
    const { groups } = await withAdmin(world.bootstrapServers, (admin) => admin.describeGroups([world.groupId]));
    const [group] = groups;
    expect(group).toMatchObject({ protocolType: 'consumer', protocol: 'sj-00000000', state: 'Stable' });
    const assigned = (group?.members ?? []).map(({ memberMetadata, memberAssignment }) => {
      expect(AssignerProtocol.MemberMetadata.decode(memberMetadata)?.topics).toEqual([world.shuffle, world.source]);
      return AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {};
    });
    for (const { topic, partitions } of world.counts)
      expect(assigned.flatMap((each) => each[topic] ?? []).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: partitions }, (_, n) => n),
      );
    for (const each of workers) await each.leave();
  });

  it('commits under the stamp of the generation, refuses an older one, and the reader sees it once', async () => {
    const world = await World.start();
    const worker = await world.worker('w0');
    await world.until('alone', () => worker.held.size === 8);
    const old = worker.stamp as GroupStamp;
    worker.member.rejoin('a new generation');
    await world.until('the next generation', () => (worker.stamp?.generation ?? 0) > old.generation);

    const broker = await world.connect('worker');
    const reading = new AbortController();
    const reader = new LogReader({ broker, clock, random });
    const running = reader.run(reading.signal);
    const at = { topic: world.shuffle, partition: 2 };
    const epoch = reader.assign(at, 0);

    const transactionalId = `${world.groupId}-w0`;
    const producer = new TransactionalProducer({
      broker,
      clock,
      random,
      transactionalId,
      transactionTimeoutMs: 10_000,
    });
    await producer.initialise(never);
    const offsets = [{ topic: world.source, partition: 0, offset: 0, leaderEpoch: -1, metadata: 'm' }];
    for (let round = 0; round < 5; round++) {
      const records = new RecordsBuilder();
      for (let n = 0; n < 10; n++)
        records.append({ timestampMs: clock.now(), key: null, value: Buffer.from(`${round}-${n}`) });
      const produced = producer.produce([{ ...at, records }]);
      const refused = producer.sendOffsets(old, offsets);
      await expect(refused).rejects.toMatchObject({ kind: 'generation', code: 'ILLEGAL_GENERATION' });
      await produced;
      await producer.sendOffsets(await worker.member.whenSettled(never), offsets);
      await producer.commit();
    }
    let count = 0;
    let last: ReaderChunk | null = null;
    while (last?.caughtUp !== true || count < 50)
      for (const item of await reader.next(never)) {
        expect(item).toMatchObject({ kind: 'chunk', epoch });
        if (item.kind !== 'chunk') continue;
        count += item.batches.reduce((sum, { recordCount }) => sum + recordCount, 0);
        last = item;
      }
    // Ten records and a marker a round.
    expect([count, last.nextOffset]).toEqual([50, 55]);
    const partitions = [{ topic: world.source, partition: 0 }];
    const committed = await fetchCommitted({
      broker,
      clock,
      random,
      groupId: world.groupId,
      partitions,
      signal: never,
    });
    expect(committed).toMatchObject([{ offset: 0, metadata: 'm' }]);
    reading.abort();
    await running;
    await broker.close();
    await worker.leave();
  });
});

import { describe, expect, it } from 'vitest';
import { type Broker, BrokerError, type FetchedPartition } from '../broker.ts';
import { recordsOf, valuesOf, withFaults } from './client-world.cases.ts';
import { all, IN, never, sequence, World } from './reader-world.cases.ts';
import { TransactionalProducer } from './transactional-producer.ts';
import type { ReaderChunk } from './types.ts';

describe('log reader', () => {
  it('gives all records of all partitions in order, from several brokers, old and new ones', async () => {
    const world = new World({ partitions: 5, brokers: 3, reader: { maxPartitionBytes: 300, maxItemBytes: 500 } });
    for (const { partition } of all(5))
      for (let at = 0; at < 100; at += 4) world.append(partition, ...sequence(4, at).map(String));
    for (const each of all(5)) world.reader.assign(each, 0);
    const taking = world.takeAll();
    const sum = (): number => all(5).reduce((total, { partition }) => total + world.numbers(partition).length, 0);
    await world.until('the old ones', () => sum() === 500);
    for (const { partition } of all(5)) world.append(partition, ...sequence(10, 100).map(String));
    await world.until('the new ones', () => sum() === 550, 50);
    for (const { partition } of all(5)) expect(world.numbers(partition)).toEqual(sequence(110));
    await world.end();
    await taking;
  });

  it('begins inside a batch: the batch comes whole, positions do not go back', async () => {
    const world = new World();
    world.append(0, ...sequence(10).map(String));
    world.reader.assign(IN, 4);
    const taking = world.takeAll();
    await world.until('caught up', () => world.chunks.length > 0);
    const [chunk] = world.chunks as [ReaderChunk];
    expect([valuesOf(chunk, 4), chunk.nextOffset, chunk.caughtUp]).toEqual([['4', '5', '6', '7', '8', '9'], 10, true]);
    await world.end();
    await taking;
  });

  it('S8: moves past markers and aborted batches, and says when it is caught up behind them', async () => {
    const world = new World();
    const { clock, random } = world;
    const parts = {
      broker: world.connect('writer'),
      clock,
      random,
      transactionalId: 'w',
      transactionTimeoutMs: 10_000,
    };
    const producer = new TransactionalProducer(parts);
    await world.drive(producer.initialise(never));
    await world.drive(producer.produce([{ ...IN, records: recordsOf('committed') }]));
    await world.drive(producer.commit());
    world.reader.assign(IN, 0);
    const taking = world.takeAll();
    await world.until('committed', () => world.chunks.at(-1)?.nextOffset === 2);
    await world.drive(producer.produce([{ ...IN, records: recordsOf('aborted') }]));
    await world.until('open', () => world.chunks.at(-1)?.caughtUp === false);
    expect(world.chunks.at(-1)).toMatchObject({ nextOffset: 2, highWatermark: 3, lastStableOffset: 2, batches: [] });
    await world.drive(producer.initialise(never));
    await world.until('past the marker', () => world.chunks.at(-1)?.nextOffset === 4);
    expect(world.chunks.at(-1)).toMatchObject({ batches: [], caughtUp: true });
    expect(world.values.get('in/0')).toEqual(['committed']);
    await world.end();
    await taking;
  });

  it('W8: reports a silent partition four times a second while it is caught up', async () => {
    const world = new World();
    world.reader.assign(IN, 0);
    const taking = world.takeAll();
    await world.clock.advance(10_000);
    expect(world.chunks.length).toBeGreaterThanOrEqual(30);
    expect(world.chunks.length).toBeLessThanOrEqual(41);
    expect(world.chunks.every(({ caughtUp, batches }) => caughtUp && batches.length === 0)).toBe(true);
    await world.end();
    await taking;
  });

  it('W8: takes back that a partition is caught up as soon as a fetch fails', async () => {
    let down = false;
    const world = new World({
      intercept: ({ api }) => {
        if (down && api === 'fetch') throw new BrokerError('UNKNOWN_OUTCOME', 'connection reset');
      },
    });
    world.reader.assign(IN, 0);
    const taking = world.takeAll();
    await world.until('caught up', () => world.chunks.at(-1)?.caughtUp === true);
    down = true;
    await world.until('doubt', () => world.chunks.at(-1)?.caughtUp === false, 200);
    expect(world.whys.at(-1)).toContain('connection reset');
    down = false;
    await world.until('caught up again', () => world.chunks.at(-1)?.caughtUp === true, 1_000);
    expect(world.whys.at(-1)).toBe(null);
    await world.end();
    await taking;
  });

  it('loses and repeats nothing while connections break and leaders move', async () => {
    let calls = 0;
    const faulty = (broker: Broker): Broker =>
      withFaults(broker, {
        fetch: async (request, signal) => {
          const call = ++calls;
          if (call % 5 === 1) throw new BrokerError('UNKNOWN_OUTCOME', 'connection lost before');
          const answers = await broker.fetch(request, signal);
          if (call % 5 === 3) throw new BrokerError('UNKNOWN_OUTCOME', 'connection lost after');
          return answers.map((each, at) => (call % 5 === at ? refused(each, 'NOT_LEADER_OR_FOLLOWER') : each));
        },
        metadata: async (topics) => {
          if (++calls % 7 === 0) throw new BrokerError('UNREACHABLE', 'no broker');
          return await broker.metadata(topics);
        },
      });
    const world = new World({ partitions: 3, brokers: 2, wrap: faulty, reader: { maxPartitionBytes: 200 } });
    for (const each of all(3)) world.reader.assign(each, 0);
    const taking = world.takeAll();
    for (let at = 0; at < 200; at += 5) {
      for (const { partition } of all(3)) world.append(partition, ...sequence(5, at).map(String));
      await world.clock.advance(7);
    }
    await world.until('everything', () => all(3).every(({ partition }) => world.numbers(partition).length >= 200));
    for (const { partition } of all(3)) expect(world.numbers(partition)).toEqual(sequence(200));
    await world.end();
    await taking;
  });

  it('gives no item of an earlier assignment', async () => {
    const world = new World();
    world.append(0, ...sequence(20).map(String));
    const first = world.reader.assign(IN, 0);
    await world.clock.advance(50);
    const second = world.reader.assign(IN, 12);
    expect(second).not.toBe(first);
    const taking = world.takeAll();
    await world.until('caught up', () => world.chunks.at(-1)?.caughtUp === true);
    expect(world.items.every(({ epoch }) => epoch === second)).toBe(true);
    world.reader.unassign(IN);
    const known = world.items.length;
    world.append(0, 'x');
    await world.clock.advance(1_000);
    expect([world.items.length, world.reader.position(IN)]).toEqual([known, null]);
    await world.end();
    await taking;
  });

  it('starts with a new partition at once, though a long poll for another is under way', async () => {
    const world = new World({ partitions: 2, reader: { maxWaitMs: 5_000 } });
    world.append(1, 'here');
    world.reader.assign(IN, 0);
    const taking = world.takeAll();
    await world.clock.advance(100);
    world.reader.assign({ topic: 'in', partition: 1 }, 0);
    expect(await world.until('the new one', () => world.values.get('in/1')?.length === 1)).toBeLessThan(50);
    await world.end();
    await taking;
  });

  it('gives nothing of a paused partition, and all of it after resume', async () => {
    const world = new World();
    world.append(0, ...sequence(5).map(String));
    world.reader.assign(IN, 0);
    await world.clock.advance(50);
    world.reader.pause(IN);
    expect(world.reader.position(IN)).toBe(0);
    const taking = world.takeAll();
    world.append(0, ...sequence(5, 5).map(String));
    await world.clock.advance(1_000);
    expect(world.items).toEqual([]);
    world.reader.resume(IN);
    await world.until('all', () => world.numbers(0).length >= 10, 50);
    expect(world.numbers(0)).toEqual(sequence(10));
    expect(world.reader.position(IN)).toBe(10);
    await world.end();
    await taking;
  });

  it('fetches no more than fits the buffer while nobody takes, and goes on then', async () => {
    let fetchedBytes = 0;
    const counting = (broker: Broker): Broker =>
      withFaults(broker, {
        fetch: async (request, signal) => {
          const answers = await broker.fetch(request, signal);
          for (const { records } of answers) fetchedBytes += records?.length ?? 0;
          return answers;
        },
      });
    const limits = { maxPartitionBytes: 1_000, maxResponseBytes: 2_000, maxBufferedBytes: 4_000 };
    const world = new World({ partitions: 2, wrap: counting, reader: limits });
    for (const { partition } of all(2))
      for (let at = 0; at < 2_000; at += 10) world.append(partition, ...sequence(10, at).map(String));
    for (const each of all(2)) world.reader.assign(each, 0);
    await world.clock.advance(5_000);
    expect(fetchedBytes).toBeGreaterThan(4_000);
    expect(fetchedBytes).toBeLessThan(12_000);
    const taking = world.takeAll();
    await world.until('everything', () => all(2).every(({ partition }) => world.numbers(partition).length >= 2_000));
    for (const { partition } of all(2)) expect(world.numbers(partition)).toEqual(sequence(2_000));
    await world.end();
    await taking;
  });

  it('keeps the whole buffer in bounds, however many partitions there are', async () => {
    const limits = {
      maxPartitionBytes: 1_000,
      maxResponseBytes: 2_000,
      maxBufferedBytes: 4_000,
      maxItemBytes: 1_000_000,
    };
    const world = new World({ partitions: 20, reader: limits });
    for (const { partition } of all(20))
      for (let at = 0; at < 200; at += 10) world.append(partition, ...sequence(10, at).map(String));
    for (const each of all(20)) world.reader.assign(each, 0);
    await world.clock.advance(5_000);
    const items = await world.reader.next(never);
    const bytes = items.reduce((sum, item) => sum + (item.kind === 'chunk' ? item.bytes : 0), 0);
    expect(bytes).toBeLessThan(4_000 + 2_000);
    await world.end();
  });

  it('leaves room in the buffer for a partition whose records come later', async () => {
    const limits = { maxPartitionBytes: 1_000, maxBufferedBytes: 8_000, maxItemBytes: 1_000_000 };
    const world = new World({ partitions: 2, reader: limits });
    for (let at = 0; at < 2_000; at += 10) world.append(0, ...sequence(10, at).map(String));
    for (const each of all(2)) world.reader.assign(each, 0);
    await world.clock.advance(1_000);
    world.append(1, 'late');
    await world.clock.advance(1_000);
    for (const item of await world.reader.next(never)) world.take(item);
    expect(world.values.get('in/1')).toEqual(['late']);
    await world.end();
  });

  it('takes turns between partitions when an answer has room for one only', async () => {
    const limits = {
      maxPartitionBytes: 1_000,
      maxResponseBytes: 1_000,
      maxBufferedBytes: 100_000,
      maxItemBytes: 1_000_000,
    };
    const world = new World({ partitions: 3, reader: limits });
    for (const { partition } of all(3))
      for (let at = 0; at < 1_000; at += 10) world.append(partition, ...sequence(10, at).map(String));
    for (const each of all(3)) world.reader.assign(each, 0);
    await world.clock.advance(100);
    const filled = (await world.reader.next(never)).filter((item) => item.kind === 'chunk' && item.bytes > 0);
    expect(new Set(filled.slice(0, 3).map(({ partition }) => partition)).size).toBe(3);
    await world.end();
  });

  it('has the next records ready while the last ones are being folded', async () => {
    const world = new World({ reader: { maxPartitionBytes: 200, maxItemBytes: 1 } });
    for (let at = 0; at < 50; at += 5) world.append(0, ...sequence(5, at).map(String));
    world.reader.assign(IN, 0);
    await world.clock.advance(10);
    let taken = 0;
    // No time passes, no request is sent: it is all there already.
    while (taken < 50)
      for (const item of await world.reader.next(never)) taken += item.kind === 'chunk' ? valuesOf(item).length : 0;
    expect(taken).toBe(50);
    await world.end();
  });

  for (const offset of [2, 99])
    it(`W13: reports offset ${offset} outside of the log and chooses no other`, async () => {
      const world = new World();
      world.append(0, ...sequence(10).map(String));
      await world.drive(world.connect('admin').deleteRecords([{ ...IN, offset: 6 }]));
      const epoch = world.reader.assign(IN, offset);
      const taking = world.takeAll();
      await world.until('the error', () => world.failures.length === 1, 1_000);
      const limits = { logStartOffset: 6, highWatermark: 10 };
      expect(world.failures).toMatchObject([{ ...IN, epoch, error: 'OFFSET_OUT_OF_RANGE', offset, ...limits }]);
      await world.clock.advance(5_000);
      expect(world.items.length).toBe(1);
      world.reader.assign(IN, 6);
      await world.until('read on', () => world.numbers(0).length > 0, 1_000);
      await world.end();
      await taking;
    });
});

function refused(answer: FetchedPartition, error: string): FetchedPartition {
  return { ...answer, error, records: null, highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 };
}

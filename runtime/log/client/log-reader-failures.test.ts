import { describe, expect, it } from 'vitest';
import type { FetchedPartition } from '../broker.ts';
import { LeaderEpochs } from '../leader-epochs.ts';
import { recordsOf, withFaults } from './client-world.cases.ts';
import { IN, never, World } from './reader-world.cases.ts';
import { TransactionalProducer } from './transactional-producer.ts';

describe('log reader, what it cannot read', () => {
  it('reports a deleted topic after a while, and reads one that is only slow to appear', async () => {
    const world = new World();
    world.reader.assign(IN, 0);
    world.reader.assign({ topic: 'later', partition: 0 }, 0);
    const taking = world.takeAll();
    await world.clock.advance(1_000);
    world.cluster.deleteTopic('in');
    await world.clock.advance(2_000);
    expect(world.failures).toEqual([]);
    world.cluster.createTopic({ topic: 'later', partitions: 1 });
    world.cluster.append('later', 0, [{ value: 'x' }]);
    await world.until('the late one', () => world.values.get('later/0')?.length === 1, 1_000);
    await world.until('the error', () => world.failures.length === 1, 5_000);
    expect(world.failures).toMatchObject([{ ...IN, error: 'UNKNOWN_TOPIC_OR_PARTITION' }]);
    await world.end();
    await taking;
  });

  it('W13: reports a topic that was deleted and created again, and reads nothing of the new one', async () => {
    const world = new World();
    const idNow = async () => (await world.connect('admin').metadata(['in'])).topics[0]?.topicId;
    const formerTopicId = await world.drive(idNow());
    world.append(0, 'a');
    world.reader.assign(IN, 0);
    const taking = world.takeAll();
    await world.until('the first', () => world.numbers(0).length === 1);
    world.cluster.deleteTopic('in');
    world.cluster.createTopic({ topic: 'in', partitions: 1 });
    world.append(0, 'b', 'c', 'd');
    await world.until('the error', () => world.failures.length === 1, 1_000);
    const topicId = await world.drive(idNow());
    expect(world.failures).toMatchObject([{ ...IN, error: 'TOPIC_RECREATED', offset: 1, topicId, formerTopicId }]);
    world.reader.assign(IN, 1);
    await world.until('the same again', () => world.failures.length === 2, 1_000);
    expect(world.values.get('in/0')).toEqual(['a']);
    await world.end();
    await taking;
  });

  it('W13: tells the leader epoch of all that it reads, markers too', async () => {
    const world = new World();
    world.append(0, 'a', 'b');
    const leaderEpochs = new LeaderEpochs();
    world.reader.assign(IN, 0, leaderEpochs);
    const taking = world.takeAll();
    await world.until('the first', () => world.reader.position(IN) === 2);
    const { clock, random } = world;
    const parts = { broker: world.connect('writer'), clock, random, transactionTimeoutMs: 10_000 };
    const producer = new TransactionalProducer({ ...parts, transactionalId: 'w' });
    await world.drive(producer.initialise(never));
    await world.drive(producer.produce([{ ...IN, records: recordsOf('c') }]));
    world.cluster.truncate('in', 0, 3);
    await world.drive(producer.commit());
    await world.until('all', () => world.reader.position(IN) === 4);
    expect([0, 1, 2, 3, 4].map((offset) => leaderEpochs.before(offset))).toEqual([-1, 0, 0, 0, 1]);
    await world.end();
    await taking;
  });

  it('reports what it may not read at once', async () => {
    const world = new World({
      wrap: (broker) =>
        withFaults(broker, {
          fetch: async (request, signal) =>
            (await broker.fetch(request, signal)).map((each) => refused(each, 'TOPIC_AUTHORIZATION_FAILED')),
        }),
    });
    world.reader.assign(IN, 0);
    const taking = world.takeAll();
    await world.until('the error', () => world.failures.length === 1, 200);
    expect(world.failures).toMatchObject([{ error: 'TOPIC_AUTHORIZATION_FAILED' }]);
    await world.end();
    await taking;
  });

  for (const [times, outcome] of [
    [3, 'reads on when the damage was on the way'],
    [Infinity, 'reports what stays damaged'],
  ] as const)
    it(`checks every batch, and ${outcome}`, async () => {
      let damaged = 0;
      const world = new World({
        wrap: (broker) =>
          withFaults(broker, {
            fetch: async (request, signal) =>
              (await broker.fetch(request, signal)).map((each) => (damaged++ < times ? damage(each) : each)),
          }),
      });
      world.append(0, 'a');
      world.reader.assign(IN, 0);
      const taking = world.takeAll();
      await world.until('an end', () => world.failures.length + world.numbers(0).length > 0, 5_000);
      expect(world.failures.map(({ error }) => error)).toEqual(times === 3 ? [] : ['CORRUPT']);
      await world.end();
      await taking;
    });

  it('ends run and next when the port is closed', async () => {
    const world = new World();
    world.reader.assign(IN, 0);
    const taking = world.takeAll();
    await world.clock.advance(300);
    await world.cluster.close();
    expect(await world.drive(world.running)).toMatchObject({ code: 'CLOSED' });
    expect(await world.drive(taking)).toMatchObject({ code: 'CLOSED' });
  });
});

function refused(answer: FetchedPartition, error: string): FetchedPartition {
  return { ...answer, error, records: null, highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 };
}

function damage(answer: FetchedPartition): FetchedPartition {
  if (answer.records === null) return answer;
  const records = Buffer.from(answer.records);
  records.writeUInt8(records.readUInt8(records.length - 2) ^ 1, records.length - 2);
  return { ...answer, records };
}

// Connections and administration of the Kafka adapter, against a real broker that also dies and comes back.
import { describe, beforeAll, expect, test } from 'vitest';
import { BrokerError } from '../../runtime/log/broker.ts';
import { systemClock } from '../../runtime/clock.ts';
import { connectKafkaAdmin, ensureTopic } from '../../runtime/log/kafka/index.ts';
import { systemRandom } from '../../runtime/random.ts';
import { startBroker } from '../harness/broker.ts';
import { freePorts } from '../harness/ports.ts';
import { sharedBroker } from '../harness/shared.ts';
import { createTopic, uniqueName } from '../harness/topics.ts';
import { connectTo, NEVER, newTopic, TestProducer, until } from './kafka-broker-kit.ts';

let bootstrapServers = '';

beforeAll(async () => {
  ({ bootstrapServers } = await sharedBroker());
});

describe('administration', () => {
  test('a topic is made with its settings, once', async () => {
    const topic = uniqueName('admin');
    const options = { bootstrapServers, topic, partitions: 3, configs: { 'retention.ms': '-1' } };
    await ensureTopic(options);
    await ensureTopic(options);
    await expect(ensureTopic({ ...options, partitions: 4 })).rejects.toThrow('has 3 partitions and 4 are needed');
    await expect(ensureTopic({ ...options, topic: 'no/slash' })).rejects.toThrow('INVALID_TOPIC_EXCEPTION');

    const admin = await connectKafkaAdmin({
      bootstrapServers,
      clientId: 'test',
      clock: systemClock,
      random: systemRandom,
    });
    const existing = await admin.createTopic({ topic, partitions: 3, replicationFactor: 1, configs: {} });
    expect(existing.error).toBe('TOPIC_ALREADY_EXISTS');
    const described = await admin.describeTopicConfigs(topic);
    expect([described.error, described.configs.get('retention.ms'), described.configs.get('cleanup.policy')]).toEqual([
      'NONE',
      '-1',
      'delete',
    ]);
    expect((await admin.describeTopicConfigs('no-such-topic')).error).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    await admin.close();
  });
});

describe('connections', () => {
  test('when nobody is there the message says who was asked and why it failed', async () => {
    const [one = 0, two = 0] = await freePorts(2);
    await expect(connectTo(`127.0.0.1:${one},127.0.0.1:${two}`)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      retryable: true,
      message: expect.stringMatching(
        new RegExp(`Tried 127\\.0\\.0\\.1:${one}: .*ECONNREFUSED.*; 127\\.0\\.0\\.1:${two}: .*ECONNREFUSED`),
      ),
    });
  });

  test('one address of the list that answers is enough', async () => {
    const [dead = 0] = await freePorts(1);
    const connected = await connectTo(`127.0.0.1:${dead},${bootstrapServers}`);
    expect((await connected.metadata([])).clusterId).not.toBe('');
    await connected.close();
  });

  test('after close every request says so, those in flight included', async () => {
    const own = await connectTo(bootstrapServers);
    const topic = await newTopic(bootstrapServers, 1);
    const { topics } = await own.metadata([topic]);
    const leaderId = topics[0]?.partitions[0]?.leaderId ?? -1;
    const partitions = [{ topic, partition: 0, offset: 0, maxBytes: 1000 }];
    const polling = own.fetch({ leaderId, partitions, maxWaitMs: 30_000, minBytes: 1, maxBytes: 1000 }, NEVER);
    await own.listOffsets([{ topic, partition: 0, at: 'latest' }]);
    await Promise.all([expect(polling).rejects.toMatchObject({ code: 'CLOSED' }), own.close()]);
    await expect(own.metadata([])).rejects.toMatchObject({ code: 'CLOSED', retryable: false });
  });
});

describe('a broker that dies', () => {
  test('leaves the outcome unknown, is unreachable while it is down, and is used again when it is back', async () => {
    await using server = await startBroker();
    const own = await connectTo(server.bootstrapServers);
    const topic = uniqueName('dies');
    await createTopic(server.bootstrapServers, topic, { partitions: 1 });
    const { topics } = await own.metadata([topic]);
    const leaderId = topics[0]?.partitions[0]?.leaderId ?? -1;
    const writer = new TestProducer(own);
    await writer.init();
    const partitions = [{ topic, partition: 0, offset: 0, maxBytes: 1000 }];
    const poll = (maxWaitMs: number) =>
      own.fetch({ leaderId, partitions, maxWaitMs, minBytes: 1, maxBytes: 1000 }, NEVER);
    expect((await poll(0))[0]?.error).toBe('NONE');
    const polling = poll(60_000);
    await own.listOffsets([{ topic, partition: 0, at: 'latest' }]);
    await Promise.all([
      expect(polling).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME', retryable: true }),
      server.kill(),
    ]);
    const beat = (): Promise<unknown> => own.heartbeat({ groupId: 'g', generation: 1, memberId: 'm', instanceId: 'i' });
    const refused = await until(
      () => beat().catch((error: unknown) => error),
      // A request on a connection whose end is not noticed yet has an unknown outcome.
      (error) => error instanceof BrokerError && error.code !== 'UNKNOWN_OUTCOME',
    );
    expect(refused).toMatchObject({ code: 'UNREACHABLE' });
    await expect(writer.init()).rejects.toMatchObject({ retryable: true });
    await server.restart();
    const back = await until(
      async () => {
        try {
          return await poll(0);
        } catch (error) {
          return String(error);
        }
      },
      (answer) => typeof answer !== 'string' && answer[0]?.error === 'NONE',
    );
    expect(back).toMatchObject([{ topic, partition: 0, error: 'NONE' }]);
    await writer.init();
    expect((await writer.send(topic, [0], { value: 'row' }))[0]?.error).toBe('NONE');
    expect(await writer.commit()).toBe('NONE');
    await own.close();
  });
});

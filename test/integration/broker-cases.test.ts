// The shared table of broker behaviour over a real Kafka broker: what it says here is what the embedded log must say too.
import type { Admin } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import type { Broker } from '../../runtime/log/broker.ts';
import { connectKafka } from '../../runtime/log/kafka/index.ts';
import { systemRandom } from '../../runtime/random.ts';
import { type BrokerContext, brokerCases } from '../cases/broker.cases.ts';
import { sharedBroker } from '../harness/shared.ts';
import { kafkaClient, uniqueName } from '../harness/topics.ts';

const sentences = brokerCases.map(({ name, run }) => [name, run] as const);

describe.concurrent('a real Kafka broker', () => {
  let bootstrapServers = '';
  let admin: Admin;
  let watcher: Broker;

  const connect = (): Promise<Broker> =>
    connectKafka({ bootstrapServers, clientId: 'broker-cases', clock: systemClock, random: systemRandom });

  beforeAll(async () => {
    ({ bootstrapServers } = await sharedBroker());
    admin = kafkaClient(bootstrapServers).admin();
    await admin.connect();
    watcher = await connect();
  });

  afterAll(async () => {
    await watcher.close();
    await admin.disconnect();
  });

  const create = async (
    topic: string,
    partitions: number,
    configs: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
    const topics = [{ topic, numPartitions: partitions, replicationFactor: 1, configEntries }];
    // Waiting for leaders is done here: kafkajs gives up when the broker it asks has not heard of the topic yet.
    await admin.createTopics({ topics, waitForLeaders: false });
    for (;;) {
      const [found] = (await watcher.metadata([topic])).topics;
      const led = found?.partitions.filter(({ leaderId }) => leaderId >= 0).length;
      if (found?.error === 'NONE' && led === partitions) return;
      await systemClock.sleep(20);
    }
  };

  test.for(sentences)('%s', async ([, run]) => {
    const clients: Broker[] = [];
    const context: BrokerContext = {
      async connect() {
        const client = await connect();
        clients.push(client);
        return client;
      },
      async createTopic(partitions, configs = {}) {
        const topic = uniqueName('case');
        await create(topic, partitions, configs);
        return topic;
      },
      deleteTopic: (topic) => admin.deleteTopics({ topics: [topic] }),
      recreateTopic: (topic, partitions) => create(topic, partitions, {}),
      uniqueName,
      advance: (ms) => systemClock.sleep(ms),
      now: () => systemClock.now(),
    };
    try {
      await expect(run(context)).resolves.toBeUndefined();
    } finally {
      for (const client of clients) await client.close();
    }
  });
});

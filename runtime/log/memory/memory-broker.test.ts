// The shared table of broker behaviour over the embedded log, under a virtual clock.
import { describe, expect, test } from 'vitest';
import { type BrokerContext, brokerCases } from '../../../test/cases/broker.cases.ts';
import { MemoryCluster, type MemoryClusterOptions, seededRandom, VirtualClock } from './index.ts';

/** Time of the tests: any moment will do, and it is always the same. */
const START_MS = Date.UTC(2026, 0, 1);

function memoryContext(options: Partial<MemoryClusterOptions>): { context: BrokerContext; close: () => Promise<void> } {
  const clock = new VirtualClock({ startMs: START_MS });
  const cluster = new MemoryCluster({ clock, random: seededRandom(1), ...options });
  let names = 0;
  const uniqueName = (prefix: string): string => `${prefix}-${++names}`;
  const context: BrokerContext = {
    connect: async () => cluster.connect({ clientId: uniqueName('client') }),
    async createTopic(partitions, configs = {}) {
      const topic = uniqueName('topic');
      cluster.createTopic({ topic, partitions, configs });
      return topic;
    },
    deleteTopic: async (topic) => cluster.deleteTopic(topic),
    recreateTopic: async (topic, partitions) => cluster.createTopic({ topic, partitions }),
    uniqueName,
    advance: (ms) => clock.advance(ms),
    now: () => clock.now(),
  };
  return { context, close: () => cluster.close() };
}

const VARIANTS: Readonly<Record<string, Partial<MemoryClusterOptions>>> = {
  'the embedded log': {},
  'the embedded log with three brokers and slow transaction markers': { brokers: 3, markerDelayMs: 35 },
};

const sentences = brokerCases.map(({ name, run }) => [name, run] as const);

describe.each(Object.entries(VARIANTS))('%s', (_, options) => {
  test.for(sentences)('%s', async ([, run]) => {
    const { context, close } = memoryContext(options);
    try {
      await expect(run(context)).resolves.toBeUndefined();
    } finally {
      await close();
    }
  });
});

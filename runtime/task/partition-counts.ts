// How many partitions the topics of a job have in a generation.
import { BrokerError, type Broker } from '../log/broker.ts';
import type { GroupAssignment, TopicPartitionCount } from '../log/client/index.ts';
import type { Topics } from './prerequisites.ts';

/** Asked anew for each generation, because a source may grow; the shuffle topic never does. Throws BrokerError. */
export async function partitionCounts(
  broker: Broker,
  { source, shuffle }: Topics,
): Promise<readonly TopicPartitionCount[]> {
  const [now] = (await broker.metadata([source.topic])).topics;
  if (now === undefined || now.error !== 'NONE')
    throw new BrokerError(
      'UNREACHABLE',
      `the brokers do not say how many partitions ${source.topic} has: ${now?.error ?? 'no answer'}`,
    );
  const counts = [{ topic: source.topic, partitions: Math.max(now.partitions.length, source.partitions.length) }];
  return shuffle === null ? counts : [...counts, { topic: shuffle.topic, partitions: shuffle.partitions.length }];
}

export function countOf({ partitionCounts: counts }: GroupAssignment, topic: string): number | null {
  return counts.find((count) => count.topic === topic)?.partitions ?? null;
}

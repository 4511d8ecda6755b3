// Which partition the usual producers choose for a key, and keys for a wanted partition. From kafkajs, not from the project.
import { Partitioners, type PartitionMetadata } from 'kafkajs';

/** The partition that murmur2 producers (Java's and kafkajs's default) choose for each key, of `count` partitions. */
export function keyPartitioner(count: number): (key: string) => number {
  const choose = Partitioners.DefaultPartitioner();
  const partitionMetadata = Array.from(
    { length: count },
    (_, partitionId): PartitionMetadata => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 1,
      replicas: [1],
      isr: [1],
      offlineReplicas: [],
    }),
  );
  return (key) => choose({ topic: '', partitionMetadata, message: { key, value: null } });
}

/** The first of `prefix0`, `prefix1`, … that belongs to `partition`. */
export function keyForPartition(partitionOf: (key: string) => number, partition: number, prefix: string): string {
  for (let i = 0; ; i += 1) {
    if (partitionOf(`${prefix}${i}`) === partition) return `${prefix}${i}`;
  }
}

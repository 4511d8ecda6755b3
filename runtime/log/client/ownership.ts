// Questions to the map of a generation: who has what.
import type { TopicPartition } from '../broker.ts';
import type { Ownership, OwnershipMap, TopicPartitionCount } from './types.ts';

/** Null for a partition that the map does not know. */
export function ownershipOf(map: OwnershipMap, { topic, partition }: TopicPartition): Ownership | null {
  return map.topics.find((each) => each.topic === topic)?.partitions[partition] ?? null;
}

/** What the instance may work on. */
export function assignedTo(map: OwnershipMap, instanceId: string): TopicPartition[] {
  return select(map, ({ owner, releasingBy }) => owner === instanceId && releasingBy === null);
}

/** What the instance must let go. */
export function releasingBy(map: OwnershipMap, instanceId: string): TopicPartition[] {
  return select(map, (ownership) => ownership.releasingBy === instanceId);
}

/** Everything that somebody must let go. */
export function releases(map: OwnershipMap): TopicPartition[] {
  return select(map, (ownership) => ownership.releasingBy !== null);
}

export function partitionCounts(map: OwnershipMap): TopicPartitionCount[] {
  return map.topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.length }));
}

function select(map: OwnershipMap, wanted: (ownership: Ownership) => boolean): TopicPartition[] {
  return map.topics.flatMap(({ topic, partitions }) =>
    partitions.flatMap((ownership, partition) => (wanted(ownership) ? [{ topic, partition }] : [])),
  );
}

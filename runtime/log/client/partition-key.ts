// Partitions as map keys, and in one order for everybody.
import type { TopicPartition } from '../broker.ts';

/** One text per partition; topic names hold no `/`. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

export function comparePartitions(a: TopicPartition, b: TopicPartition): number {
  return compareText(a.topic, b.topic) || a.partition - b.partition;
}

/** By code unit, so that no locale decides who gets what. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

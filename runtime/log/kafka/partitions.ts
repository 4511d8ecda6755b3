// Partitions between the flat lists of the port and the per-topic lists of the wire.
import type { ErrorCode, PartitionError, TopicPartition } from '../broker.ts';

export interface TopicGroup<Item> {
  readonly topic: string;
  readonly items: Item[];
}

/** Groups by topic, in the order in which topics first appear. */
export function byTopic<Item extends TopicPartition>(items: readonly Item[]): TopicGroup<Item>[] {
  const groups = new Map<string, TopicGroup<Item>>();
  for (const item of items) {
    let group = groups.get(item.topic);
    if (group === undefined) groups.set(item.topic, (group = { topic: item.topic, items: [] }));
    group.items.push(item);
  }
  return [...groups.values()];
}

/** One answer per partition asked, in that order; `missing` stands in for those that the broker left out. */
export function inOrderOf<Asked extends TopicPartition, Answer extends TopicPartition>(
  asked: readonly Asked[],
  answers: readonly Answer[],
  missing: (asked: Asked) => Answer,
): Answer[] {
  const found = new Map(answers.map((answer) => [keyOf(answer), answer]));
  return asked.map((each) => found.get(keyOf(each)) ?? missing(each));
}

export function partitionError({ topic, partition }: TopicPartition, error: ErrorCode): PartitionError {
  return { topic, partition, error };
}

// A topic name holds no slash.
function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}

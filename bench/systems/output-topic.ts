// The topic that a run writes its results to. The broker stamps each batch when it takes it, which is how the end of a run is read off.
import { createTopic, uniqueName } from '../../test/harness/topics.ts';
import { PARTITIONS } from '../data/data-set.ts';

export async function createOutputTopic(bootstrapServers: string, system: string): Promise<string> {
  const topic = uniqueName(`bench-out-${system}`);
  await createTopic(bootstrapServers, topic, {
    partitions: PARTITIONS,
    config: { 'message.timestamp.type': 'LogAppendTime' },
  });
  return topic;
}

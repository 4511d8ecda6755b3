// The topic that a run writes its results to. The broker stamps each batch when it takes it, which is how the end of a run is read off.
import { uniqueName } from '../../test/harness/topics.ts';
import { PARTITIONS } from '../data/data-set.ts';
import { makeTopic } from '../topics.ts';

export async function createOutputTopic(bootstrapServers: string, system: string): Promise<string> {
  const topic = uniqueName(`bench-out-${system}`);
  await makeTopic(bootstrapServers, topic, {
    partitions: PARTITIONS,
    config: { 'message.timestamp.type': 'LogAppendTime' },
  });
  return topic;
}

// The watermark that the job has reached, as the aggregate tasks have committed it.
import type { Broker, TopicMetadata } from '../log/broker.ts';
import { decodeCommitMetadata } from './commit-metadata.ts';

/** Highest committed watermark over all shuffle partitions, epoch ms; null when none has one. Throws BrokerError. */
export async function groupWatermark(broker: Broker, groupId: string, shuffle: TopicMetadata | null): Promise<number | null> {
  if (shuffle === null) return null;
  const partitions = shuffle.partitions.map(({ partition }) => ({ topic: shuffle.topic, partition }));
  const { offsets } = await broker.offsetFetch({ groupId, partitions });
  const marks = offsets.flatMap(({ metadata }) => decodeCommitMetadata(metadata)?.wm ?? []);
  return marks.length === 0 ? null : Math.max(...marks);
}

// The watermark that the job has reached, as the aggregate tasks have committed it.
import type { Clock } from '../clock.ts';
import { BrokerError, type Broker, type TopicMetadata } from '../log/broker.ts';
import { decodeCommitMetadata } from './commit-metadata.ts';

export interface GroupWatermarkOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly groupId: string;
  /** Null for direct jobs. */
  readonly shuffle: TopicMetadata | null;
  readonly signal: AbortSignal;
}

const RETRY_MS = 250;

/** Highest committed watermark over all shuffle partitions, epoch ms; null when none has one. Waits for brokers that cannot be reached; null when aborted. */
export async function groupWatermark({
  broker,
  clock,
  groupId,
  shuffle,
  signal,
}: GroupWatermarkOptions): Promise<number | null> {
  if (shuffle === null) return null;
  const partitions = shuffle.partitions.map(({ partition }) => ({ topic: shuffle.topic, partition }));
  for (;;) {
    try {
      const { offsets } = await broker.offsetFetch({ groupId, partitions });
      const marks = offsets.flatMap(({ metadata }) => decodeCommitMetadata(metadata)?.wm ?? []);
      return marks.length === 0 ? null : Math.max(...marks);
    } catch (error) {
      if (signal.aborted) return null;
      if (!(error instanceof BrokerError) || !error.retryable) throw error;
      await clock.sleep(RETRY_MS);
    }
  }
}

// A job as it runs on the in-memory log: what is outside of it is replaced, what it computes is not.
import type { ResolvedJob } from '../../crds/index.ts';

/** Enough for some workers to share, and no more than has to be written with every watermark. */
const SHUFFLE_PARTITIONS = 4;

/** `job` on brokers and storage of memory. Its records are put into partitions here, so where a key goes needs no check. */
export function embeddedJob(job: ResolvedJob): ResolvedJob {
  return {
    ...job,
    source: {
      ...job.source,
      kafka: { ...job.source.kafka, bootstrapServers: 'memory:9092', partitioner: 'trusted' },
    },
    checkpoint: { ...job.checkpoint, storage: { kind: 'local', path: '/memory' } },
    maxParallelism: Math.min(job.maxParallelism, SHUFFLE_PARTITIONS),
  };
}

// A job as it runs in a test: everything outside of it is replaced by memory, and what only costs time is made small.
import type { ResolvedJob } from '../../crds/index.ts';

/** Enough for three workers to share, and no more than has to be written with every watermark. */
const SHUFFLE_PARTITIONS = 4;
const COMMIT_INTERVAL_MS = 100;
const CHECKPOINT_INTERVAL_MS = 1_000;

/** `job` without brokers, storage and sinks; results go to the topic `results`. */
export function testJob(job: ResolvedJob): { readonly job: ResolvedJob; readonly results: string } {
  const results = resultsTopic(job);
  return {
    results,
    job: {
      ...job,
      source: {
        ...job.source,
        kafka: { ...job.source.kafka, bootstrapServers: 'memory:9092', partitioner: 'trusted' },
        // Partitions that wait for each other would change the order of steps that are given in order.
        watermark: { ...job.source.watermark, maxDriftMs: 0 },
      },
      sinks: [{ kind: 'kafka', topic: results }],
      delivery: { ...job.delivery, commitIntervalMs: Math.min(job.delivery.commitIntervalMs, COMMIT_INTERVAL_MS) },
      checkpoint: {
        ...job.checkpoint,
        intervalMs: Math.min(job.checkpoint.intervalMs, CHECKPOINT_INTERVAL_MS),
        storage: { kind: 'local', path: '/memory' },
      },
      maxParallelism: Math.min(job.maxParallelism, SHUFFLE_PARTITIONS),
    },
  };
}

/** A name that no topic of the job has. */
function resultsTopic({ source, lateData, onBadRecord }: ResolvedJob): string {
  const taken = [source.kafka.topic, lateData?.topic, onBadRecord.kind === 'deadLetter' ? onBadRecord.topic : null];
  let name = 'results';
  while (taken.includes(name)) name += '-';
  return name;
}

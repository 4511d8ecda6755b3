// A job as it runs in a test: on the in-memory log, with short intervals where they only cost time, and a topic for its rows.
import type { ResolvedJob } from '../../crds/index.ts';
import { embeddedJob } from './embedded-job.ts';

const COMMIT_INTERVAL_MS = 100;
const CHECKPOINT_INTERVAL_MS = 1_000;

/** `results`: where the rows go instead of the job's sinks. */
export function testJob(manifest: ResolvedJob): { readonly job: ResolvedJob; readonly results: string } {
  const job = embeddedJob(manifest);
  const results = resultsTopic(job);
  return {
    results,
    job: {
      ...job,
      // Partitions that wait for each other would change the order of steps that are given in order.
      source: { ...job.source, watermark: { ...job.source.watermark, maxDriftMs: 0 } },
      sinks: [{ kind: 'kafka', topic: results }],
      delivery: { ...job.delivery, commitIntervalMs: Math.min(job.delivery.commitIntervalMs, COMMIT_INTERVAL_MS) },
      checkpoint: { ...job.checkpoint, intervalMs: Math.min(job.checkpoint.intervalMs, CHECKPOINT_INTERVAL_MS) },
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

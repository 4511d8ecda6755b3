// A job over the test clickstream, as manifest and as the configuration that the operator would hand its workers.
import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  formatWorkerConfig,
  incarnationId,
  planHash,
  shuffleTopic,
  shuffleTopicConfig,
  validateStreamJob,
  type ResolvedJob,
  type StreamJobSpec,
} from '../../crds/index.ts';
import { sharedBroker } from '../harness/shared.ts';
import { createTopic, uniqueName } from '../harness/topics.ts';

export interface TestJob {
  readonly name: string;
  readonly source: string;
  readonly sink: string;
  readonly bootstrapServers: string;
  readonly resolved: ResolvedJob;
  readonly manifest: unknown;
  readonly incarnation: string;
  /** File for `streamjob worker --config`. */
  readonly configFile: string;
}

export interface TestJobOptions {
  readonly keyBy: readonly string[];
  readonly storage: unknown;
  readonly windowSize: string;
  readonly partitions?: number;
  readonly spec?: Record<string, unknown>;
}

/** Page views and engagement per key and window, as in the README; topics are made, shuffle topic included. */
export async function makeJob(options: TestJobOptions): Promise<TestJob> {
  const { bootstrapServers } = await sharedBroker();
  const name = uniqueName('job');
  const source = `${name}-clicks`;
  const sink = `${name}-metrics`;
  const spec = {
    source: {
      kafka: { bootstrapServers, topic: source },
      format: { json: {} },
      eventTime: { field: 'ts', unit: 'ms' },
      watermark: { maxOutOfOrderness: '2s' },
    },
    where: 'type == "page_view"',
    keyBy: options.keyBy,
    window: { tumbling: { size: options.windowSize } },
    aggregates: { pageViews: { count: {} }, engagementMs: { sum: { field: 'durationMs' } } },
    sinks: [{ kafka: { topic: sink } }],
    checkpoint: { interval: '1s', storage: options.storage },
    maxParallelism: 8,
    ...options.spec,
  };
  const manifest = {
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name, namespace: 'test' },
    spec,
  };
  const checked = validateStreamJob(manifest);
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  const { resolved } = checked;
  const uid = createHash('sha256').update(name).digest('hex');
  const incarnation = incarnationId({ namespace: 'test', job: name, uid, number: 1 });
  await createTopic(bootstrapServers, source, { partitions: options.partitions ?? 4 });
  await createTopic(bootstrapServers, sink, { partitions: 3 });
  if (resolved.mode === 'shuffled')
    await createTopic(bootstrapServers, shuffleTopic(incarnation), {
      partitions: resolved.maxParallelism,
      config: shuffleTopicConfig(1),
    });
  const configFile = path.join(await mkdtemp(path.join(tmpdir(), 'streamjob-job-')), 'job.json');
  const config = {
    namespace: 'test',
    job: name,
    uid,
    incarnation: 1,
    planHash: planHash(resolved),
    generation: 1,
    spec: spec as unknown as StreamJobSpec,
  };
  await writeFile(configFile, formatWorkerConfig(config));
  return { name, source, sink, bootstrapServers, resolved, manifest, incarnation, configFile };
}

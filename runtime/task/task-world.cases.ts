// Single tasks without a worker, for tests that say exactly what is folded, observed and committed, and when.
import { planHash, type ResolvedJob, validateStreamJob } from '../../crds/index.ts';
import type { Clock } from '../clock.ts';
import { readHeaders, RecordCursor, RecordsBuilder, type RecordBatch } from '../log/batch/index.ts';
import type { TopicMetadata } from '../log/broker.ts';
import { AggregateTask } from './aggregate-task.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { DirectTask } from './direct-task.ts';
import { IngestTask } from './ingest-task.ts';
import type { Outputs } from './outputs.ts';
import { createTaskContext, type TaskContext } from './task-context.ts';
import type { Task } from './task.ts';

export interface Click {
  readonly user: string;
  readonly ts: number;
  readonly v?: number;
  readonly note?: string;
}

export interface TaskWorldOptions {
  readonly clock: Clock;
  readonly spec: Record<string, unknown>;
  readonly keyBy?: readonly string[];
  readonly partitions?: number;
  readonly groupWatermark?: () => Promise<number | null>;
}

export function jobOf(spec: Record<string, unknown>, keyBy: readonly string[] = ['user']): ResolvedJob {
  const checked = validateStreamJob({
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'job', namespace: 'ns' },
    spec: {
      source: {
        kafka: { bootstrapServers: 'memory:1', topic: 'in', partitioner: 'trusted' },
        eventTime: { field: 'ts', unit: 'ms' },
        watermark: spec['watermark'] ?? {},
      },
      keyBy,
      window: { tumbling: { size: '10ms' } },
      aggregates: { n: { count: {} } },
      sinks: [{ kafka: { topic: 'out' } }],
      checkpoint: { storage: { local: { path: '/unused' } } },
      maxParallelism: 1,
      ...Object.fromEntries(Object.entries(spec).filter(([name]) => name !== 'watermark')),
    },
  });
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  return checked.resolved;
}

export class TaskWorld {
  readonly context: TaskContext;

  constructor({ clock, spec, keyBy, partitions = 1, groupWatermark = async () => null }: TaskWorldOptions) {
    const job = jobOf(spec, keyBy);
    this.context = createTaskContext({
      job,
      planHash: planHash(job),
      clock,
      onBadRecord: () => undefined,
      groupWatermark,
      topics: {
        clusterId: 'c',
        source: topicOf('in', partitions),
        shuffle: job.mode === 'direct' ? null : topicOf('shuffle', job.maxParallelism),
        outputs: new Map(['out', 'late', 'dead'].map((topic) => [topic, topicOf(topic, 1)])),
      },
    });
  }

  ingest(partition = 0, metadata: Partial<CommitMetadata> = {}): IngestTask {
    const task = new IngestTask(this.context, partition);
    task.restore(0, null, this.metadata(metadata));
    return task;
  }

  aggregate(): AggregateTask {
    const task = new AggregateTask(this.context, 0);
    task.restore(0, null, this.metadata({}));
    return task;
  }

  direct(position = 0, snapshot: Uint8Array | null = null, metadata: Partial<CommitMetadata> = {}): DirectTask {
    const task = new DirectTask(this.context, 0);
    task.restore(position, snapshot, this.metadata(metadata));
    return task;
  }

  metadata(some: Partial<CommitMetadata>): CommitMetadata {
    return {
      inc: 1,
      plan: this.context.planHash,
      base: 0,
      ckpt: null,
      wm: null,
      idle: false,
      quiet: false,
      since: null,
      em: null,
      fw: null,
      by: 'w1',
      seq: 0,
      ...some,
    };
  }
}

export function clicks(...all: readonly Click[]): RecordsBuilder {
  const builder = new RecordsBuilder();
  for (const click of all)
    builder.append({ timestampMs: click.ts, key: Buffer.from(click.user), value: Buffer.from(JSON.stringify(click)) });
  return builder;
}

/** Folds the records as what follows at the position of the task. */
export function fold(task: Task, records: RecordsBuilder, outputs: Outputs | null): void {
  const batch = batchAt(records, task.position);
  task.fold({ batches: [batch], nextOffset: batch.nextOffset, limit: Infinity }, outputs);
}

/** A whole commit of ingest tasks, folded by an aggregate task. */
export function passOn(outputs: Outputs, to: { task: Task; outputs: Outputs }): void {
  for (const chunk of outputs.rounds().flat()) if (chunk.topic === 'shuffle') fold(to.task, chunk.records, to.outputs);
}

/** JSON values of what was written to a topic, with the headers when there are some. */
export function written(outputs: Outputs, topic: string): Record<string, unknown>[] {
  return outputs
    .rounds()
    .flat()
    .filter((chunk) => chunk.topic === topic)
    .flatMap(({ records }) => {
      const cursor = new RecordCursor();
      cursor.reset(records.asBatch());
      const values: Record<string, unknown>[] = [];
      while (cursor.next()) {
        const value = JSON.parse(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd)) as object;
        const headers = readHeaders(cursor).map(({ key, value: text }) => [key, String(text)]);
        values.push({ ...value, ...(headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }) });
      }
      return values;
    });
}

function batchAt(records: RecordsBuilder, baseOffset: number): RecordBatch {
  return { ...records.asBatch(), baseOffset, nextOffset: baseOffset + records.count };
}

function topicOf(topic: string, partitions: number): TopicMetadata {
  return {
    topic,
    topicId: topic,
    error: 'NONE',
    partitions: Array.from({ length: partitions }, (_, partition) => ({
      partition,
      leaderId: 0,
      leaderEpoch: 0,
      error: 'NONE',
    })),
  };
}

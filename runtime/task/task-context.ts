// What all tasks of a worker share: the compiled job and the few things of the world that a task may see.
import type { ResolvedJob } from '../../crds/index.ts';
import type { Clock } from '../clock.ts';
import { type BadReason, compileJob, type JobPlan } from '../job/index.ts';
import type { Topics } from './prerequisites.ts';

export interface BadRecordDetails {
  readonly task: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: BadReason;
  /** Names the field, the rule and the value. */
  readonly message: string;
}

export interface TaskContext {
  readonly job: ResolvedJob;
  readonly plan: JobPlan;
  /** 8 hex. */
  readonly planHash: string;
  readonly clock: Clock;
  readonly sourceTopic: string;
  /** As the present generation of the group knows it; a source may grow. */
  sourcePartitions: number;
  /** Empty for direct jobs. */
  readonly shuffleTopic: string;
  /** 0 for direct jobs. */
  readonly shufflePartitions: number;
  readonly kafkaSinks: readonly { readonly topic: string; readonly partitions: number }[];
  /** How many print sinks the job has. */
  readonly printSinks: number;
  /** Partitions of the dead-letter topic; 0 when there is none. */
  readonly deadLetterPartitions: number;
  /** Partitions of the topic for late records; 0 when there is none. */
  readonly latePartitions: number;
  /** Whether no record can follow those that are in the source: then every window closes. Absent: never. */
  inputEnded?(): boolean;
  /** Told of every bad record. */
  onBadRecord(details: BadRecordDetails): void;
  /** Highest committed watermark of the job; null when it has none. Answers late rather than failing. */
  groupWatermark(): Promise<number | null>;
}

export interface TaskContextParts
  extends Pick<TaskContext, 'job' | 'planHash' | 'clock' | 'onBadRecord' | 'groupWatermark' | 'inputEnded'> {
  readonly topics: Topics;
}

export function createTaskContext(parts: TaskContextParts): TaskContext {
  const { job, topics } = parts;
  const partitionsOf = (topic: string) => topics.outputs.get(topic)?.partitions.length ?? 0;
  return {
    ...parts,
    plan: compileJob(job),
    sourceTopic: topics.source.topic,
    sourcePartitions: topics.source.partitions.length,
    shuffleTopic: topics.shuffle?.topic ?? '',
    shufflePartitions: topics.shuffle?.partitions.length ?? 0,
    kafkaSinks: job.sinks.flatMap((sink) =>
      sink.kind === 'kafka' ? [{ topic: sink.topic, partitions: partitionsOf(sink.topic) }] : [],
    ),
    printSinks: job.sinks.filter(({ kind }) => kind === 'print').length,
    deadLetterPartitions: job.onBadRecord.kind === 'deadLetter' ? partitionsOf(job.onBadRecord.topic) : 0,
    latePartitions: job.lateData === null ? 0 : partitionsOf(job.lateData.topic),
  };
}

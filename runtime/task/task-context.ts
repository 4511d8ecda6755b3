// What all tasks of a worker share: the compiled job and the few things of the world that a task may see.
import type { ResolvedJob } from '../../crds/index.ts';
import type { Clock } from '../clock.ts';
import type { JobPlan } from '../job/index.ts';
import type { BadRecordDetails } from './bad-records.ts';
import type { ResultWriter } from './result-writer.ts';

export interface TaskContext {
  readonly job: ResolvedJob;
  readonly plan: JobPlan;
  /** 8 hex. */
  readonly planHash: string;
  readonly clock: Clock;
  readonly sourceTopic: string;
  /** As known in this incarnation. */
  readonly sourcePartitions: number;
  /** Empty for direct jobs. */
  readonly shuffleTopic: string;
  readonly shufflePartitions: number;
  /** Partitions of the dead-letter topic; 0 when there is none. */
  readonly deadLetterPartitions: number;
  createResultWriter(): ResultWriter;
  /** Told of every bad record. */
  onBadRecord(details: BadRecordDetails): void;
  /** Highest committed watermark of the job; null when it has none. Answers late rather than failing. */
  groupWatermark(): Promise<number | null>;
}

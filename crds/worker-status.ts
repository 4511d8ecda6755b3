// What a worker answers to GET /status: all that the operator knows of the inside of a pod.
import { z } from 'zod';
import { PROBLEM_REASONS } from './reasons.ts';
import { PartitionLagSchema } from './schema/status.ts';

const offset = () => z.int().min(0);
/** Event time, epoch milliseconds; may be before 1970. */
const eventTimeMs = () => z.int();

export const WORKER_STATES = ['starting', 'joining', 'running', 'stopping', 'failed'] as const;
export const TASK_STATES = ['loading', 'replaying', 'live', 'draining'] as const;

export const WorkerTaskSchema = z.object({
  /** `ingest-3`, `aggregate-7`, `direct-0`: kind and partition. */
  id: z.string().regex(/^(ingest|aggregate|direct)-[0-9]+$/),
  topic: z.string(),
  partition: z.int().min(0),
  state: z.enum(TASK_STATES),
  /** Next offset to fold. */
  position: offset(),
  /** Next offset to fold after the last successful commit; null while that is being found out. */
  committed: offset().nullable(),
  /** End of the partition as the broker last told it; null before the first answer. */
  highWatermark: offset().nullable(),
  /** Null while nothing is known yet. */
  watermark: eventTimeMs().nullable(),
  /** Short id of the newest checkpoint that committed metadata names. */
  checkpoint: z.string().nullable(),
});

export const WorkerProblemSchema = z.object({
  reason: z.enum(PROBLEM_REASONS),
  message: z.string(),
  task: z.string().optional(),
  topic: z.string().optional(),
  partition: z.int().min(0).optional(),
  offset: offset().optional(),
  /** What a user can do about it. */
  userAction: z.string().optional(),
  /** Whether the worker goes on trying by itself. */
  retryable: z.boolean(),
});

export const WorkerStatusSchema = z.object({
  /** Version of this format. */
  v: z.literal(1),
  job: z.string(),
  incarnation: z.int().min(1),
  planHash: z.string(),
  /** Group instance id: the pod's name. */
  instanceId: z.string(),
  state: z.enum(WORKER_STATES),
  /** All own tasks are live: the readiness of the pod. */
  live: z.boolean(),
  tasks: z.array(WorkerTaskSchema),
  /** Of the source partitions that this worker reads, from its position, never from committed offsets. */
  lag: z.object({ records: z.int().min(0), worstPartition: PartitionLagSchema.nullable() }),
  /** Lowest watermark of this worker's tasks; null while one has none. */
  watermark: eventTimeMs().nullable(),
  /** Wall clock of the last successful commit, epoch milliseconds. */
  lastCommitAt: z.int().min(0).nullable(),
  problem: WorkerProblemSchema.nullable(),
  /** What it waits for, in words. */
  why: z.string().nullable(),
  counters: z.object({ records: z.int().min(0), bad: z.int().min(0), late: z.int().min(0) }),
});

export type WorkerTask = z.infer<typeof WorkerTaskSchema>;
export type WorkerProblem = z.infer<typeof WorkerProblemSchema>;
export type WorkerStatus = z.infer<typeof WorkerStatusSchema>;

/**
 * Reads the answer of GET /status.
 * @throws Error when it is not the answer of a worker of this version.
 */
export function parseWorkerStatus(text: string): WorkerStatus {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new Error('worker status must be JSON', { cause });
  }
  const parsed = WorkerStatusSchema.safeParse(document);
  if (parsed.success) return parsed.data;
  const list = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new Error(`worker status is not of version 1: ${list}`);
}

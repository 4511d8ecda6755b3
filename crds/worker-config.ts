// What the operator hands a worker: one JSON file, mounted from the job's ConfigMap.
import { z } from 'zod';
import { NAME_PATTERN } from './schema/stream-job.ts';
import type { StreamJobSpec } from './schema/spec.ts';

/** Name of the file in the ConfigMap and in the worker's folder. */
export const WORKER_CONFIG_FILE = 'job.json';

const WorkerConfigSchema = z.object({
  namespace: z.string().min(1),
  job: z.string().regex(new RegExp(NAME_PATTERN)),
  uid: z.string().min(8),
  incarnation: z.int().min(1),
  planHash: z.string().regex(/^[0-9a-f]{8}$/),
  generation: z.int().min(0),
  spec: z.record(z.string(), z.unknown()),
});

export interface WorkerConfig {
  readonly namespace: string;
  readonly job: string;
  /** Uid of the StreamJob; the incarnation id is made of it. */
  readonly uid: string;
  /** Number of the incarnation, from 1. */
  readonly incarnation: number;
  /** 8 hex digits: the plan that the operator means; a worker that computes another one must stop. */
  readonly planHash: string;
  /** Generation of the StreamJob that the spec is from. */
  readonly generation: number;
  /** The spec as in the manifest; `validateStreamJob` resolves it, see `workerManifest`. */
  readonly spec: StreamJobSpec;
}

/**
 * Reads the text of a worker's configuration. The spec inside is not validated here.
 * @throws Error that names every field that is wrong.
 */
export function parseWorkerConfig(text: string): WorkerConfig {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new Error('worker configuration must be JSON', { cause });
  }
  const parsed = WorkerConfigSchema.safeParse(document);
  if (parsed.success) return parsed.data as unknown as WorkerConfig;
  const list = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  throw new Error(`worker configuration is not what the operator writes: ${list}`);
}

/** The text that `parseWorkerConfig` reads. */
export function formatWorkerConfig(config: WorkerConfig): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** The manifest inside a worker's configuration, for `validateStreamJob`. */
export function workerManifest(config: WorkerConfig): unknown {
  const { job, namespace, uid, generation, spec } = config;
  return {
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: job, namespace, uid, generation },
    spec,
  };
}

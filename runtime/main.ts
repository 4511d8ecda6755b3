// Wiring of a worker process: configuration file, Kafka, object store, log, signals.
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import pino from 'pino';
import {
  incarnationId,
  parseWorkerConfig,
  planHash,
  validateStreamJob,
  workerManifest,
  type ResolvedJob,
} from '../crds/index.ts';
import { LocalStore, S3Store, type ObjectStore } from './checkpoint/index.ts';
import { systemClock } from './clock.ts';
import { connectKafka } from './log/kafka/index.ts';
import type { Logger } from './logger.ts';
import { systemRandom } from './random.ts';
import { EXIT, runWorkerProcess, type WorkerProcessOptions } from './worker-process.ts';

export { EXIT } from './worker-process.ts';

export interface RunWorkerOptions {
  /** The file that the operator mounts. */
  readonly configFile: string;
  /** Pod name: group instance id. */
  readonly instanceId: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly onProblem: 'stay' | 'exit';
  listening?(port: number): void;
}

/** Runs one worker until `signal`; resolves to the exit code. Throws Error for a configuration that no operator would write. */
export async function runWorker(options: RunWorkerOptions, signal: AbortSignal): Promise<number> {
  const config = parseWorkerConfig(await readFile(options.configFile, 'utf8'));
  const log = jsonLogger({ namespace: config.namespace, job: config.job, instance: options.instanceId });
  const checked = validateStreamJob(workerManifest(config));
  if (!checked.ok) {
    log.error('invalid-job', { problems: checked.problems.map(({ message }) => message) });
    return EXIT.failed;
  }
  const hash = planHash(checked.resolved);
  if (hash !== config.planHash) {
    log.error('plan-mismatch', {
      error: `the operator means plan ${config.planHash}, this worker computes plan ${hash}: their versions differ`,
    });
    return EXIT.planMismatch;
  }
  const store = openStore(checked.resolved.checkpoint.storage);
  try {
    return await runWorkerProcess(workerOptions(options, { config, job: checked.resolved, log, store }), signal);
  } finally {
    await store.close();
  }
}

type Parts = Pick<WorkerProcessOptions, 'config' | 'job' | 'log' | 'store'>;

/** The real world for a worker. Exported for tests that put faults between. */
export function workerOptions(options: RunWorkerOptions, parts: Parts): WorkerProcessOptions {
  const { config, job } = parts;
  const incarnation = incarnationId({
    namespace: config.namespace,
    job: config.job,
    uid: config.uid,
    number: config.incarnation,
  });
  return {
    ...parts,
    ...options,
    incarnation,
    clock: systemClock,
    random: systemRandom,
    stateLimitBytes: stateLimitBytes(job, process.constrainedMemory()),
    connect: () =>
      connectKafka({
        bootstrapServers: job.source.kafka.bootstrapServers,
        clientId: `streamjob-${options.instanceId}`,
        clock: systemClock,
        random: systemRandom,
      }),
    print: (line) => process.stdout.write(`${line}\n`),
  };
}

const STATE_SHARE = 0.6;

/** Bytes of state that the worker may hold: what the job says, else 60 % of its container's memory (0: no limit is known). */
export function stateLimitBytes({ worker }: Pick<ResolvedJob, 'worker'>, containerBytes: number): number {
  if (worker.stateMemoryBytes > 0) return worker.stateMemoryBytes;
  const limit = containerBytes > 0 && containerBytes < totalmem() ? containerBytes : totalmem();
  return Math.floor(limit * STATE_SHARE);
}

export function openStore(storage: ResolvedJob['checkpoint']['storage']): ObjectStore {
  if (storage.kind === 'local') return new LocalStore(storage.path);
  const { bucket, prefix, region, endpoint, pathStyle, sse } = storage;
  return new S3Store({ bucket, prefix, region, endpoint: endpoint ?? '', pathStyle, sse: sse ?? '' });
}

/** One JSON object a line on stderr: stdout belongs to the print sink. */
export function jsonLogger(base: Record<string, string>): Logger {
  const logger = pino(
    { base, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' },
    pino.destination({ fd: 2, sync: true }),
  );
  return {
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
  };
}

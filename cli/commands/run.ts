// streamjob run FILE: the workers of a job on this machine, against the job's brokers, without an operator.
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import {
  formatWorkerConfig,
  incarnationId,
  planHash,
  shuffleTopic,
  shuffleTopicConfig,
  type ResolvedJob,
  type StreamJob,
} from '../../crds/index.ts';
import { CliError } from '../cli-error.ts';
import { integer } from '../integer.ts';
import { writeLogLine } from '../log-lines.ts';
import { outputOption, type OutputOptions } from '../output.ts';
import { readJob } from '../read-manifest.ts';
import { stopSignal } from '../stop-signal.ts';
import { exitOf, spawnWorker, stopAll } from '../worker-processes.ts';

const STOP_GRACE_MS = 60_000;

interface RunOptions extends OutputOptions {
  readonly workers?: string;
  readonly embedded?: true;
  readonly input?: string;
  readonly keyField?: string;
  readonly timestampField?: string;
  readonly partitions?: string;
}

/** Only an embedded job is fed from here. */
const EMBEDDED_ONLY = ['input', 'keyField', 'timestampField', 'partitions'] as const;

const HELP = `
With --embedded nothing else is needed: brokers, storage and sinks of the manifest are replaced by memory in this process. Source records
are lines of JSON from --input or standard input, results are lines of JSON on standard output. When the input ends, all windows close
and the command ends with exit code 0; interrupted before, it leaves them open. Example:

  streamjob run job.yaml --embedded --input clicks.jsonl --key-field userId`;

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description(
      'run the workers of a job here, against its brokers; a later run of the same job goes on where this one ended',
    )
    .argument('<file>', 'manifest of one StreamJob')
    .option(
      '--workers <n>',
      'worker processes (default: spec.parallelism); with --embedded workers in this one (default: 1)',
    )
    .option('--embedded', 'on an in-memory log in this process, from standard input to standard output')
    .option('--input <file>', 'with --embedded: JSON lines to read instead of standard input')
    .option('--key-field <path>', 'with --embedded: field of a line whose text is the key of its record')
    .option('--timestamp-field <path>', 'with --embedded: field with the Kafka timestamp, ms (default: the event time)')
    .option('--partitions <n>', 'with --embedded: partitions of the source topic (default: 1)');
  outputOption(command)
    .addHelpText('after', HELP)
    .action(async (file: string, options: RunOptions) => {
      const misplaced = EMBEDDED_ONLY.find((name) => options.embedded === undefined && options[name] !== undefined);
      if (misplaced !== undefined)
        throw new CliError(
          2,
          `--${misplaced.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)} needs --embedded`,
        );
      const { job, resolved } = await readJob(file);
      if (options.embedded === true) return await embedded(resolved, options);
      return await againstBrokers(job, resolved, options);
    });
}

async function embedded(job: ResolvedJob, options: RunOptions): Promise<void> {
  const { input, keyField, timestampField, output } = options;
  const partitions = integer('--partitions', options.partitions ?? '1', { min: 1, max: 1_024 });
  const workers = integer('--workers', options.workers ?? '1', { min: 1, max: 64 });
  // Each command loads only what it needs.
  const { runInProcess } = await import('../embedded/run-in-process.ts');
  const fields = { keyField: keyField ?? null, timestampField: timestampField ?? null };
  await runInProcess({ job, workers, partitions, inputFile: input ?? null, ...fields, output }, stopSignal());
}

async function againstBrokers(job: StreamJob, resolved: ResolvedJob, { workers }: RunOptions): Promise<void> {
  const count =
    workers === undefined ? Math.max(1, resolved.parallelism) : integer('--workers', workers, { min: 1, max: 64 });
  const stop = stopSignal();
  // The same name is the same job: its offsets and checkpoints are found again.
  const uid = createHash('sha256').update(`run ${resolved.namespace}/${resolved.name}`).digest('hex');
  const config = {
    namespace: resolved.namespace,
    job: resolved.name,
    uid,
    incarnation: 1,
    planHash: planHash(resolved),
    generation: 0,
    spec: job.spec,
  };
  await ensureShuffleTopic(
    resolved,
    incarnationId({ namespace: resolved.namespace, job: resolved.name, uid, number: 1 }),
  );
  const folder = await mkdtemp(path.join(tmpdir(), 'streamjob-run-'));
  try {
    const configFile = path.join(folder, 'job.json');
    await writeFile(configFile, formatWorkerConfig(config));
    process.exitCode = await runWorkers({ configFile, name: resolved.name, count, stop });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runWorkers(options: {
  configFile: string;
  name: string;
  count: number;
  stop: AbortSignal;
}): Promise<number> {
  const { configFile, name, count, stop } = options;
  const children = Array.from({ length: count }, (_, index) =>
    spawnWorker({ instanceId: `${name}-run-${index}`, configFile, port: 0, onProblem: 'exit' }, writeLogLine),
  );
  const stopped = new Promise<null>((resolve) => {
    if (stop.aborted) resolve(null);
    stop.addEventListener('abort', () => resolve(null), { once: true });
  });
  // A worker that ends by itself ends the run: its exit code says why.
  const first = await Promise.race([stopped, ...children.map(exitOf)]);
  await stopAll(children, STOP_GRACE_MS);
  return first ?? Math.max(...(await Promise.all(children.map(exitOf))));
}

async function ensureShuffleTopic(job: ResolvedJob, incarnation: string): Promise<void> {
  if (job.mode !== 'shuffled') return;
  const { bootstrapServers } = job.source.kafka;
  // The broker's own defaults say how many replicas a topic has, and how many of them must be in sync.
  const { 'min.insync.replicas': _, ...configs } = shuffleTopicConfig(1);
  const { ensureTopic } = await import('../../runtime/log/kafka/index.ts');
  try {
    await ensureTopic({
      bootstrapServers,
      topic: shuffleTopic(incarnation),
      partitions: job.maxParallelism,
      configs,
    });
  } catch (error) {
    throw new CliError(
      3,
      `cannot create the shuffle topic on ${bootstrapServers}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

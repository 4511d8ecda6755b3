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
} from '../../crds/index.ts';
import { CliError } from '../cli-error.ts';
import { integer } from '../integer.ts';
import { writeLogLine } from '../log-lines.ts';
import { outputOption } from '../output.ts';
import { readJob } from '../read-manifest.ts';
import { stopSignal } from '../stop-signal.ts';
import { exitOf, spawnWorker, stopAll } from '../worker-processes.ts';

const STOP_GRACE_MS = 60_000;

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description(
      'run the workers of a job here, against its brokers; a later run of the same job goes on where this one ended',
    )
    .argument('<file>', 'manifest of one StreamJob')
    .option('--workers <n>', 'worker processes (default: spec.parallelism)');
  outputOption(command).action(async (file: string, { workers }: { workers?: string }) => {
    const { job, resolved } = await readJob(file);
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
  });
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

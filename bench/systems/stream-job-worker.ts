// Our side: one worker process, started as `streamjob run` and the image start it, on a core of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  formatWorkerConfig,
  incarnationId,
  parseWorkerStatus,
  planHash,
  shuffleTopic,
  shuffleTopicConfig,
  validateStreamJob,
  type WorkerStatus,
} from '../../crds/index.ts';
import { ensureTopic } from '../../runtime/log/kafka/index.ts';
import { atExit } from '../../test/harness/exit-hooks.ts';
import { freePorts } from '../../test/harness/ports.ts';
import { uniqueName } from '../../test/harness/topics.ts';
import type { Case } from '../cases.ts';
import type { RaceContext } from './context.ts';
import { manifestOf } from './manifest.ts';

const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts');
const LAST_LOG_CHARACTERS = 4000;

export interface WorkerRun {
  readonly pid: number;
  /** Wall clock, epoch ms. */
  readonly startedAtMs: number;
  /** The shuffle topic, if the job has one. */
  readonly topics: readonly string[];
  /** Null while the worker does not answer yet. Throws, with its log, when it has ended or says that it cannot go on. */
  status(): Promise<WorkerStatus | null>;
  /** Rejects, with its log, when it ends without having been told to; resolves when it was stopped. */
  readonly failed: Promise<void>;
  /** SIGTERM, and resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts a worker of a job of its own, with checkpoints in the run's folder. */
export async function startWorker(
  context: RaceContext,
  race: Case,
  topics: { readonly input: string; readonly output: string },
): Promise<WorkerRun> {
  const { bootstrapServers, folder, pinning, profileFolder } = context;
  const checkpointFolder = join(folder, 'checkpoints');
  const checked = validateStreamJob(manifestOf(race, { bootstrapServers, checkpointFolder, ...topics }));
  if (!checked.ok) throw new Error(checked.problems.map(({ message }) => message).join('\n'));
  const { job, resolved } = checked;
  const uid = createHash('sha256').update(uniqueName(race.name)).digest('hex');
  const { namespace, name } = resolved;
  const incarnation = incarnationId({ namespace, job: name, uid, number: 1 });
  const shuffle = resolved.mode === 'shuffled' ? [shuffleTopic(incarnation)] : [];
  const { 'min.insync.replicas': _, ...configs } = shuffleTopicConfig(1);
  for (const topic of shuffle)
    await ensureTopic({ bootstrapServers, topic, partitions: resolved.maxParallelism, configs });
  const configFile = join(folder, 'job.json');
  const config = { namespace, job: name, uid, incarnation: 1, planHash: planHash(resolved), generation: 1 };
  await writeFile(configFile, formatWorkerConfig({ ...config, spec: job.spec }));
  const [port = 0] = await freePorts(1);
  const profile = profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`];
  const flags = ['--disable-warning=ExperimentalWarning', '--disable-warning=TimeoutNegativeWarning', ...profile];
  const [program = 'node', ...args] = pinning.measured([
    process.execPath,
    ...flags,
    CLI,
    'worker',
    '--config',
    configFile,
    '--on-problem',
    'exit',
  ]);
  const startedAtMs = Date.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, POD_NAME: `${name}-0`, STREAMJOB_HTTP_PORT: String(port) },
  });
  const forget = atExit(() => child.kill('SIGKILL'));
  child.once('exit', forget);
  return new Running(child, { port, startedAtMs, topics: shuffle });
}

class Running implements WorkerRun {
  readonly startedAtMs: number;
  readonly topics: readonly string[];
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #port: number;
  readonly failed: Promise<void>;
  #stopped = false;
  #log = '';

  constructor(child: ChildProcess, parts: { port: number; startedAtMs: number; topics: readonly string[] }) {
    this.#child = child;
    this.#port = parts.port;
    this.startedAtMs = parts.startedAtMs;
    this.topics = parts.topics;
    if (child.pid === undefined) throw new Error('the worker process cannot be started');
    this.pid = child.pid;
    this.failed = new Promise((resolve, reject) => {
      child.once('exit', () => (this.#stopped ? resolve() : reject(this.#ending())));
    });
    // Whoever waits for it hears of it; that nobody does is no error of its own.
    this.failed.catch(() => undefined);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log = (this.#log + text).slice(-LAST_LOG_CHARACTERS);
    });
  }

  async status(): Promise<WorkerStatus | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) throw this.#ending();
    let text: string;
    try {
      text = await (await fetch(`http://127.0.0.1:${this.#port}/status`)).text();
    } catch (error) {
      // It does not listen yet, or has just ended, which the next look tells.
      if (error instanceof TypeError) return null;
      throw error;
    }
    const status = parseWorkerStatus(text);
    if (status.state === 'failed') throw new Error(`the worker failed: ${status.problem?.message}\n${this.#log}`);
    return status;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#stopped = true;
    this.#child.kill('SIGTERM');
    await this.failed;
  }

  #ending(): Error {
    return new Error(`the worker ended (${this.#child.exitCode ?? this.#child.signalCode}):\n${this.#log}`);
  }
}

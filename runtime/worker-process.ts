// The life of a worker process: waits for what the job needs, runs the worker, and tells over HTTP how it gets on. Everything that
// touches the world comes in, so that tests can put faults between.
import {
  shuffleTopic,
  transactionalId,
  type ResolvedJob,
  type WorkerConfig,
  type WorkerStatus,
} from '../crds/index.ts';
import type { ObjectStore } from './checkpoint/index.ts';
import type { Clock } from './clock.ts';
import { startWorkerServer } from './http/worker-server.ts';
import { BrokerError, type Broker } from './log/broker.ts';
import { GroupMemberError, OffsetFetchError, TransactionError } from './log/client/index.ts';
import type { Logger } from './logger.ts';
import { createWorkerMetrics } from './metrics.ts';
import type { Random } from './random.ts';
import { findTopics, type Topics } from './task/prerequisites.ts';
import { FatalProblem, PlanMismatch, type ProblemDetails } from './task/problem.ts';
import { commitProblem, Troubles } from './task/troubles.ts';
import { Worker } from './task/worker.ts';
import { refreshGauges, workerStatus } from './worker-report.ts';

export interface WorkerProcessOptions {
  readonly config: WorkerConfig;
  readonly job: ResolvedJob;
  /** Full name of the incarnation. */
  readonly incarnation: string;
  /** Name of the pod. */
  readonly instanceId: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  connect(): Promise<Broker>;
  readonly store: ObjectStore;
  print(line: string): void;
  /** Bytes of state that the worker may hold. */
  readonly stateLimitBytes: number;
  /** What to do with a problem that no retry can cure: stay and tell (a pod), or end (a command line). */
  readonly onProblem: 'stay' | 'exit';
  /** Told once the HTTP port is open. */
  listening?(port: number): void;
}

/** Exit codes of the contract. */
export const EXIT = { fine: 0, failed: 1, usage: 2, environment: 3, planMismatch: 78 } as const;

const WATCHDOG_MS = 60_000;
const RETRY_TOPICS_MS = 2_000;

/** Runs until `signal`, or until the worker ends by itself. Resolves to the exit code. */
export async function runWorkerProcess(options: WorkerProcessOptions, signal: AbortSignal): Promise<number> {
  const { config, clock, log, job } = options;
  const metrics = createWorkerMetrics({ namespace: config.namespace, job: config.job });
  const troubles = new Troubles(clock, log);
  let worker: Worker | null = null;
  let failure: ProblemDetails | null = null;
  const status = (): WorkerStatus => workerStatus({ ...options, worker, troubles, failure, stopping: signal.aborted });
  const watchdog = new Watchdog(clock);
  await using server = await startWorkerServer({
    port: options.port,
    registry: metrics.registry,
    status,
    stuck: () => watchdog.check(worker?.turns ?? null),
    beforeMetrics: () => refreshGauges(metrics, worker, status()),
  });
  options.listening?.(server.port);
  log.info('worker-start', {
    incarnation: options.incarnation,
    plan: config.planHash,
    port: server.port,
  });
  try {
    const broker = await troubles.whileStoreFails(() => options.connect(), signal);
    try {
      const shuffle = job.mode === 'shuffled' ? shuffleTopic(options.incarnation) : null;
      const topics = await waitForTopics({ ...options, broker, troubles, shuffle }, signal);
      worker = new Worker({
        ...options,
        broker,
        metrics,
        troubles,
        topics,
        planHash: config.planHash,
        incarnation: { id: options.incarnation, number: config.incarnation },
        transactionalId: (instanceId) => transactionalId(options.incarnation, instanceId),
      });
      await worker.run(signal);
    } finally {
      await broker.close();
    }
    return EXIT.fine;
  } catch (error) {
    if (signal.aborted && (error === signal.reason || isAbort(error))) return EXIT.fine;
    if (error instanceof PlanMismatch || (error instanceof GroupMemberError && error.kind === 'planMismatch')) {
      log.error('plan-mismatch', { error: error.message });
      return EXIT.planMismatch;
    }
    const problem = fatal(error);
    if (problem === null) throw error;
    failure = problem;
    log.error('failed', { ...failure });
    if (options.onProblem === 'exit') return EXIT.failed;
    // The pod stays, so that its status says why; a restart would only hide it.
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    return EXIT.fine;
  }
}

interface WaitForTopics {
  readonly broker: Broker;
  readonly job: ResolvedJob;
  readonly clock: Clock;
  readonly troubles: Troubles;
  readonly shuffle: string | null;
}

async function waitForTopics(
  { broker, job, clock, troubles, shuffle }: WaitForTopics,
  signal: AbortSignal,
): Promise<Topics> {
  for (;;) {
    const found = await troubles.whileStoreFails(() => findTopics(broker, job, shuffle), signal);
    if (!('reason' in found)) {
      troubles.report('topics', null);
      return found;
    }
    troubles.report('topics', found);
    await clock.sleep(RETRY_TOPICS_MS, signal);
  }
}

/** Sees whether the worker's loop has turned since it was last asked. */
class Watchdog {
  readonly #clock: Clock;
  #turns = -1;
  #since: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.monotonicMs();
  }

  check(turns: number | null): string | null {
    const now = this.#clock.monotonicMs();
    if (turns === null || turns !== this.#turns) {
      this.#turns = turns ?? -1;
      this.#since = now;
    }
    const silentMs = now - this.#since;
    return silentMs > WATCHDOG_MS ? `the worker's loop has not turned for ${Math.round(silentMs / 1000)} s` : null;
  }
}

/** What a person can do about an error that ended the worker; null for one that only a restart can cure. */
function fatal(error: unknown): ProblemDetails | null {
  if (error instanceof FatalProblem) return error.details;
  if (error instanceof BrokerError && error.code === 'UNSUPPORTED_VERSION')
    return { reason: 'BrokerUnsupported', message: error.message };
  if (error instanceof GroupMemberError && error.kind === 'notAuthorized')
    return { reason: 'NotAuthorized', message: error.message, userAction: 'grant the worker READ on its group' };
  // InitProducerId was refused: no restart changes that.
  if (error instanceof TransactionError && error.kind === 'rejected') return commitProblem(error);
  if (error instanceof OffsetFetchError)
    return {
      reason: error.code.endsWith('AUTHORIZATION_FAILED') ? 'NotAuthorized' : 'BrokerUnreachable',
      message: error.message,
    };
  return null;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

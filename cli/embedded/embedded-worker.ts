// A worker inside this process: the very Worker that runs in a pod, and the two ways in which it can end.
import { createWorkerMetrics } from '../../runtime/metrics.ts';
import { Troubles } from '../../runtime/task/troubles.ts';
import type { WorkerOptions } from '../../runtime/task/worker-options.ts';
import { Worker } from '../../runtime/task/worker.ts';

export type EmbeddedWorkerOptions = Omit<WorkerOptions, 'metrics' | 'troubles'>;

export class EmbeddedWorker {
  readonly instanceId: string;
  readonly worker: Worker;
  readonly #options: EmbeddedWorkerOptions;
  readonly #troubles: Troubles;
  readonly #metrics: ReturnType<typeof createWorkerMetrics>;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #killed = false;
  /** Why it ended by itself. */
  failure: Error | null = null;

  constructor(options: EmbeddedWorkerOptions) {
    const { job, clock, log } = options;
    this.#options = options;
    this.instanceId = options.instanceId;
    this.#troubles = new Troubles(clock, log);
    this.#metrics = createWorkerMetrics({ namespace: job.namespace, job: job.name });
    this.worker = new Worker({ ...options, metrics: this.#metrics, troubles: this.#troubles });
    this.#ended = this.#run();
  }

  /** What it waits for by its own account, null for nothing. */
  get why(): string | null {
    return this.#troubles.why ?? this.#troubles.problem?.message ?? null;
  }

  /** Bad records that it has met. */
  async badRecords(): Promise<number> {
    const { values } = await this.#metrics.bad.get();
    return values.reduce((sum, { value }) => sum + value, 0);
  }

  /** An orderly end: last commit, checkpoints, out of the group. */
  stop(): Promise<void> {
    this.#stop.abort();
    return this.#ended;
  }

  /** Nothing that it does from now on reaches the log; it ends as soon as it finds out. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.#options.broker.close();
    await this.#ended;
  }

  async #run(): Promise<void> {
    try {
      await this.worker.run(this.#stop.signal);
    } catch (error) {
      // A killed worker finds its connection closed, and ends with that.
      if (!this.#killed) this.failure = error instanceof Error ? error : new Error(String(error));
    } finally {
      await this.#options.broker.close();
    }
  }
}

// The processes of one job: as many as wanted, all on the newest configuration, replaced one after the other. The local
// counterpart of a Deployment's controller.
import { type Clock, sleepUntilAborted } from '../clock.ts';
import { type SpawnWorker, WorkerProcess, type WorkerLine } from './worker-process.ts';

export interface Wanted {
  readonly replicas: number;
  /** Changes when workers must be replaced. */
  readonly revision: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface SupervisorOptions {
  readonly job: string;
  readonly configFile: string;
  readonly spawn: SpawnWorker;
  readonly clock: Clock;
  readonly freePort: () => Promise<number>;
  readonly onLine: (line: WorkerLine) => void;
  readonly onChange: () => void;
  /** Whether all tasks of a worker are live: a roll goes on only then. */
  readonly isReady: (worker: string) => boolean;
  readonly graceMs: number;
}

export interface SupervisedWorker {
  readonly process: WorkerProcess;
  readonly revision: string;
}

const READY_POLL_MS = 100;
/** A worker that does not become ready must not stop a roll for ever: its successor may be the cure. */
const READY_TIMEOUT_MS = 60_000;

export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly workers: SupervisedWorker[] = [];
  private wanted: Wanted = { replicas: 0, revision: '', env: {} };
  private readonly stopped = new AbortController();
  private working: Promise<void> | null = null;
  private failure: unknown = null;

  constructor(options: SupervisorOptions) {
    this.options = options;
  }

  /** Those that exist, also while they are being ended. */
  list(): readonly SupervisedWorker[] {
    return this.workers;
  }

  /** Begins to bring about what is wanted; a later call replaces an earlier one. */
  want(wanted: Wanted): void {
    if (this.stopped.signal.aborted) return;
    this.wanted = wanted;
    this.working ??= this.converge().finally(() => {
      this.working = null;
    });
    this.working.catch((error: unknown) => {
      this.failure = error;
    });
  }

  /** Ends every process; resolves when none is left. Rejects when bringing about what was wanted had failed. */
  async stop(): Promise<void> {
    this.stopped.abort(new Error('stopped'));
    await Promise.all(this.workers.map((worker) => worker.process.stop()));
    await Promise.allSettled([this.working]);
    // A start that was under way may have made one more.
    await Promise.all(this.workers.map((worker) => worker.process.stop()));
    this.workers.length = 0;
    if (this.failure !== null) throw this.failure;
  }

  killAll(): void {
    for (const worker of this.workers) worker.process.kill();
  }

  private async converge(): Promise<void> {
    while (!this.stopped.signal.aborted && (await this.step()));
  }

  /** One change towards what is wanted; false when nothing is left to do. */
  private async step(): Promise<boolean> {
    const { replicas } = this.wanted;
    const surplus = this.workers[replicas];
    if (surplus !== undefined) {
      const leaving = this.workers.slice(replicas);
      await Promise.all(leaving.map((worker) => worker.process.stop()));
      this.workers.splice(replicas);
      this.options.onChange();
      return true;
    }
    if (this.workers.length < replicas) {
      await this.add(this.workers.length);
      return true;
    }
    const old = this.workers.findIndex((worker) => worker.revision !== this.wanted.revision);
    if (old === -1) return false;
    await this.replace(old);
    return true;
  }

  private async add(index: number): Promise<void> {
    const process = this.make(index);
    this.workers[index] = { process, revision: this.wanted.revision };
    await process.start();
  }

  private async replace(index: number): Promise<void> {
    await this.workers[index]?.process.stop();
    if (this.stopped.signal.aborted) return;
    await this.add(index);
    const untilMs = this.options.clock.now() + READY_TIMEOUT_MS;
    const name = this.nameOf(index);
    while (!this.stopped.signal.aborted && !this.options.isReady(name) && this.options.clock.now() < untilMs) {
      await sleepUntilAborted(this.options.clock, READY_POLL_MS, this.stopped.signal);
    }
  }

  private make(index: number): WorkerProcess {
    const { configFile, spawn, clock, freePort, onLine, onChange, graceMs } = this.options;
    return new WorkerProcess(
      { index, name: this.nameOf(index), configFile, env: this.wanted.env },
      { spawn, clock, freePort, onLine, onChange, graceMs },
    );
  }

  private nameOf(index: number): string {
    return `${this.options.job}-worker-${index}`;
  }
}

// One worker as a process of this machine: started again with growing pauses when it ends by itself, ended in good order
// when it is no longer wanted. The local counterpart of a pod and its kubelet.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Cancel, Clock } from '../clock.ts';

export interface WorkerLaunch {
  readonly index: number;
  /** Group instance id: `<job>-worker-<index>`. */
  readonly name: string;
  readonly configFile: string;
  /** Variables to add to the environment. */
  readonly env: Readonly<Record<string, string>>;
}

export type SpawnWorker = (launch: WorkerLaunch) => ChildProcess;

export interface WorkerLine {
  readonly worker: string;
  readonly stream: 'stdout' | 'stderr';
  readonly line: string;
}

export interface WorkerProcessOptions {
  readonly spawn: SpawnWorker;
  readonly clock: Clock;
  readonly freePort: () => Promise<number>;
  readonly onLine: (line: WorkerLine) => void;
  /** It started, ended, or is about to be started again. */
  readonly onChange: () => void;
  /** How long an end in good order may take. */
  readonly graceMs: number;
}

export interface LastEnd {
  readonly exitCode: number;
  readonly message: string;
}

const RESTART_MIN_MS = 500;
const RESTART_MAX_MS = 30_000;
/** Who has run for this long is well: its next pause is the shortest again. */
const WELL_AFTER_MS = 60_000;

export class WorkerProcess {
  readonly name: string;
  private readonly options: WorkerProcessOptions;
  private readonly launch: Omit<WorkerLaunch, 'env'> & { readonly env: Readonly<Record<string, string>> };
  private child: ChildProcess | null = null;
  private exited: Promise<void> = Promise.resolve();
  private stopping = false;
  private failures = 0;
  private lastLine = '';
  private cancelRestart: Cancel | null = null;
  /** When it was last started, epoch ms: what it said before is not about this start. */
  startedMs = 0;
  /** Port of its HTTP server; null while it does not run. */
  port: number | null = null;
  restarts = 0;
  lastEnd: LastEnd | null = null;

  constructor(launch: WorkerLaunch, options: WorkerProcessOptions) {
    this.name = launch.name;
    this.launch = launch;
    this.options = options;
  }

  get running(): boolean {
    return this.child !== null;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async start(): Promise<void> {
    const port = await this.options.freePort();
    if (this.stopping) return;
    const child = this.options.spawn({
      ...this.launch,
      env: { ...this.launch.env, POD_NAME: this.name, STREAMJOB_HTTP_PORT: String(port) },
    });
    const ended = Promise.withResolvers<void>();
    this.child = child;
    this.port = port;
    this.startedMs = this.options.clock.now();
    this.exited = ended.promise;
    this.read(child, 'stdout');
    this.read(child, 'stderr');
    let over = false;
    const end = (exitCode: number, message: string): void => {
      if (over) return;
      over = true;
      this.ended(exitCode, message);
      ended.resolve();
    };
    child.once('error', (error) => end(127, error.message));
    child.once('exit', (code, signal) => end(code ?? 128, signal === null ? this.lastLine : `killed by ${signal}`));
    this.options.onChange();
  }

  /** SIGTERM, then SIGKILL when it does not end in time. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.cancelRestart?.();
    const { child } = this;
    if (child === null) return;
    child.kill('SIGTERM');
    const cancelKill = this.options.clock.schedule(this.options.graceMs, () => child.kill('SIGKILL'));
    await this.exited;
    cancelKill();
  }

  /** At once and without waiting: for the moment this process itself ends. */
  kill(): void {
    this.child?.kill('SIGKILL');
  }

  private ended(exitCode: number, message: string): void {
    this.child = null;
    this.port = null;
    if (this.stopping) return;
    this.lastEnd = { exitCode, message };
    this.restarts += 1;
    const { clock } = this.options;
    this.failures = clock.now() - this.startedMs >= WELL_AFTER_MS ? 0 : this.failures + 1;
    const delayMs = Math.min(RESTART_MAX_MS, RESTART_MIN_MS * 2 ** Math.max(0, this.failures - 1));
    this.cancelRestart = clock.schedule(delayMs, () => {
      this.cancelRestart = null;
      this.start().catch((error: unknown) => this.ended(127, String(error)));
    });
    this.options.onChange();
  }

  private read(child: ChildProcess, stream: 'stdout' | 'stderr'): void {
    const source = child[stream];
    if (source === null) return;
    createInterface({ input: source }).on('line', (line) => {
      if (line.trim() !== '') this.lastLine = line;
      this.options.onLine({ worker: this.name, stream, line });
    });
  }
}

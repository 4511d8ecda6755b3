// Real worker processes for tests: started, killed, stopped, and always gone at the end.
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestJob } from './job.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface WorkerEnvironment {
  readonly [name: string]: string;
}

export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly #lines = new EventEmitter();
  /** Log lines so far. */
  readonly lines: string[] = [];

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exit = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    let rest = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      this.lines.push(...parts);
      this.#lines.emit('line');
    });
  }

  /** The product's worker. */
  static start(job: TestJob, instanceId: string, env: WorkerEnvironment = {}): WorkerProcess {
    return WorkerProcess.#spawn(
      ['cli/main.ts', 'worker', '--config', job.configFile, '--on-problem', 'exit'],
      instanceId,
      env,
    );
  }

  /** The same, killing itself at a step of the commit cycle. */
  static startCrashing(
    job: TestJob,
    instanceId: string,
    fault: { step: string; nth: number; env: WorkerEnvironment },
  ): WorkerProcess {
    const args = ['test/integration/crashing-worker.ts', job.configFile, fault.step, String(fault.nth)];
    return WorkerProcess.#spawn(args, instanceId, fault.env);
  }

  static #spawn(args: readonly string[], instanceId: string, env: WorkerEnvironment): WorkerProcess {
    const all = { ...process.env, ...env, POD_NAME: instanceId, STREAMJOB_HTTP_PORT: '0' };
    const options = { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'], env: all } as const;
    return new WorkerProcess(
      spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
        ...options,
        stdio: [...options.stdio],
      }),
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    return this.#exit;
  }

  kill(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.#child.kill('SIGKILL');
    return this.#exit;
  }

  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    this.#child.kill('SIGTERM');
    return this.#exit;
  }

  /** Resolves when the worker has logged the event; rejects when it ends before. */
  async logged(event: string): Promise<void> {
    const ended = this.#exit.then(({ code, signal }) => {
      throw new Error(
        `the worker ended (${code ?? signal}) before it logged ${event}:\n${this.lines.slice(-5).join('\n')}`,
      );
    });
    const seen = (async () => {
      while (this.events(event).length === 0) await once(this.#lines, 'line');
    })();
    await Promise.race([seen, ended]);
  }

  /** Log lines of one event. */
  events(event: string): readonly Record<string, unknown>[] {
    return this.lines.flatMap((line) => {
      if (!line.includes(`"${event}"`)) return [];
      const parsed = JSON.parse(line) as Record<string, unknown>;
      return parsed['event'] === event ? [parsed] : [];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill();
  }
}

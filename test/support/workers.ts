// Real worker processes for tests: started, killed, stopped, and always gone at the end.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestJob } from './job.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface WorkerEnvironment {
  readonly [name: string]: string;
}

export class WorkerProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
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

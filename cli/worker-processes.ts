// Worker processes of this machine, for `run` and `dev`: the same command that the image runs, with the pod's environment.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface WorkerProcess {
  readonly instanceId: string;
  readonly configFile: string;
  readonly port: number;
  readonly onProblem: 'stay' | 'exit';
}

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Starts a worker; its rows go to our stdout, its log lines to `onLog`. */
export function spawnWorker(worker: WorkerProcess, onLog: (line: string) => void): ChildProcess {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      MAIN,
      'worker',
      '--config',
      worker.configFile,
      '--on-problem',
      worker.onProblem,
    ],
    {
      stdio: ['ignore', 'inherit', 'pipe'],
      // Its own group: Ctrl-C reaches us alone, and we tell the workers to stop in order.
      detached: true,
      env: { ...process.env, POD_NAME: worker.instanceId, STREAMJOB_HTTP_PORT: String(worker.port) },
    },
  );
  forEachLine(child.stderr, onLog);
  return child;
}

/** Resolves to the exit code; a death by signal is 128 + its number, as shells say. */
export function exitOf(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 143)));
  });
}

/** SIGTERM, and SIGKILL for what has not ended after `graceMs`. */
export async function stopAll(children: readonly ChildProcess[], graceMs: number): Promise<void> {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  for (const child of running) child.kill('SIGTERM');
  const timer = setTimeout(() => {
    for (const child of running) child.kill('SIGKILL');
  }, graceMs);
  await Promise.all(running.map(exitOf));
  clearTimeout(timer);
}

function forEachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
}

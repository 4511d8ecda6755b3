// A measured program that says how far it is on its standard output, `{"records": n}` a line; each line is a sample of its CPU time.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { atExit } from '../../test/harness/exit-hooks.ts';
import { RunRecorder } from '../measure/run-recorder.ts';
import type { RaceContext } from './context.ts';

export interface ReportingRun {
  readonly pid: number;
  readonly recorder: RunRecorder;
  /** Resolves with the first report of records; rejects when it ends before. */
  readonly reading: Promise<void>;
  /** Resolves when it has ended; rejects, with what it wrote to standard error, unless with exit code 0. */
  readonly done: Promise<void>;
  /** Ends it at once, and resolves when it has ended, however. */
  kill(): Promise<void>;
}

const TIMEOUT_MS = 1_200_000;
const LAST_LOG_CHARACTERS = 8000;

/** Starts it on the core of what is measured. */
export function startReporting(context: RaceContext, command: readonly string[]): ReportingRun {
  const [program = '', ...args] = context.pinning.measured(command);
  const startedAtMs = Date.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: context.folder,
    env: { ...process.env, BOOTSTRAP_SERVERS: context.bootstrapServers },
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be started`);
  const recorder = new RunRecorder(pid, startedAtMs);
  recorder.note(0);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-LAST_LOG_CHARACTERS);
  });
  child.once(
    'exit',
    atExit(() => child.kill('SIGKILL')),
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const first = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { records } = JSON.parse(line) as { records: number };
    if (child.exitCode === null && child.signalCode === null) recorder.note(records);
    if (records > 0) first.resolve();
  });
  const done = new Promise<void>((resolve, reject) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const failed = new Error(
        `${command.join(' ').slice(0, 200)} ended with ${signal ?? `exit code ${code}`}:\n${log}`,
      );
      first.reject(failed);
      if (code === 0) resolve();
      else reject(failed);
    });
  });
  // Whoever waits for them hears of it; that nobody does is no error of its own.
  for (const promise of [first.promise, done]) promise.catch(() => undefined);
  return {
    pid,
    recorder,
    reading: first.promise,
    done,
    async kill() {
      child.kill('SIGKILL');
      await Promise.allSettled([first.promise, done]);
    },
  };
}

/** Runs it to its end. */
export async function runReporting(context: RaceContext, command: readonly string[]): Promise<RunRecorder> {
  const run = startReporting(context, command);
  await Promise.all([run.reading, run.done]);
  return run.recorder;
}

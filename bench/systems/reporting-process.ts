// A measured program that says how far it is on its standard output, one JSON object a line; each line is a sample of its CPU time.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { RunRecorder } from '../measure/run-recorder.ts';
import type { RaceContext } from './context.ts';

export interface ReportingRun {
  readonly recorder: RunRecorder;
  /** What it said besides its progress, by name. */
  readonly said: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 900_000;
const LAST_LOG_CHARACTERS = 8000;

/** Runs it to its end. Rejects, with what it wrote to standard error, unless it ends with exit code 0. */
export async function runReporting(context: RaceContext, command: readonly string[]): Promise<ReportingRun> {
  const [program = '', ...args] = context.pinning.measured(command);
  const startedAtMs = Date.now();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: context.folder,
    env: { ...process.env, BOOTSTRAP_SERVERS: context.bootstrapServers },
  });
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  const recorder = new RunRecorder(child.pid, startedAtMs);
  recorder.note(0);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-LAST_LOG_CHARACTERS);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const said: Record<string, unknown> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const message = JSON.parse(line) as { records?: number };
    if (message.records === undefined) Object.assign(said, message);
    else if (child.exitCode === null) recorder.note(message.records);
  }
  const how = await exited;
  clearTimeout(timer);
  if (how !== 'exit code 0') throw new Error(`${command.join(' ').slice(0, 200)} ended with ${how}:\n${log}`);
  return { recorder, said };
}

// Runs a program to its end and explains a failure: what was run, how it ended and what it said last.
import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Bytes or text for the program's standard input. */
  readonly input?: string | Uint8Array;
  /** The program is killed and the call fails after this long. Default 10 minutes. */
  readonly timeoutMs?: number;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that could not be started or did not end with exit code 0. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(message: string, details: { exitCode: number | null; stdout: string; stderr: string; cause?: unknown }) {
    super(message, { cause: details.cause });
    this.exitCode = details.exitCode;
    this.stdout = details.stdout;
    this.stderr = details.stderr;
  }
}

const LAST_LINES = 15;
const DEFAULT_TIMEOUT_MS = 600_000;

/** The last lines of a program's output, for error messages. */
export function tail(text: string, lines: number = LAST_LINES): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}

/** Runs `command` and resolves with its output; rejects with {@link CommandError} unless it ends with exit code 0. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const shown = [command, ...args].join(' ').slice(0, 300);
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // A program may end without reading its input; how it ended is judged by the exit code below.
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(options.input ?? '');

  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, timeoutMs);
  try {
    const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    const output = { stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') };
    if (ended.code === 0) return output;
    const how = timedOut
      ? `was stopped after ${timeoutMs} ms`
      : ended.code === null
        ? `was ended by ${ended.signal}`
        : `ended with exit code ${ended.code}`;
    const said = tail(output.stderr.trim() === '' ? output.stdout : output.stderr);
    throw new CommandError(`\`${shown}\` ${how}:\n${said}`, { exitCode: ended.code, ...output });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(
      `\`${shown}\` could not be started: ${error instanceof Error ? error.message : String(error)}`,
      {
        exitCode: null,
        stdout: '',
        stderr: '',
        cause: error,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** Whether `command` with `args` runs and ends with exit code 0. */
export async function succeeds(command: string, args: readonly string[], timeoutMs = 20_000): Promise<boolean> {
  try {
    await run(command, args, { timeoutMs });
    return true;
  } catch (error) {
    if (error instanceof CommandError) return false;
    throw error;
  }
}

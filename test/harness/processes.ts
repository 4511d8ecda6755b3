// Starts long-running programs for the tests and makes sure that none outlives them: each is in its own process group, ended at the exit of
// this process, and noted in a file, so that a later run can end what a crashed one left.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheRoot } from './cache.ts';
import { tail } from './exec.ts';
import { atExit } from './exit-hooks.ts';
import { processIdentity } from './process-identity.ts';

export interface ProcessSpec {
  /** Used in messages and in the note on disk. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly logPath: string;
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Files and folders of this process's own, removed when a later run finds it left behind. */
  readonly ownPaths?: readonly string[];
}

export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  running(): boolean;
  /** Resolves when it has ended, with how: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  /** Sends SIGTERM, waits up to `graceMs`, then SIGKILL to its whole process group. Resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

interface ProcessNote {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
  readonly ownerPid: number;
  readonly ownerIdentity: string;
  readonly ownPaths: readonly string[];
}

const notesFolder = (): string => join(cacheRoot(), 'processes');

/** Sends a signal to a whole process group; false when it has no member any more. */
function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

function writeNote(spec: ProcessSpec, pid: number): string {
  const note: ProcessNote = {
    name: spec.name,
    pid,
    identity: processIdentity(pid) ?? '',
    ownerPid: process.pid,
    ownerIdentity: processIdentity(process.pid) ?? '',
    ownPaths: spec.ownPaths ?? [],
  };
  const path = join(notesFolder(), `${pid}.json`);
  mkdirSync(notesFolder(), { recursive: true });
  writeFileSync(path, JSON.stringify(note));
  return path;
}

function whenEnded(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
  });
}

/** Starts a program in its own process group, its output in `logPath`. Fails when it cannot be started at all. */
export async function startProcess(spec: ProcessSpec): Promise<ManagedProcess> {
  mkdirSync(dirname(spec.logPath), { recursive: true });
  const log = openSync(spec.logPath, 'a');
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) =>
      reject(new Error(`cannot start ${spec.name} (${spec.command}): ${cause.message}`, { cause })),
    );
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${spec.name} (${spec.command}): it has no process id`);
  child.unref();
  const notePath = writeNote(spec, pid);
  let running = true;
  const keep = atExit(() => {
    signalGroup(pid, 'SIGKILL');
    rmSync(notePath, { force: true });
  });
  const ended = whenEnded(child).then((how) => {
    running = false;
    signalGroup(pid, 'SIGKILL');
    keep();
    rmSync(notePath, { force: true });
    return how;
  });
  return {
    name: spec.name,
    pid,
    logPath: spec.logPath,
    running: () => running,
    ended,
    async stop(graceMs) {
      if (!running) return;
      child.ref();
      if (graceMs > 0) child.kill('SIGTERM');
      else signalGroup(pid, 'SIGKILL');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** An error text about a process that should be running, with the end of its log. */
export function describeFailure(managed: ManagedProcess, what: string): string {
  return `${managed.name}: ${what}. The end of ${managed.logPath}:\n${tail(readFileSync(managed.logPath, 'utf8'), 25)}`;
}

/**
 * Ends the processes, and removes the files, of runs that are over without having cleaned up. A process counts only when both its number and
 * its start time are the noted ones, and only when the process that started it runs no more. Returns the names of what was ended.
 */
export function reapLeftovers(): string[] {
  mkdirSync(notesFolder(), { recursive: true });
  const reaped: string[] = [];
  for (const file of readdirSync(notesFolder()).filter((name) => name.endsWith('.json'))) {
    const path = join(notesFolder(), file);
    let note: ProcessNote;
    try {
      note = JSON.parse(readFileSync(path, 'utf8')) as ProcessNote;
    } catch (error) {
      // The note is being written or removed by its owner just now: not a leftover.
      if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
        continue;
      throw error;
    }
    if (processIdentity(note.ownerPid) === note.ownerIdentity) continue;
    if (note.identity !== '' && processIdentity(note.pid) === note.identity) {
      signalGroup(note.pid, 'SIGKILL');
      reaped.push(note.name);
    }
    for (const own of note.ownPaths) rmSync(own, { recursive: true, force: true });
    rmSync(path, { force: true });
  }
  return reaped;
}

// Tells a process from another one that was given the same number later: by the moment it started.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const STARTED_FIELD = 19; // of /proc/PID/stat counted after the name in brackets: "starttime", field 22 in proc(5)
const STATE_FIELD = 0;

function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

/** A text that is the same as long as it is the same running process, or null when no such process runs. */
export function processIdentity(pid: number): string | null {
  if (existsSync('/proc/self/stat')) {
    const fields = statFields(pid);
    if (fields === null || fields[STATE_FIELD] === 'Z' || fields[STATE_FIELD] === 'X') return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fields[STARTED_FIELD] ?? ''}`;
  }
  const started = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return started === '' ? null : started;
}

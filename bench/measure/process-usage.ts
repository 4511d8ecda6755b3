// What a process has used, as the kernel counts it: CPU time of all its threads, and its largest resident size.
import { readFileSync } from 'node:fs';

/** Ticks per second in which /proc counts CPU time: a constant of Linux's interface to user space. */
const TICKS_PER_SECOND = 100;
const KIB_PER_MB = (1000 * 1000) / 1024;

/** CPU time (user and system) so far, in ms, in steps of 10. Throws when the process is gone. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the command's name in parentheses and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const userTicks = Number(fields[11]);
  const systemTicks = Number(fields[12]);
  return ((userTicks + systemTicks) * 1000) / TICKS_PER_SECOND;
}

/** Peak resident set size in MB (10^6 bytes); 0 of a process that has ended. Throws when it is gone. */
export function peakRssMb(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return match === null ? 0 : Number(match[1]) / KIB_PER_MB;
}

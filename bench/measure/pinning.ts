// Which processor runs what: the one that is measured has a core of its own, the broker, the generators and this process share another.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { findProgram } from '../../test/harness/debian-packages.ts';

export interface Pinning {
  /** The command line that runs a program on the core of what is measured. */
  measured(command: readonly string[]): readonly string[];
  /** The same for the broker and the load. */
  others(command: readonly string[]): readonly string[];
  /** For the report. */
  readonly description: string;
}

/** Cores 0 and 1; no pinning on a machine with one core or without `taskset`. Moves this process, too. */
export function pinCores(): Pinning {
  if (availableParallelism() < 2 || findProgram('taskset') === null) {
    return { measured: (command) => command, others: (command) => command, description: 'nothing pinned' };
  }
  const moved = spawnSync('taskset', ['-acp', '1', String(process.pid)], { encoding: 'utf8' });
  if (moved.status !== 0) throw new Error(`cannot move this process to core 1: ${moved.stderr}`);
  return {
    measured: (command) => ['taskset', '-c', '0', ...command],
    others: (command) => ['taskset', '-c', '1', ...command],
    description: 'the measured process on core 0; broker, load and readers on core 1',
  };
}

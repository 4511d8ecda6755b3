// How much state a worker may hold. Near the limit it reads its slowest partitions only, so that windows close before others open;
// beyond it the worker stops and says so, which costs nothing but time: a container killed for its memory would say less.
import { FatalProblem } from './problem.ts';
import type { TaskSlot } from './task-slot.ts';

const TIGHT_SHARE = 0.8;

/** Whether the worker should keep windows from opening. Throws FatalProblem StateTooLarge beyond the limit. */
export function checkStateLimit(slots: readonly TaskSlot[], limitBytes: number): 'fine' | 'tight' {
  const sizeBytes = slots.reduce((sum, { task }) => sum + task.stateBytes, 0);
  if (sizeBytes <= limitBytes * TIGHT_SHARE) return 'fine';
  if (sizeBytes <= limitBytes) return 'tight';
  const [largest] = slots.toSorted((a, b) => b.task.stateBytes - a.task.stateBytes);
  throw new FatalProblem({
    reason: 'StateTooLarge',
    message: `the state of this worker's ${slots.length} tasks takes ${megabytes(sizeBytes)}, its limit is ${megabytes(limitBytes)}; the largest task, ${largest?.name}, takes ${megabytes(largest?.task.stateBytes ?? 0)}`,
    userAction:
      'give the workers more memory (spec.worker.resources.limits.memory, spec.worker.stateMemory), use more of them (spec.parallelism), or keep less: smaller windows, less allowedLateness, fewer keys',
    ...(largest === undefined ? {} : { task: largest.name }),
  });
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}

// When a job on the embedded log has nothing left to do: everything that was written is folded, what follows from it is committed,
// and every task is in the hands of a worker.
import { END_OF_TIME_MS } from '../../runtime/task/task.ts';
import type { TaskSlot } from '../../runtime/task/task-slot.ts';
import type { EmbeddedCluster } from './embedded-cluster.ts';
import type { EmbeddedWorker } from './embedded-worker.ts';
import type { StepClock } from './step-clock.ts';

/** Time of the timers after which something that has not come to rest never will: far beyond any session time-out. */
const PATIENCE_MS = 600_000;

/** Lets one timer after the other run until there is no reason to wait any more. Throws when that never comes, with the reason. */
export async function untilAtRest(clock: StepClock, reason: () => Promise<string | null>): Promise<void> {
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    await clock.settle();
    const why = await reason();
    if (why === null) return;
    if (clock.monotonicMs() > deadlineMs || !(await clock.runToNextTimer()))
      throw new Error(`the job does not come to rest: ${why}`);
  }
}

/** What is still waited for, in words; null when there is nothing. Throws the failure of a worker that ended by itself. */
export async function waitsFor(cluster: EmbeddedCluster, workers: readonly EmbeddedWorker[]): Promise<string | null> {
  for (const { failure, instanceId, worker, why } of workers) {
    if (failure !== null) throw failure;
    if (!worker.live) return `worker ${instanceId} is not live${why === null ? '' : `: ${why}`}`;
  }
  const slots = new Map<string, TaskSlot>();
  for (const { worker, instanceId } of workers)
    for (const slot of worker.slots) {
      const { topic, partition } = slot.partition;
      slots.set(`${topic}/${partition}`, slot);
      const unfinished = workOf(slot);
      if (unfinished !== null) return `task ${slot.name} of worker ${instanceId} ${unfinished}`;
    }
  const ends = await cluster.ends();
  for (const [index, { topic, partition }] of cluster.partitions.entries()) {
    const slot = slots.get(`${topic}/${partition}`);
    const end = ends[index] ?? 0;
    if (slot === undefined) return `no worker has partition ${partition} of ${topic}`;
    if (slot.task.position < end) return `task ${slot.name} is at offset ${slot.task.position} of ${end}`;
    if (slot.committed.offset !== slot.task.position)
      return `task ${slot.name} has committed offset ${slot.committed.offset} and is at ${slot.task.position}`;
  }
  return null;
}

/** Is the state of every task in a checkpoint that a commit names? */
export function uncheckpointed(workers: readonly EmbeddedWorker[]): string | null {
  for (const { worker } of workers)
    for (const slot of worker.slots)
      if (slot.kind !== 'ingest' && slot.hasFolded && slot.chain[0]?.offset !== slot.task.position)
        return `task ${slot.name} has no checkpoint at offset ${slot.task.position}`;
  return null;
}

/** Does every task know that no record follows? */
export function inputIsOver(workers: readonly EmbeddedWorker[]): string | null {
  for (const { worker } of workers)
    for (const { name, task } of worker.slots)
      if (task.watermark < END_OF_TIME_MS) return `task ${name} has not closed its windows at the end of the input`;
  return null;
}

function workOf({ state, uploading, verified, checkpoint, task }: TaskSlot): string | null {
  if (state !== 'live') return `is ${state}`;
  if (uploading) return 'uploads a checkpoint';
  if (verified !== null && verified.id !== checkpoint) return 'has a checkpoint that no commit names yet';
  if (task.wantsSnapshot) return 'waits for a checkpoint';
  return task.urgent ? 'has something that waits for a commit' : null;
}

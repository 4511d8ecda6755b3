// Deletes the shuffle records below a task's oldest retained checkpoint: they will never be read again.
import { BrokerError } from '../log/broker.ts';
import type { TaskSlot } from './task-slot.ts';
import type { WorkerOptions } from './worker-options.ts';

/** Does nothing until the task has all the checkpoints that it retains. What a broker refuses is told and tried again with the next checkpoint. */
export async function trimShuffleLog({ broker, job, log }: WorkerOptions, slot: TaskSlot): Promise<void> {
  const oldest = slot.chain.at(-1);
  if (slot.kind !== 'aggregate' || oldest === undefined) return;
  if (slot.chain.length < job.checkpoint.retain || !slot.commits) return;
  try {
    for (const { error: code } of await broker.deleteRecords([{ ...slot.partition, offset: oldest.offset }]))
      if (code !== 'NONE') log.warn('shuffle-trim-failed', { task: slot.name, code });
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    // The worker ends: whoever has the task next trims with its first checkpoint.
    if (error.code !== 'CLOSED') log.warn('shuffle-trim-failed', { task: slot.name, code: error.code });
  }
}

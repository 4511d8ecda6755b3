// The tasks of one worker and their way through the life cycle: loading (a few at a time), live, draining, released.
import { partitionKey } from '../log/client/index.ts';
import type { Clock } from '../clock.ts';
import type { TopicPartition } from '../log/broker.ts';
import type { LogReader } from '../log/client/index.ts';
import type { Logger } from '../logger.ts';
import type { WorkerMetrics } from '../metrics.ts';
import type { TaskLoader } from './task-loader.ts';
import { TaskSlot } from './task-slot.ts';
import type { Task } from './task.ts';
import type { Troubles } from './troubles.ts';

export interface TaskTableOptions {
  readonly reader: LogReader;
  readonly loader: TaskLoader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  readonly troubles: Troubles;
  /** Ends all loads. */
  readonly end: AbortSignal;
  create(partition: TopicPartition): Task;
  /** What the task has put into the open outputs must not be committed. */
  dropOutputs(slot: TaskSlot): void;
  /** Something of a task waits for a commit. */
  wantCommit(): void;
  /** A load failed for good. */
  failed(error: unknown): void;
}

/** How many tasks are restored at the same time. */
const PARALLEL_LOADS = 4;

export class TaskTable {
  readonly #options: TaskTableOptions;
  readonly #slots = new Map<string, TaskSlot>();
  #nextNumber = 0;
  #loads = 0;
  #waiting: TaskSlot[] = [];

  constructor(options: TaskTableOptions) {
    this.#options = options;
  }

  get slots(): readonly TaskSlot[] {
    return [...this.#slots.values()];
  }

  get size(): number {
    return this.#slots.size;
  }

  of(partition: TopicPartition): TaskSlot | undefined {
    return this.#slots.get(partitionKey(partition));
  }

  /** The partition is ours now. */
  begin(partition: TopicPartition): void {
    const slot = new TaskSlot(this.#nextNumber++, partition, this.#options.create(partition));
    this.#slots.set(partitionKey(partition), slot);
    this.#queueLoad(slot);
  }

  /** The task is to go to another worker: its end has to be committed before it is released. */
  letGo(slot: TaskSlot): void {
    this.#options.reader.unassign(slot.partition);
    if (slot.state === 'live') slot.to('draining');
    // One that never got to live has nothing to hand over.
    else if (slot.state !== 'draining') this.remove(slot);
  }

  /** What is in memory does not belong to what is committed. */
  reload(slot: TaskSlot): void {
    // One that is to go loses nothing: the next owner loads it anyway.
    if (slot.state === 'draining') return this.remove(slot);
    this.#options.reader.unassign(slot.partition);
    this.#options.dropOutputs(slot);
    slot.readerEpoch = -1;
    slot.verified = null;
    slot.to('loading');
    slot.task = this.#options.create(slot.partition);
    this.#queueLoad(slot);
  }

  /** No longer ours, from now on. */
  remove(slot: TaskSlot): void {
    this.#options.reader.unassign(slot.partition);
    this.#options.dropOutputs(slot);
    slot.to('released');
    slot.gone.abort();
    this.#slots.delete(partitionKey(slot.partition));
  }

  /** Releases the draining tasks whose end is committed; call it while no commit is in flight. */
  releaseDrained(): readonly TaskSlot[] {
    const drained = this.slots.filter((slot) => slot.state === 'draining' && isDrained(slot));
    for (const slot of drained) {
      this.#options.log.info('task-released', {
        task: slot.name,
        position: slot.task.position,
        checkpoint: slot.checkpoint,
      });
      this.remove(slot);
    }
    return drained;
  }

  #queueLoad(slot: TaskSlot): void {
    this.#waiting.push(slot);
    this.#startLoads();
  }

  #startLoads(): void {
    while (this.#loads < PARALLEL_LOADS) {
      const slot = this.#waiting.shift();
      if (slot === undefined) return;
      if (slot.state !== 'loading') continue;
      this.#loads++;
      void this.#load(slot)
        .catch((error: unknown) => this.#options.failed(error))
        .finally(() => {
          this.#loads--;
          this.#startLoads();
        });
    }
  }

  async #load(slot: TaskSlot): Promise<void> {
    const { troubles, clock, metrics, log, loader, reader, end } = this.#options;
    const started = clock.monotonicMs();
    const signal = AbortSignal.any([end, slot.gone.signal]);
    try {
      await troubles.whileStoreFails((attempt) => loader.load(slot, attempt), signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    if (signal.aborted) return;
    slot.readerEpoch = reader.assign(slot.partition, slot.task.position, slot.leaderEpochs);
    metrics.restoreSeconds.observe((clock.monotonicMs() - started) / 1000);
    const { name, state, replayTo, checkpoint } = slot;
    log.info('task-loaded', { task: name, state, position: slot.task.position, replayTo, checkpoint });
    this.#options.wantCommit();
  }
}

function isDrained(slot: TaskSlot): boolean {
  if (slot.uploading || slot.committed.offset !== slot.task.position) return false;
  if (slot.verified !== null && slot.verified.id !== slot.checkpoint) return false;
  const hasCheckpoint = slot.chain[0]?.offset === slot.task.position;
  return slot.kind === 'ingest' || hasCheckpoint || slot.withoutFinalCheckpoint || !slot.hasFolded;
}

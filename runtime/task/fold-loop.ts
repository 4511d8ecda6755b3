// The loop that folds: takes what the reader brings, gives it to its task, and pauses while more output waits than a commit should
// hold. It meets the commit loop only in the open outputs.
import type { Clock } from '../clock.ts';
import type { LogReader, ReaderChunk, ReaderFailure } from '../log/client/index.ts';
import type { Logger } from '../logger.ts';
import type { CommitCycle } from './commit-cycle.ts';
import type { Notifier } from './notifier.ts';
import { FatalProblem } from './problem.ts';
import { readFailure } from './read-failure.ts';
import type { TaskTable } from './task-table.ts';
import type { TaskSlot } from './task-slot.ts';

export interface FoldLoopOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly reader: LogReader;
  readonly tasks: TaskTable;
  readonly cycle: CommitCycle;
  readonly commitWanted: Notifier;
  readonly committed: Notifier;
  /** Rounds of the commit loop that are over. */
  rounds(): number;
  /** As the brokers have it now. */
  committedOffset(slot: TaskSlot): Promise<number>;
  /** Everything of a turn is folded. Throws FatalProblem for what must not go on. */
  turned(): void;
}

/** Encoded output that may wait for a commit; folding pauses above it. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const FINAL_COMMIT_BUDGET_MS = 5_000;

export class FoldLoop {
  readonly #options: FoldLoopOptions;

  constructor(options: FoldLoopOptions) {
    this.#options = options;
  }

  /** Until `end`. Throws FatalProblem, PlanMismatch, or a bug. */
  async run(end: AbortSignal): Promise<void> {
    const { clock, reader, tasks, commitWanted, committed } = this.#options;
    while (!end.aborted) {
      for (const item of await reader.next(end)) {
        try {
          if (item.kind === 'error') await this.#cannotRead(item);
          else this.#take(item);
        } catch (error) {
          if (error instanceof FatalProblem && error.details.reason === 'PoisonRecord')
            await this.#commitWhatIsGood(end);
          throw error;
        }
        while (this.#waitingBytes() > MAX_WAITING_BYTES) {
          commitWanted.notify();
          await committed.wait(clock, 100, end);
        }
        await clock.turn();
      }
      this.#options.turned();
      if (tasks.slots.some(({ task, state }) => state === 'live' && task.urgent)) commitWanted.notify();
    }
  }

  /** A worker that was cut off may ask for what the next owner of a task has deleted since: then it is told to go on from there. */
  async #cannotRead(item: ReaderFailure): Promise<void> {
    const { tasks, log } = this.#options;
    const slot = tasks.of(item);
    if (slot === undefined || slot.readerEpoch !== item.epoch) return;
    const known = slot.committed.offset;
    const committed = item.error === 'OFFSET_OUT_OF_RANGE' ? await this.#options.committedOffset(slot) : known;
    if (slot !== tasks.of(item) || slot.readerEpoch !== item.epoch) return;
    if (committed <= known) throw readFailure(item, slot);
    log.warn('task-reload', { task: slot.name, expected: known, committed });
    tasks.reload(slot);
  }

  #take(item: ReaderChunk): void {
    const { tasks, cycle } = this.#options;
    const slot = tasks.of(item);
    if (slot === undefined || slot.readerEpoch !== item.epoch) return;
    slot.highWatermark = item.highWatermark;
    if (slot.state === 'replaying') this.#replay(slot, item);
    if (slot.state !== 'live') return;
    cycle.outputs.owner = slot.number;
    slot.task.observe({ caughtUp: item.caughtUp, atMs: item.askedAtMs });
    slot.task.fold({ batches: item.batches, nextOffset: item.nextOffset, limit: Infinity }, cycle.outputs);
  }

  #replay(slot: TaskSlot, item: ReaderChunk): void {
    slot.task.fold({ batches: item.batches, nextOffset: item.nextOffset, limit: slot.replayTo }, null);
    if (slot.task.position < slot.replayTo) return;
    slot.to('live');
    this.#options.log.info('task-live', { task: slot.name, position: slot.task.position });
  }

  /** Before a record that ends the job: what came before it is committed, which a commit that is in flight already does not hold. */
  async #commitWhatIsGood(end: AbortSignal): Promise<void> {
    const { clock, cycle, commitWanted, committed } = this.#options;
    const rounds = (): number => this.#options.rounds();
    const enough = rounds() + (cycle.inFlight ? 2 : 1);
    const deadline = clock.monotonicMs() + FINAL_COMMIT_BUDGET_MS;
    while (rounds() < enough && clock.monotonicMs() < deadline) {
      commitWanted.notify();
      await committed.wait(clock, 100, end);
    }
  }

  /** Encoded output, and what ingest tasks have not encoded yet. */
  #waitingBytes(): number {
    const { tasks, cycle } = this.#options;
    return tasks.slots.reduce(
      (sum, { kind, task }) => (kind === 'ingest' ? sum + task.stateBytes : sum),
      cycle.outputs.sizeBytes,
    );
  }
}

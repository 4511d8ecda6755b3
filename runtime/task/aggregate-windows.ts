// The windows of a task together with what becomes of them: rows in the outputs, bytes in a snapshot, and what is out already.
import type { AggregateSet } from '../aggregate/index.ts';
import { decodeSnapshot, encodeSnapshot, type TableLayout, type TaskSnapshot } from '../state/index.ts';
import { createWindows, type EmitRows, type KeyedInput, type TaskWindows } from '../window/index.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { type Emission, EmissionTicks, emissionOf } from './emission.ts';
import type { Outputs } from './outputs.ts';
import { ResultWriter } from './result-writer.ts';
import type { TaskContext } from './task-context.ts';
import { END_OF_TIME_MS, type TaskCounters } from './task.ts';

const NOWHERE: EmitRows = () => undefined;

export class AggregateWindows {
  readonly #context: TaskContext;
  readonly #task: string;
  readonly #layout: TableLayout;
  readonly #writer: ResultWriter;
  readonly #aggregates: AggregateSet;
  readonly #emission: Emission;
  readonly #ticks: EmissionTicks | null;
  /** Those of the kind that the job has. */
  readonly windows: TaskWindows;
  #maxEventTimeMs = Number.NEGATIVE_INFINITY;
  /** Jobs that emit in intervals: changes before this offset are out. */
  #emittedUpTo: number | null = null;
  /** While what is folded is out already: from this offset on changes are not. */
  #silentBefore = Number.POSITIVE_INFINITY;
  #isLive = false;
  /** Where rows go. */
  #target: Outputs | null = null;
  /** One function for all advances: the watermark may rise with every record. */
  readonly #emit: EmitRows = (rows) => {
    if (this.#target === null) throw new Error('rows came out of a window while nobody was told to take them');
    // No result is stamped later than what the task has seen of event time.
    this.#writer.write(rows, Math.max(this.#maxEventTimeMs, this.windows.watermarkMs), this.#target);
    this.rowsWaiting = true;
  };
  /** Rows were written that no commit has taken yet. */
  rowsWaiting = false;

  constructor(context: TaskContext, task: string) {
    const { plan, job, clock } = context;
    this.#context = context;
    this.#task = task;
    this.#layout = plan.windowLayout;
    const aggregates = plan.newAggregates();
    this.#aggregates = aggregates;
    this.#writer = new ResultWriter(context, plan.newRowWriter(aggregates));
    this.#emission = emissionOf(job);
    this.#ticks = this.#emission.kind === 'interval' ? new EmissionTicks(this.#emission.everyMs, clock.now()) : null;
    this.windows = createWindows({ ...job, aggregates, layout: this.#layout });
  }

  get sizeBytes(): number {
    return this.windows.sizeBytes;
  }

  /** Integer sums that came out as null. */
  get overflows(): number {
    return this.#aggregates.overflows;
  }

  /** Watermark that closes every open window; −Infinity when none is open. */
  get closingWatermarkMs(): number {
    return this.windows.highestEndMs - 1;
  }

  saw(eventTimeMs: number): void {
    if (eventTimeMs > this.#maxEventTimeMs) this.#maxEventTimeMs = eventTimeMs;
  }

  /** `TAKEN`, `PARTLY_LATE` or `LATE`. */
  add(record: KeyedInput): number {
    if (record.eventTimeMs > this.#maxEventTimeMs) this.#maxEventTimeMs = record.eventTimeMs;
    return this.windows.add(record);
  }

  /** Closes what the watermark completes. `outputs` null: the rows are out already. */
  advance(watermarkMs: number, outputs: Outputs | null): void {
    this.#target = outputs;
    const emit = outputs === null ? NOWHERE : this.#emit;
    this.windows.advance(watermarkMs, emit);
    // The input is over: nothing waits for a tick of the clock, not even in a window that has no end.
    if (watermarkMs >= END_OF_TIME_MS) this.windows.flush(emit);
  }

  /** Offset before which a silent fold has to call `replay`; Infinity for never. */
  get replayOffset(): number {
    return this.#silentBefore;
  }

  /** Before the record at `offset` is folded silently. */
  replay(offset: number): void {
    if (offset < this.#silentBefore) return;
    this.#silentBefore = Number.POSITIVE_INFINITY;
    this.windows.flush(NOWHERE);
  }

  /** From now on nothing is out already. */
  goLive(position: number): void {
    if (this.#isLive) return;
    this.#isLive = true;
    if (this.#emission.kind === 'commit') this.windows.flush(NOWHERE);
    else this.replay(position);
  }

  /** Gives out the changes that are due with this commit; true when the commit must say so although the position did not move. */
  flush(outputs: Outputs, position: number): boolean {
    const due = this.#emission.kind === 'commit' || this.#ticks?.passed(this.#context.clock.now()) === true;
    const emits = due && this.windows.hasChanges;
    if (emits) {
      this.#target = outputs;
      this.windows.flush(this.#emit);
      if (this.#ticks !== null) this.#emittedUpTo = position;
    }
    this.rowsWaiting = false;
    return emits;
  }

  /** What the commit metadata says of emission. */
  get emittedUpTo(): number | null {
    return this.#emittedUpTo;
  }

  snapshot(about: Pick<TaskSnapshot, 'offset' | 'watermarkMs' | 'sources'> & { counters: TaskCounters }): Uint8Array {
    return encodeSnapshot({
      ...about,
      ...this.windows.snapshot(),
      planHash: this.#context.planHash,
      taskId: this.#task,
      maxEventTimeMs: this.#maxEventTimeMs,
      counters: { ...about.counters },
    });
  }

  /** Only into a fresh one; `bytes` null: there is no state yet. */
  restore(position: number, bytes: Uint8Array | null, { em }: CommitMetadata): TaskSnapshot | null {
    let state: TaskSnapshot | null = null;
    if (bytes !== null) {
      state = decodeSnapshot(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), this.#layout);
      this.#maxEventTimeMs = state.maxEventTimeMs;
      this.windows.watermarkMs = state.watermarkMs;
      this.windows.restore(state);
    }
    this.#emittedUpTo = em;
    // A snapshot from behind that offset knows by itself what has changed since.
    if (em !== null && position <= em) {
      this.#silentBefore = em;
      this.replay(position);
    }
    return state;
  }
}

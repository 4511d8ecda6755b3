// One shuffle partition: merges partials into windows, takes its watermark from the control records in its own log, writes results.
import { AggregateWindows } from './aggregate-windows.ts';
import { RecordCursor } from '../log/batch/index.ts';
import {
  CorruptStateError,
  planHashNumber,
  planHashText,
  SECTION_CONTROL,
  SECTION_END,
  SECTION_PARTIALS,
  ShuffleBlockReader,
} from '../state/index.ts';
import { SourceWatermarks } from '../window/index.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { foldRecords } from './fold-records.ts';
import type { Outputs } from './outputs.ts';
import { FatalProblem, PlanMismatch } from './problem.ts';
import type { TaskContext } from './task-context.ts';
import { emptyCounters, type FoldRange, type Task, type TaskMetadata } from './task.ts';

export class AggregateTask implements Task {
  readonly kind = 'aggregate';
  // Configuration.
  readonly #context: TaskContext;
  readonly #name: string;
  readonly #partition: number;
  readonly #planHash: number;
  readonly #blocks: ShuffleBlockReader;
  readonly #cursor = new RecordCursor();
  // Checkpointed.
  readonly counters = emptyCounters();
  #sources = new SourceWatermarks();
  #windows: AggregateWindows;
  position = 0;

  constructor(context: TaskContext, partition: number) {
    const { plan, planHash } = context;
    this.#context = context;
    this.#name = `aggregate-${partition}`;
    this.#partition = partition;
    this.#planHash = planHashNumber(planHash);
    this.#blocks = new ShuffleBlockReader(plan);
    this.#windows = new AggregateWindows(context, this.#name);
  }

  get watermark(): number {
    return this.#sources.watermarkMs;
  }

  get urgent(): boolean {
    return this.#windows.rowsWaiting;
  }

  get stateBytes(): number {
    return this.#windows.sizeBytes;
  }

  restore(position: number, snapshot: Uint8Array | null, _metadata: CommitMetadata): void {
    this.position = position;
    if (snapshot === null) return;
    const state = this.#windows.restore(snapshot);
    this.#sources = SourceWatermarks.restore({ watermarkMs: state.watermarkMs, sources: state.sources });
    Object.assign(this.counters, state.counters);
  }

  fold(range: FoldRange, outputs: Outputs | null): void {
    foldRecords(this, this.#cursor, range, () => this.#foldRecord(outputs));
  }

  observe(): void {
    // Silence of the shuffle log means nothing: the sources announce their own.
  }

  flush(_outputs: Outputs): boolean {
    this.#windows.rowsWaiting = false;
    return false;
  }

  metadata(): TaskMetadata {
    return { wm: Number.isFinite(this.watermark) ? this.watermark : null, idle: false, since: null };
  }

  snapshot(): Uint8Array {
    const { watermarkMs, sources } = this.#sources.snapshot();
    return this.#windows.snapshot({ offset: this.position, watermarkMs, sources, counters: this.counters });
  }

  #foldRecord(outputs: Outputs | null): void {
    const cursor = this.#cursor;
    this.counters.records++;
    try {
      this.#foldBlock(cursor, outputs);
    } catch (error) {
      if (!(error instanceof CorruptStateError)) throw error;
      throw this.#unreadable(cursor.offset, error);
    }
  }

  #foldBlock(cursor: RecordCursor, outputs: Outputs | null): void {
    const blocks = this.#blocks;
    const windows = this.#windows;
    blocks.open(cursor.buffer, cursor.valueStart, cursor.valueEnd);
    if (blocks.planHash !== this.#planHash)
      throw new PlanMismatch(
        `${this.#name}: the shuffle record at offset ${cursor.offset} was written under plan ${planHashText(blocks.planHash)}, this worker runs plan ${this.#context.planHash}`,
      );
    for (let kind = blocks.next(); kind !== SECTION_END; kind = blocks.next()) {
      if (kind === SECTION_PARTIALS) {
        if (!windows.merge(blocks.partials)) this.counters.late += recordsOf(blocks.partials);
      } else if (kind === SECTION_CONTROL) {
        if (this.#sources.announce(blocks.control)) windows.advance(this.watermark, outputs);
      } else if (!windows.add(blocks.envelope)) this.counters.late++;
    }
  }

  #unreadable(offset: number, cause: CorruptStateError): FatalProblem {
    return new FatalProblem(
      {
        reason: 'InternalError',
        message: `${this.#name}: the shuffle record ${this.#context.shuffleTopic}/${this.#partition}@${offset} cannot be read: ${cause.message}`,
        userAction: 'did something else write to the shuffle topic? delete and re-create the job to start over',
        task: this.#name,
        topic: this.#context.shuffleTopic,
        partition: this.#partition,
        offset,
      },
      { cause },
    );
  }
}

function recordsOf({ rowCount, recordCounts }: ShuffleBlockReader['partials']): number {
  let records = 0;
  for (let row = 0; row < rowCount; row++) records += recordCounts[row]!;
  return records;
}

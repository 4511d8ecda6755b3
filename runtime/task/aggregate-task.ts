// One shuffle partition: merges partials into windows, takes its watermark from the control records in its own log, writes results.
import { RecordCursor } from '../log/batch/index.ts';
import {
  CorruptStateError,
  type PartialsSection,
  planHashNumber,
  planHashText,
  SECTION_CONTROL,
  SECTION_END,
  SECTION_PARTIALS,
  ShuffleBlockReader,
} from '../state/index.ts';
import { LATE, SourceWatermarks, TAKEN } from '../window/index.ts';
import { AggregateWindows } from './aggregate-windows.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { foldRecords } from './fold-records.ts';
import { LatePartials } from './late-partials.ts';
import { LateRecords } from './late-records.ts';
import type { Outputs } from './outputs.ts';
import { FatalProblem, PlanMismatch } from './problem.ts';
import { originalOf } from './put-aside.ts';
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
  readonly #lateRecords: LateRecords;
  readonly #latePartials: LatePartials;
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
    this.#blocks = new ShuffleBlockReader({ layout: plan.partialLayout, inputCount: plan.inputCount });
    this.#lateRecords = new LateRecords(context);
    this.#latePartials = new LatePartials(context, this.#lateRecords);
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

  get filterErrors(): number {
    return 0;
  }

  get overflows(): number {
    return this.#windows.overflows;
  }

  get wantsSnapshot(): boolean {
    return false;
  }

  restore(position: number, snapshot: Uint8Array | null, metadata: CommitMetadata): void {
    this.position = position;
    const state = this.#windows.restore(position, snapshot, metadata);
    if (state === null) return;
    this.#sources = SourceWatermarks.restore({ watermarkMs: state.watermarkMs, sources: state.sources });
    Object.assign(this.counters, state.counters);
  }

  fold(range: FoldRange, outputs: Outputs | null): void {
    if (outputs !== null) this.#windows.goLive(this.position);
    foldRecords(this, this.#cursor, range, () => this.#foldRecord(outputs));
    if (outputs === null) this.#windows.replay(this.position);
  }

  observe(): void {
    // Silence of the shuffle log means nothing: the sources announce their own.
  }

  flush(outputs: Outputs): boolean {
    this.#windows.goLive(this.position);
    return this.#windows.flush(outputs, this.position);
  }

  metadata(): TaskMetadata {
    const wm = Number.isFinite(this.watermark) ? this.watermark : null;
    return { wm, idle: false, quiet: false, since: null, em: this.#windows.emittedUpTo, fw: null };
  }

  snapshot(): Uint8Array {
    const { watermarkMs, sources } = this.#sources.snapshot();
    return this.#windows.snapshot({ offset: this.position, watermarkMs, sources, counters: this.counters });
  }

  #foldRecord(outputs: Outputs | null): void {
    const cursor = this.#cursor;
    if (outputs === null) this.#windows.replay(cursor.offset);
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
    blocks.open(cursor.buffer, cursor.valueStart, cursor.valueEnd);
    if (blocks.planHash !== this.#planHash)
      throw new PlanMismatch(
        `${this.#name}: the shuffle record at offset ${cursor.offset} was written under plan ${planHashText(blocks.planHash)}, this worker runs plan ${this.#context.planHash}`,
      );
    for (let kind = blocks.next(); kind !== SECTION_END; kind = blocks.next()) {
      if (kind === SECTION_PARTIALS) this.#mergePartials(outputs);
      else if (kind === SECTION_CONTROL) this.#announce(outputs);
      else this.#addEnvelope(outputs);
    }
  }

  #announce(outputs: Outputs | null): void {
    const rose = this.#sources.announce(this.#blocks.control);
    if (rose) this.#windows.advance(this.watermark, outputs);
    // Silent everywhere for long enough: what is open closes. A decision of the log, so that a replay takes it as well.
    if (this.#sources.allQuiet && this.#sources.force(this.#windows.closingWatermarkMs))
      this.#windows.advance(this.watermark, outputs);
  }

  #mergePartials(outputs: Outputs | null): void {
    const { partials, sourcePartition } = this.#blocks;
    const { windows } = this.#windows;
    this.#windows.saw(partials.maxEventTimeMs);
    if (windows.kind === 'panes') {
      const outcome = windows.mergePartials(partials, (row) => this.#late(row, outputs));
      if (outcome !== TAKEN) this.counters.lateWindows += windows.missedCount * recordsOf(partials);
      return;
    }
    const watermarksBefore = windows.watermarksBefore(partials);
    for (let row = 0; row < partials.rowCount; row++) {
      // What the source partition's watermark was when it saw the row's first record: sessions that it had closed stay closed.
      if (this.#sources.raise(sourcePartition, watermarksBefore[row]!)) this.#windows.advance(this.watermark, outputs);
      if (windows.mergeRow(partials, row) === TAKEN) continue;
      this.counters.lateWindows += windows.missedCount;
      this.#late(row, outputs);
    }
  }

  #late(row: number, outputs: Outputs | null): void {
    this.counters.late += this.#latePartials.write(this.#blocks, { row, windows: this.#windows.windows, outputs });
  }

  #addEnvelope(outputs: Outputs | null): void {
    const { envelope, sourcePartition } = this.#blocks;
    const { windows } = this.#windows;
    const outcome = this.#windows.add(envelope);
    if (outcome === TAKEN) return;
    this.counters.lateWindows += windows.missedCount;
    if (outcome !== LATE) return;
    this.counters.late++;
    if (outputs !== null && this.#lateRecords.areWritten)
      this.#lateRecords.write(
        { ...originalOf(envelope.original), partition: sourcePartition },
        windows.missedBounds,
        outputs,
      );
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

function recordsOf({ rowCount, recordCounts }: PartialsSection): number {
  let records = 0;
  for (let row = 0; row < rowCount; row++) records += recordCounts[row]!;
  return records;
}

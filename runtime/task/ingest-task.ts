// One source partition of a shuffled job: filters, extracts, pre-aggregates between two commits, and announces its watermark.
// It keeps no state beyond the commit metadata: what waits for a commit is in the open outputs, or lost with them and read again.
import { RecordCursor } from '../log/batch/index.ts';
import { FILTERED, NULL_VALUE, OK, type RecordReader } from '../job/index.ts';
import { ShuffleBlockWriter, shufflePartition } from '../state/index.ts';
import {
  type IdleState,
  IdleTracker,
  NOT_IDLE,
  PartitionWatermark,
  type SilentFetch,
  watermarkStep,
} from '../window/index.ts';
import { BadRecords } from './bad-records.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { foldRecords } from './fold-records.ts';
import type { Outputs } from './outputs.ts';
import { AFTER_WATERMARK, AT_WATERMARK, createPreAggregation, POOLED, type PreAggregation } from './pre-aggregation.ts';
import type { TaskContext } from './task-context.ts';
import { emptyCounters, END_OF_TIME_MS, type FoldRange, type Task, type TaskMetadata } from './task.ts';

const NO_KEY = new Uint8Array(0);

type Silence = Pick<IdleState, 'idle' | 'quiet'>;

export class IngestTask implements Task {
  readonly kind = 'ingest';
  readonly counters = emptyCounters();
  // Configuration.
  readonly #context: TaskContext;
  readonly #reader: RecordReader;
  readonly #badRecords: BadRecords;
  /** Rises when the watermark has passed a boundary that can matter to others. */
  readonly #step: (watermarkMs: number) => number;
  /** Sessions may end at any millisecond: their watermark goes out with every commit, but calls for none. */
  readonly #stepIsUrgent: boolean;
  /** Values may be left out of records that travel by themselves when nobody wants late ones. */
  readonly #keepsOriginals: boolean;
  readonly #cursor = new RecordCursor();
  // Not checkpointed: it goes into the outputs with the next flush.
  readonly #partials: PreAggregation;
  /** By shuffle partition: what has to come before the watermark, and the records that come after it. */
  readonly #before: ShuffleBlockWriter[];
  readonly #after: ShuffleBlockWriter[];
  /** Bytes of the records in them. */
  #envelopeBytes = 0;
  /** Highest watermark written to each shuffle partition by this owner. */
  readonly #announced: Float64Array;
  /** What the shuffle log says of this partition's silence. */
  #told: Silence = NOT_IDLE;
  #announcedStep = Number.NEGATIVE_INFINITY;
  #announceToAll = true;
  /** Among the records that come after the watermark are some for windows that this partition may close next. */
  #cutsAtNextStep = false;
  #notedSinceMs: number | null = null;
  /** Until the partition has caught up with the job after silence, its records travel one by one. */
  #returning = false;
  #catchUpMs = Number.POSITIVE_INFINITY;
  #asking = false;
  #inputEnded = false;
  // In the commit metadata.
  #watermark: PartitionWatermark;
  #idle: IdleTracker;
  position = 0;

  constructor(context: TaskContext, partition: number) {
    const { plan, planHash, shufflePartitions } = context;
    this.#context = context;
    this.#reader = plan.newReader(partition);
    this.#badRecords = new BadRecords(context, { task: `ingest-${partition}`, topic: context.sourceTopic, partition });
    this.#step = watermarkStep(plan.window, context.job.allowedLatenessMs);
    this.#stepIsUrgent = plan.window.kind !== 'session';
    this.#keepsOriginals = context.job.lateData !== null;
    this.#partials = createPreAggregation(context);
    const writer = () => new ShuffleBlockWriter({ planHash, sourcePartition: partition });
    this.#before = Array.from({ length: shufflePartitions }, writer);
    this.#after = Array.from({ length: shufflePartitions }, writer);
    this.#announced = new Float64Array(shufflePartitions).fill(Number.NEGATIVE_INFINITY);
    this.#watermark = new PartitionWatermark(context.job.source.watermark.maxOutOfOrdernessMs);
    this.#idle = new IdleTracker(context.job.source.watermark);
  }

  get watermark(): number {
    return this.#watermark.watermarkMs;
  }

  get urgent(): boolean {
    if (this.#inputEnded && this.watermark < END_OF_TIME_MS) return true;
    return this.#announceToAll || (this.#stepIsUrgent && this.#step(this.watermark) > this.#announcedStep);
  }

  get stateBytes(): number {
    return this.#partials.sizeBytes + this.#envelopeBytes;
  }

  get filterErrors(): number {
    return this.#reader.whereErrors;
  }

  get overflows(): number {
    return 0;
  }

  get wantsSnapshot(): boolean {
    return false;
  }

  restore(position: number, _snapshot: Uint8Array | null, metadata: CommitMetadata): void {
    this.position = position;
    if (metadata.wm !== null) this.#watermark.raise(metadata.wm);
    this.#idle = new IdleTracker(this.#context.job.source.watermark, { ...metadata, sinceMs: metadata.since });
    this.#told = this.#idle.state;
    // Before the first partials: they may say what the watermark was in between, which counts only for partitions that are known.
    for (let s = 0; s < this.#before.length; s++) this.#announce(this.#before[s]!, s, this.#told);
    if (metadata.wm !== null) this.#mayBeBehind();
  }

  fold(range: FoldRange, outputs: Outputs | null): void {
    if (outputs === null) throw new Error('an ingest task has nothing to replay');
    foldRecords(this, this.#cursor, range, () => this.#foldRecord(outputs));
  }

  observe(fetch: SilentFetch): void {
    if (this.#idle.observe(fetch)) this.#announceToAll = true;
    if (fetch.caughtUp && this.#context.inputEnded?.() === true) this.#inputEnded = true;
  }

  flush(outputs: Outputs): boolean {
    const step = this.#step(this.watermark);
    const all = this.#announceToAll || step > this.#announcedStep;
    let wrote = this.#write(outputs, all);
    if (all) this.#announcedStep = step;
    if (this.#isSilenceWorthNoting(this.#context.clock.now())) wrote = true;
    // The last watermark of all: no record of this partition follows. It goes out with the next commit, behind all records of this one.
    this.#announceToAll = this.#inputEnded && this.#watermark.raise(END_OF_TIME_MS);
    if (this.#returning) this.#askHowFar();
    return wrote;
  }

  /** `all`: what is news goes to every shuffle partition, also to those that get no records. */
  #write(outputs: Outputs, all: boolean): boolean {
    this.#partials.writeTo(this.#before);
    this.#cutsAtNextStep = false;
    const topic = outputs.topic(this.#context.shuffleTopic);
    const nowMs = this.#context.clock.now();
    const { state } = this.#idle;
    const tells = all && (state.idle !== this.#told.idle || state.quiet !== this.#told.quiet);
    let wrote = false;
    for (let s = 0; s < this.#before.length; s++) {
      const before = this.#before[s]!;
      const after = this.#after[s]!;
      if (!all && before.isEmpty && after.isEmpty) continue;
      // Silence lets the others go on without this partition: that comes after all of its records.
      if (tells && after.isEmpty) this.#announce(before, s, state);
      else {
        // Records behind the watermark come after it, so that they are judged by it whatever else is in this commit.
        if (this.watermark > this.#announced[s]!) this.#announce(before, s, this.#told);
        if (tells) this.#announce(after, s, state);
      }
      for (const writer of [before, after]) {
        if (writer.isEmpty) continue;
        writer.finish();
        for (let i = 0; i < writer.starts.length; i++) {
          const start = writer.starts[i]!;
          const end = writer.ends[i]!;
          const builder = topic.builder(s);
          const at = builder.beginRecord(nowMs, NO_KEY, -1, -1, end - start);
          writer.buffer.copy(builder.buffer, at, start, end);
          builder.endRecord();
        }
        writer.reset();
        wrote = true;
      }
    }
    if (tells) this.#told = state;
    this.#envelopeBytes = 0;
    return wrote;
  }

  metadata(): TaskMetadata {
    const { watermarkMs } = this.#watermark;
    const { idle, quiet, sinceMs } = this.#idle.state;
    return { wm: Number.isFinite(watermarkMs) ? watermarkMs : null, idle, quiet, since: sinceMs, em: null, fw: null };
  }

  snapshot(): null {
    return null;
  }

  #foldRecord(outputs: Outputs): void {
    const cursor = this.#cursor;
    const reader = this.#reader;
    const { counters } = this;
    counters.records++;
    switch (reader.read(cursor)) {
      case OK:
        this.#seen();
        this.#take(cursor);
        this.#advance(reader.eventTimeMs, outputs);
        break;
      case FILTERED:
        counters.filtered++;
        this.#seen();
        this.#advance(reader.eventTimeMs, outputs);
        break;
      case NULL_VALUE:
        counters.nullValues++;
        break;
      default:
        counters.bad++;
        this.position = cursor.offset;
        this.#badRecords.handle(reader, cursor, outputs);
    }
  }

  /** Records that wait for the watermark of now must not see one that has closed a window of theirs: they go out before it rises so far. */
  #advance(eventTimeMs: number, outputs: Outputs): void {
    if (this.#cutsAtNextStep && this.#step(this.#watermark.after(eventTimeMs)) > this.#step(this.watermark))
      this.#write(outputs, false);
    this.#watermark.observe(eventTimeMs);
  }

  /** A record that is not bad ends silence; the first one after idleness is announced before anything else of this partition. */
  #seen(): void {
    if (!this.#idle.record()) return;
    const { idle, quiet } = this.#told;
    // Nobody was told of the silence, so nobody went on without this partition.
    if (!idle && !quiet) return;
    this.#told = NOT_IDLE;
    for (let s = 0; s < this.#before.length; s++) this.#announce(this.#before[s]!, s, NOT_IDLE);
    this.#announceToAll = true;
    this.#mayBeBehind();
  }

  /** After silence the others may have gone on; so may they have before this owner took over, and the last one had not caught up yet. */
  #mayBeBehind(): void {
    const { idleTimeoutMs, closeIdleAfterMs } = this.#context.job.source.watermark;
    if (idleTimeoutMs === 0 && closeIdleAfterMs === 0) return;
    this.#returning = true;
    this.#catchUpMs = Number.POSITIVE_INFINITY;
    this.#askHowFar();
  }

  #take(cursor: RecordCursor): void {
    const { watermark } = this;
    // A partition that returns may be behind the others until it has caught up with them.
    if (this.#returning) this.#partials.singly = watermark < this.#catchUpMs;
    const travel = this.#partials.add(this.#reader, cursor, watermark);
    if (travel === AT_WATERMARK) this.#cutsAtNextStep = true;
    if (travel === AFTER_WATERMARK || travel === AT_WATERMARK) this.#envelope(this.#after, cursor);
    else if (travel !== POOLED) this.#envelope(this.#before, cursor);
    else if (this.#returning) this.#returning = this.#partials.singly;
  }

  #envelope(writers: readonly ShuffleBlockWriter[], cursor: RecordCursor): void {
    const reader = this.#reader;
    const writer = writers[shufflePartition(reader.keyHash, writers.length)]!;
    const before = writer.sizeBytes;
    writer.appendEnvelope(reader, cursor, this.#keepsOriginals);
    this.#envelopeBytes += writer.sizeBytes - before;
  }

  /** A long silence is committed once, so that another owner goes on counting it instead of beginning anew. */
  #isSilenceWorthNoting(nowMs: number): boolean {
    const { sinceMs } = this.#idle.state;
    const { idleTimeoutMs, closeIdleAfterMs } = this.#context.job.source.watermark;
    const shortestMs = Math.min(idleTimeoutMs || Infinity, closeIdleAfterMs || Infinity);
    if (sinceMs === null || sinceMs === this.#notedSinceMs || nowMs - sinceMs < shortestMs / 4) return false;
    this.#notedSinceMs = sinceMs;
    return true;
  }

  #announce(writer: ShuffleBlockWriter, s: number, { idle, quiet }: Silence): void {
    const partitionCount = this.#context.sourcePartitions;
    writer.appendControl({ watermarkMs: this.watermark, idle, quiet, partitionCount });
    this.#announced[s] = this.watermark;
  }

  /** How far the job has come meanwhile; while nobody can say, records go on one by one, which is slower and right. */
  #askHowFar(): void {
    if (this.#asking || this.#catchUpMs !== Number.POSITIVE_INFINITY) return;
    this.#asking = true;
    void this.#context
      .groupWatermark()
      .then((watermarkMs) => (this.#catchUpMs = watermarkMs ?? Number.NEGATIVE_INFINITY))
      .finally(() => (this.#asking = false));
  }
}

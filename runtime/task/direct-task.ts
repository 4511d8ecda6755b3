// One source partition of a job whose key is the record key: ingest and aggregate in one, without a shuffle. It is exact only if the
// producers put every key into one partition, so each record's partition is checked against the declared partitioner.
import { FILTERED, NULL_VALUE, OK, type RecordReader } from '../job/index.ts';
import { crc32Partition, murmur2Partition, RecordCursor } from '../log/batch/index.ts';
import { IdleTracker, LATE, PartitionWatermark, type SilentFetch, TAKEN } from '../window/index.ts';
import { AggregateWindows } from './aggregate-windows.ts';
import { BadRecords } from './bad-records.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { foldRecords } from './fold-records.ts';
import { ForcedWatermarks } from './forced-watermarks.ts';
import { LateRecords } from './late-records.ts';
import type { Outputs } from './outputs.ts';
import { FatalProblem } from './problem.ts';
import { originalOf } from './put-aside.ts';
import type { TaskContext } from './task-context.ts';
import { emptyCounters, END_OF_TIME_MS, type FoldRange, type Task, type TaskMetadata } from './task.ts';

const PARTITIONERS = { murmur2: murmur2Partition, crc32: crc32Partition, trusted: null } as const;

export class DirectTask implements Task {
  readonly kind = 'direct';
  // Configuration.
  readonly #context: TaskContext;
  readonly #name: string;
  readonly #partition: number;
  readonly #reader: RecordReader;
  readonly #badRecords: BadRecords;
  readonly #lateRecords: LateRecords;
  readonly #partitionOf: (typeof PARTITIONERS)[keyof typeof PARTITIONERS];
  readonly #cursor = new RecordCursor();
  /** Whether silence decides anything. */
  readonly #closesIdle: boolean;
  // Not checkpointed: how far a silent fold may go before a decision has to be taken again.
  #replayStop = Number.POSITIVE_INFINITY;
  #inputEnded = false;
  // In the commit metadata.
  /** As of the committed offset: records that are folded silently came before, and do not end the silence. */
  #idle: IdleTracker;
  #forced = new ForcedWatermarks();
  // Checkpointed.
  readonly counters = emptyCounters();
  #watermark: PartitionWatermark;
  #windows: AggregateWindows;
  position = 0;

  constructor(context: TaskContext, partition: number) {
    const { job, plan, sourceTopic } = context;
    const { watermark } = job.source;
    this.#context = context;
    this.#name = `direct-${partition}`;
    this.#partition = partition;
    this.#reader = plan.newReader(partition);
    this.#badRecords = new BadRecords(context, { task: this.#name, topic: sourceTopic, partition });
    this.#lateRecords = new LateRecords(context);
    this.#partitionOf = PARTITIONERS[job.source.kafka.partitioner];
    this.#closesIdle = watermark.closeIdleAfterMs > 0;
    this.#idle = idleTracker(context);
    this.#watermark = new PartitionWatermark(watermark.maxOutOfOrdernessMs);
    this.#windows = new AggregateWindows(context, this.#name);
  }

  get watermark(): number {
    return this.#watermark.watermarkMs;
  }

  get urgent(): boolean {
    return this.#windows.rowsWaiting || (!this.#forced.isFull && this.#decision() > this.watermark);
  }

  get stateBytes(): number {
    return this.#windows.sizeBytes;
  }

  get filterErrors(): number {
    return this.#reader.whereErrors;
  }

  get overflows(): number {
    return this.#windows.overflows;
  }

  get wantsSnapshot(): boolean {
    return this.#forced.isFull;
  }

  restore(position: number, snapshot: Uint8Array | null, metadata: CommitMetadata): void {
    this.position = position;
    const state = this.#windows.restore(position, snapshot, metadata);
    if (state !== null) {
      this.#watermark.raise(state.watermarkMs);
      Object.assign(this.counters, state.counters);
    }
    const { quiet, since, fw } = metadata;
    this.#idle = idleTracker(this.#context, { idle: false, quiet, sinceMs: since });
    this.#forced = fw === null ? new ForcedWatermarks() : ForcedWatermarks.restore(fw, position);
    this.#replay(position);
  }

  fold(range: FoldRange, outputs: Outputs | null): void {
    if (outputs !== null) this.#windows.goLive(this.position);
    foldRecords(this, this.#cursor, range, () => this.#foldRecord(outputs));
    if (outputs === null) this.#replay(this.position);
  }

  observe(fetch: SilentFetch): void {
    if (this.#closesIdle) this.#idle.observe(fetch);
    if (fetch.caughtUp && this.#context.inputEnded?.() === true) this.#inputEnded = true;
  }

  flush(outputs: Outputs): boolean {
    this.#windows.goLive(this.position);
    const decided = this.#decide(outputs);
    return this.#windows.flush(outputs, this.position) || decided;
  }

  metadata(keepFrom: number): TaskMetadata {
    const { quiet, sinceMs } = this.#idle.state;
    this.#forced.forgetBefore(keepFrom);
    const { from, entries } = this.#forced;
    return {
      wm: Number.isFinite(this.watermark) ? this.watermark : null,
      idle: false,
      quiet,
      since: sinceMs,
      em: this.#windows.emittedUpTo,
      fw: entries.length === 0 && from === 0 ? null : { from, forced: entries },
    };
  }

  snapshot(): Uint8Array {
    return this.#windows.snapshot({
      offset: this.position,
      watermarkMs: this.watermark,
      sources: [],
      counters: this.counters,
    });
  }

  #foldRecord(outputs: Outputs | null): void {
    const cursor = this.#cursor;
    const reader = this.#reader;
    const { counters } = this;
    if (cursor.offset >= this.#replayStop) this.#replay(cursor.offset);
    counters.records++;
    switch (reader.read(cursor)) {
      case OK: {
        this.#checkPartition(cursor);
        if (this.#closesIdle && outputs !== null) this.#idle.record();
        const outcome = this.#windows.add(reader);
        if (outcome !== TAKEN) this.#late(outcome, outputs);
        if (this.#watermark.observe(reader.eventTimeMs)) this.#windows.advance(this.watermark, outputs);
        break;
      }
      case FILTERED:
        counters.filtered++;
        if (this.#closesIdle && outputs !== null) this.#idle.record();
        if (this.#watermark.observe(reader.eventTimeMs)) this.#windows.advance(this.watermark, outputs);
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

  #late(outcome: number, outputs: Outputs | null): void {
    const { windows } = this.#windows;
    this.counters.lateWindows += windows.missedCount;
    if (outcome !== LATE) return;
    this.counters.late++;
    if (this.#lateRecords.areWritten && outputs !== null)
      this.#lateRecords.write(
        { ...originalOf(this.#cursor), partition: this.#partition },
        windows.missedBounds,
        outputs,
      );
  }

  /** Takes the decisions again that were taken at or before this offset, when what is folded is out already. */
  #replay(offset: number): void {
    while (this.#forced.nextOffset <= offset) {
      const watermarkMs = this.#forced.take();
      this.#watermark.raise(watermarkMs);
      this.#windows.advance(watermarkMs, null);
    }
    this.#windows.replay(offset);
    this.#replayStop = Math.min(this.#forced.nextOffset, this.#windows.replayOffset);
  }

  /** The watermark that is to be forced now; −Infinity for none. */
  #decision(): number {
    if (this.#inputEnded) return END_OF_TIME_MS;
    return this.#idle.state.quiet ? this.#windows.closingWatermarkMs : Number.NEGATIVE_INFINITY;
  }

  #decide(outputs: Outputs): boolean {
    const watermarkMs = this.#decision();
    if (watermarkMs <= this.watermark || this.#forced.isFull) return false;
    this.#forced.add({ offset: this.position, watermarkMs });
    this.#watermark.raise(watermarkMs);
    this.#windows.advance(watermarkMs, outputs);
    return true;
  }

  #checkPartition({ buffer, keyStart, keyEnd, offset }: RecordCursor): void {
    const expected = this.#partitionOf?.(buffer, keyStart, keyEnd, this.#context.sourcePartitions) ?? this.#partition;
    if (expected === this.#partition) return;
    const { sourceTopic, sourcePartitions, job } = this.#context;
    const { partitioner } = job.source.kafka;
    throw new FatalProblem({
      reason: 'NotCoPartitioned',
      message: `record ${sourceTopic}/${this.#partition}@${offset} has a key that ${partitioner} puts into partition ${expected} of ${sourcePartitions}: producers use another partitioner, and keys would be counted in parts`,
      userAction: 'use shuffle: always, or set spec.source.kafka.partitioner to what the producers use',
      task: this.#name,
      topic: sourceTopic,
      partition: this.#partition,
      offset,
    });
  }
}

/** A key lives in this partition alone: its silence holds nobody back, so there is no idleness, only quiet. */
function idleTracker({ job }: TaskContext, state?: ConstructorParameters<typeof IdleTracker>[1]): IdleTracker {
  const { closeIdleAfterMs } = job.source.watermark;
  return new IdleTracker({ idleTimeoutMs: 0, closeIdleAfterMs }, state);
}

// One source partition of a shuffled job: filters, extracts, pre-aggregates between two commits, and announces its watermark.
// It keeps no state beyond the commit metadata: what waits for a commit is in the open outputs, or lost with them and read again.
import { RecordCursor } from '../log/batch/index.ts';
import type { AggregateSet } from '../aggregate/index.ts';
import { FILTERED, NULL_VALUE, OK, type RecordReader } from '../job/index.ts';
import { type KeyTable, KeyTablePool, RowPartitioner, ShuffleBlockWriter, shufflePartition } from '../state/index.ts';
import { IdleTracker, PartitionWatermark, type SilentFetch, windowStart } from '../window/index.ts';
import { BadRecords } from './bad-records.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { foldRecords } from './fold-records.ts';
import type { Outputs } from './outputs.ts';
import type { TaskContext } from './task-context.ts';
import { emptyCounters, type FoldRange, type Task, type TaskMetadata } from './task.ts';

interface PreAggregate {
  readonly table: KeyTable;
  maxEventTimeMs: number;
}

const NO_KEY = new Uint8Array(0);

export class IngestTask implements Task {
  readonly kind = 'ingest';
  readonly counters = emptyCounters();
  // Configuration.
  readonly #context: TaskContext;
  readonly #reader: RecordReader;
  readonly #aggregates: AggregateSet;
  readonly #badRecords: BadRecords;
  readonly #pool: KeyTablePool;
  readonly #partitioner: RowPartitioner;
  readonly #cursor = new RecordCursor();
  // Not checkpointed: it goes into the outputs with the next flush.
  readonly #panes = new Map<number, PreAggregate>();
  /** By shuffle partition: what has to come before the watermark, and the records that come after it. */
  readonly #before: ShuffleBlockWriter[];
  readonly #after: ShuffleBlockWriter[];
  /** Highest watermark written to each shuffle partition by this owner. */
  readonly #announced: Float64Array;
  #announcedBoundary = Number.NEGATIVE_INFINITY;
  #announceToAll = true;
  #notedSinceMs: number | null = null;
  /** Until the partition has caught up with the job after silence, its records travel one by one. */
  #returning = false;
  #catchUpMs = Number.POSITIVE_INFINITY;
  #asking = false;
  // In the commit metadata.
  #watermark: PartitionWatermark;
  #idle: IdleTracker;
  position = 0;

  constructor(context: TaskContext, partition: number) {
    const { plan, planHash, shufflePartitions } = context;
    this.#context = context;
    this.#reader = plan.newReader();
    this.#aggregates = plan.newAggregates();
    this.#badRecords = new BadRecords(context, { task: `ingest-${partition}`, topic: context.sourceTopic, partition });
    this.#pool = new KeyTablePool(plan.partialLayout);
    this.#partitioner = new RowPartitioner(shufflePartitions);
    const writer = () => new ShuffleBlockWriter({ planHash, sourcePartition: partition });
    this.#before = Array.from({ length: shufflePartitions }, writer);
    this.#after = Array.from({ length: shufflePartitions }, writer);
    this.#announced = new Float64Array(shufflePartitions).fill(Number.NEGATIVE_INFINITY);
    this.#watermark = new PartitionWatermark(context.job.source.watermark.maxOutOfOrdernessMs);
    this.#idle = new IdleTracker(context.job.source.watermark.idleTimeoutMs);
  }

  get watermark(): number {
    return this.#watermark.watermarkMs;
  }

  get urgent(): boolean {
    return this.#announceToAll || this.#boundary() > this.#announcedBoundary;
  }

  get stateBytes(): number {
    let bytes = 0;
    for (const { table } of this.#panes.values()) bytes += table.sizeBytes;
    return bytes;
  }

  restore(position: number, _snapshot: Uint8Array | null, metadata: CommitMetadata): void {
    this.position = position;
    if (metadata.wm !== null) this.#watermark.raise(metadata.wm);
    this.#idle = new IdleTracker(this.#context.job.source.watermark.idleTimeoutMs, {
      idle: metadata.idle,
      sinceMs: metadata.since,
    });
  }

  fold(range: FoldRange, outputs: Outputs | null): void {
    if (outputs === null) throw new Error('an ingest task has nothing to replay');
    foldRecords(this, this.#cursor, range, () => this.#foldRecord(outputs));
  }

  observe(fetch: SilentFetch): void {
    if (this.#idle.observe(fetch)) this.#announceToAll = true;
  }

  flush(outputs: Outputs): boolean {
    this.#writePartials();
    const all = this.#announceToAll || this.#boundary() > this.#announcedBoundary;
    const topic = outputs.topic(this.#context.shuffleTopic);
    const nowMs = this.#context.clock.now();
    let wrote = false;
    for (let s = 0; s < this.#before.length; s++) {
      const before = this.#before[s]!;
      const after = this.#after[s]!;
      if (!all && before.isEmpty && after.isEmpty) continue;
      // Records behind the watermark come after it, so that they are judged by it whatever else is in this commit.
      if (all || this.watermark > this.#announced[s]!) this.#announce(before, s);
      for (const writer of [before, after]) {
        writer.finish();
        for (let i = 0; i < writer.starts.length; i++) {
          const builder = topic.builder(s);
          const start = writer.starts[i]!;
          const end = writer.ends[i]!;
          const at = builder.beginRecord(nowMs, NO_KEY, -1, -1, end - start);
          writer.buffer.copy(builder.buffer, at, start, end);
          builder.endRecord();
        }
        writer.reset();
      }
      wrote = true;
    }
    if (all) this.#announcedBoundary = this.#boundary();
    if (this.#isSilenceWorthNoting(nowMs)) wrote = true;
    this.#announceToAll = false;
    if (this.#returning) this.#askHowFar();
    return wrote;
  }

  metadata(): TaskMetadata {
    const { watermarkMs } = this.#watermark;
    const { idle, sinceMs } = this.#idle.state;
    return { wm: Number.isFinite(watermarkMs) ? watermarkMs : null, idle, since: sinceMs };
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
        this.#watermark.observe(reader.eventTimeMs);
        break;
      case FILTERED:
        counters.filtered++;
        this.#seen();
        this.#watermark.observe(reader.eventTimeMs);
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

  /** A record that is not bad ends silence; the first one after idleness is announced before anything else of this partition. */
  #seen(): void {
    if (!this.#idle.record()) return;
    for (let s = 0; s < this.#before.length; s++) this.#announce(this.#before[s]!, s);
    this.#announceToAll = true;
    this.#returning = true;
    this.#catchUpMs = Number.POSITIVE_INFINITY;
    this.#askHowFar();
  }

  #take(cursor: RecordCursor): void {
    const reader = this.#reader;
    const { plan } = this.#context;
    const startMs = windowStart(plan.window, reader.eventTimeMs);
    // Behind its own partition's watermark: whether that is late depends on the others, so the aggregate task has to judge it.
    if (startMs + plan.window.sizeMs - 1 <= this.watermark) {
      this.#envelope(this.#after, cursor);
      return;
    }
    if (this.#returning && this.watermark < this.#catchUpMs) {
      this.#envelope(this.#before, cursor);
      return;
    }
    this.#returning = false;
    let pane = this.#panes.get(startMs);
    if (pane === undefined) {
      pane = { table: this.#pool.take(), maxEventTimeMs: reader.eventTimeMs };
      this.#panes.set(startMs, pane);
    } else if (reader.eventTimeMs > pane.maxEventTimeMs) pane.maxEventTimeMs = reader.eventTimeMs;
    const row = pane.table.upsert(reader.keyBytes, reader.keyStart, reader.keyEnd, reader.keyHash);
    pane.table.note(row, cursor.offset);
    this.#aggregates.add(pane.table, row, reader.inputs);
  }

  #envelope(writers: readonly ShuffleBlockWriter[], cursor: RecordCursor): void {
    const { offset, timestampMs, buffer, keyStart, keyEnd, valueStart, valueEnd } = cursor;
    const { eventTimeMs, keyBytes, keyHash, inputs } = this.#reader;
    const s = shufflePartition(keyHash, writers.length);
    writers[s]!.appendEnvelope({
      offset,
      eventTimeMs,
      timestampMs,
      keyBytes,
      keyStart: this.#reader.keyStart,
      keyEnd: this.#reader.keyEnd,
      keyHash,
      inputs,
      buffer,
      recordKeyStart: keyStart,
      recordKeyEnd: keyEnd,
      valueStart,
      valueEnd,
    });
  }

  #writePartials(): void {
    const partitioner = this.#partitioner;
    for (const [paneStartMs, { table, maxEventTimeMs }] of [...this.#panes].sort(([a], [b]) => a - b)) {
      partitioner.split(table);
      for (let s = 0; s < this.#before.length; s++) {
        const from = partitioner.starts[s]!;
        const to = partitioner.starts[s + 1]!;
        if (from < to)
          this.#before[s]!.appendPartials({ paneStartMs, maxEventTimeMs, table, rows: partitioner.rows, from, to });
      }
      this.#pool.give(table);
    }
    this.#panes.clear();
  }

  /** A long silence is committed once, so that another owner goes on counting it instead of beginning anew. */
  #isSilenceWorthNoting(nowMs: number): boolean {
    const { sinceMs } = this.#idle.state;
    const { idleTimeoutMs } = this.#context.job.source.watermark;
    if (sinceMs === null || sinceMs === this.#notedSinceMs || nowMs - sinceMs < idleTimeoutMs / 4) return false;
    this.#notedSinceMs = sinceMs;
    return true;
  }

  #announce(writer: ShuffleBlockWriter, s: number): void {
    const partitionCount = this.#context.sourcePartitions;
    writer.appendControl({ watermarkMs: this.watermark, idle: this.#idle.idle, quiet: false, partitionCount });
    this.#announced[s] = this.watermark;
  }

  /** Number of windows that the watermark has closed: only its steps matter to others. */
  #boundary(): number {
    const { sizeMs, offsetMs } = this.#context.plan.window;
    return Math.floor((this.watermark + 1 - offsetMs) / sizeMs);
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

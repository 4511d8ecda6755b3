// One source partition of a job whose key is the record key: ingest and aggregate in one, without a shuffle. It is exact only if the
// producers put every key into one partition, so each record's partition is checked against the declared partitioner.
import { FILTERED, NULL_VALUE, OK, type RecordReader } from '../job/index.ts';
import { crc32Partition, murmur2Partition, RecordCursor } from '../log/batch/index.ts';
import { PartitionWatermark } from '../window/index.ts';
import { AggregateWindows } from './aggregate-windows.ts';
import { BadRecords } from './bad-records.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { foldRecords } from './fold-records.ts';
import type { Outputs } from './outputs.ts';
import { FatalProblem } from './problem.ts';
import type { TaskContext } from './task-context.ts';
import { emptyCounters, type FoldRange, type Task, type TaskMetadata } from './task.ts';

const PARTITIONERS = { murmur2: murmur2Partition, crc32: crc32Partition, trusted: null } as const;

export class DirectTask implements Task {
  readonly kind = 'direct';
  // Configuration.
  readonly #context: TaskContext;
  readonly #name: string;
  readonly #partition: number;
  readonly #reader: RecordReader;
  readonly #badRecords: BadRecords;
  readonly #partitionOf: (typeof PARTITIONERS)[keyof typeof PARTITIONERS];
  readonly #cursor = new RecordCursor();
  // Checkpointed.
  readonly counters = emptyCounters();
  #watermark: PartitionWatermark;
  #windows: AggregateWindows;
  position = 0;

  constructor(context: TaskContext, partition: number) {
    this.#context = context;
    this.#name = `direct-${partition}`;
    this.#partition = partition;
    this.#reader = context.plan.newReader();
    this.#badRecords = new BadRecords(context, { task: this.#name, topic: context.sourceTopic, partition });
    this.#partitionOf = PARTITIONERS[context.job.source.kafka.partitioner];
    this.#watermark = new PartitionWatermark(context.job.source.watermark.maxOutOfOrdernessMs);
    this.#windows = new AggregateWindows(context, this.#name);
  }

  get watermark(): number {
    return this.#watermark.watermarkMs;
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
    this.#watermark.raise(state.watermarkMs);
    Object.assign(this.counters, state.counters);
  }

  fold(range: FoldRange, outputs: Outputs | null): void {
    foldRecords(this, this.#cursor, range, () => this.#foldRecord(outputs));
  }

  observe(): void {
    // A key lives in this partition alone: its silence holds nobody back.
  }

  flush(_outputs: Outputs): boolean {
    this.#windows.rowsWaiting = false;
    return false;
  }

  metadata(): TaskMetadata {
    return { wm: Number.isFinite(this.watermark) ? this.watermark : null, idle: false, since: null };
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
    counters.records++;
    switch (reader.read(cursor)) {
      case OK:
        this.#checkPartition(cursor);
        if (!this.#windows.add(reader)) counters.late++;
        if (this.#watermark.observe(reader.eventTimeMs)) this.#windows.advance(this.watermark, outputs);
        break;
      case FILTERED:
        counters.filtered++;
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

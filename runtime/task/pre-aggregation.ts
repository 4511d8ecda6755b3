// What an ingest task makes of records between two commits: partial aggregates, by pane or by session. Some records have to be judged
// one by one, because whether they are late depends on other partitions: those the caller sends by themselves.
import type { AggregateSet } from '../aggregate/index.ts';
import type { RecordReader } from '../job/index.ts';
import type { RecordCursor } from '../log/batch/index.ts';
import { type KeyTable, KeyTablePool, RowPartitioner, type ShuffleBlockWriter } from '../state/index.ts';
import { createPaneLayout, type OriginalRecord, type PaneLayout, SessionFragments } from '../window/index.ts';
import { copyOf, originalOf } from './put-aside.ts';
import type { TaskContext } from './task-context.ts';

/** The record is in a partial aggregate. */
export const POOLED = 0;
/** It has to travel by itself, before the watermark of this commit. */
export const BEFORE_WATERMARK = 1;
/** It has to travel by itself, after the watermark of this commit. */
export const AFTER_WATERMARK = 2;
/** It has to travel by itself, after the watermark that its partition has now and before the next one that closes a window. */
export const AT_WATERMARK = 3;

export interface PreAggregation {
  /** Of what waits to be written. */
  readonly sizeBytes: number;
  /** Records may be behind the other partitions: each has to be judged alone. */
  singly: boolean;
  /** `watermarkMs`: of the source partition before the record. Answers how the record travels. */
  add(record: RecordReader, cursor: RecordCursor, watermarkMs: number): number;
  /** Appends all partials, in the order that they have to be merged in, and starts over. */
  writeTo(writers: readonly ShuffleBlockWriter[]): void;
}

export function createPreAggregation(context: TaskContext): PreAggregation {
  const { window } = context.plan;
  return window.kind === 'session'
    ? new SessionPreAggregation(context)
    : new PanePreAggregation(context, createPaneLayout(window));
}

interface Pane {
  readonly table: KeyTable;
  readonly startMs: number;
  readonly endMs: number;
  /** Of the windows that hold the pane. */
  readonly earliestEndMs: number;
  maxEventTimeMs: number;
}

class PanePreAggregation implements PreAggregation {
  singly = false;
  readonly #layout: PaneLayout;
  readonly #allowedLatenessMs: number;
  readonly #aggregates: AggregateSet;
  readonly #pool: KeyTablePool;
  readonly #partitioner: RowPartitioner;
  readonly #panes = new Map<number, Pane>();
  // The pane used last: most records fall into it.
  #current: Pane | null = null;

  constructor({ job, plan, shufflePartitions }: TaskContext, layout: PaneLayout) {
    this.#layout = layout;
    this.#allowedLatenessMs = job.allowedLatenessMs;
    this.#aggregates = plan.newAggregates();
    this.#pool = new KeyTablePool(plan.partialLayout);
    this.#partitioner = new RowPartitioner(shufflePartitions);
  }

  get sizeBytes(): number {
    let bytes = 0;
    for (const { table } of this.#panes.values()) bytes += usedBytes(table);
    return bytes;
  }

  add(record: RecordReader, cursor: RecordCursor, watermarkMs: number): number {
    const { eventTimeMs } = record;
    let pane = this.#current;
    if (pane === null || eventTimeMs < pane.startMs || eventTimeMs >= pane.endMs) pane = this.#paneAt(eventTimeMs);
    // One of its windows has fired as far as this partition is concerned: the aggregate task has to judge it.
    if (pane.earliestEndMs - 1 <= watermarkMs) return this.#isOver(pane, watermarkMs) ? AFTER_WATERMARK : AT_WATERMARK;
    if (this.singly) return BEFORE_WATERMARK;
    const { table } = pane;
    if (eventTimeMs > pane.maxEventTimeMs) pane.maxEventTimeMs = eventTimeMs;
    const row = table.upsert(record.keyBytes, record.keyStart, record.keyEnd, record.keyHash);
    table.note(row, cursor.offset);
    this.#aggregates.add(table, row, record);
    return POOLED;
  }

  writeTo(writers: readonly ShuffleBlockWriter[]): void {
    for (const [paneStartMs, { table, maxEventTimeMs }] of [...this.#panes].sort(([a], [b]) => a - b)) {
      if (table.rowCount > 0) appendRows(writers, this.#partitioner, { paneStartMs, maxEventTimeMs, table });
      this.#pool.give(table);
    }
    this.#panes.clear();
    this.#current = null;
  }

  /** Whether the partition has closed all windows of the pane for good. */
  #isOver({ startMs }: Pane, watermarkMs: number): boolean {
    return this.#layout.latestEndMs(startMs) - 1 + this.#allowedLatenessMs <= watermarkMs;
  }

  #paneAt(eventTimeMs: number): Pane {
    const startMs = this.#layout.paneStart(eventTimeMs);
    let pane = this.#panes.get(startMs);
    if (pane === undefined) {
      pane = {
        table: this.#pool.take(),
        startMs,
        endMs: startMs + this.#layout.paneMs,
        earliestEndMs: this.#layout.earliestEndMs(startMs),
        maxEventTimeMs: Number.NEGATIVE_INFINITY,
      };
      this.#panes.set(startMs, pane);
    }
    this.#current = pane;
    return pane;
  }
}

class SessionPreAggregation implements PreAggregation {
  singly = false;
  readonly #fragments: SessionFragments;
  readonly #partitioner: RowPartitioner;
  /** One object for all records. */
  readonly #source: { offset: number; watermarkMs: number; alone: boolean; readonly original: () => OriginalRecord };
  #cursor: RecordCursor | null = null;
  #maxEventTimeMs = Number.NEGATIVE_INFINITY;

  constructor({ plan, shufflePartitions }: TaskContext) {
    const { window } = plan;
    if (window.kind !== 'session') throw new Error(`no sessions in ${window.kind} windows`);
    this.#source = { offset: 0, watermarkMs: 0, alone: false, original: () => this.#original() };
    this.#fragments = new SessionFragments({
      gapMs: window.gapMs,
      aggregates: plan.newAggregates(),
      layout: plan.partialLayout,
    });
    this.#partitioner = new RowPartitioner(shufflePartitions);
  }

  get sizeBytes(): number {
    return usedBytes(this.#fragments.table);
  }

  add(record: RecordReader, cursor: RecordCursor, watermarkMs: number): number {
    if (record.eventTimeMs > this.#maxEventTimeMs) this.#maxEventTimeMs = record.eventTimeMs;
    const source = this.#source;
    source.offset = cursor.offset;
    source.watermarkMs = watermarkMs;
    source.alone = this.singly;
    this.#cursor = cursor;
    this.#fragments.add(record, source);
    return POOLED;
  }

  /** Copied: the memory of the cursor is used again before the fragment is written. */
  #original(): OriginalRecord {
    if (this.#cursor === null) throw new Error('there is no record');
    return copyOf(originalOf(this.#cursor));
  }

  writeTo(writers: readonly ShuffleBlockWriter[]): void {
    const { table } = this.#fragments;
    if (table.rowCount === 0) return;
    appendRows(writers, this.#partitioner, { paneStartMs: 0, maxEventTimeMs: this.#maxEventTimeMs, table });
    this.#fragments.clear();
    this.#maxEventTimeMs = Number.NEGATIVE_INFINITY;
  }
}

/** Hashes, offsets, provenance, and slots, by row. */
const ROW_OVERHEAD_BYTES = 48;

/** What is in the table, about, not the memory that it keeps from busier commits: that waits for nothing. */
function usedBytes({ layout, rowCount, keyByteCount, cellBytes }: KeyTable): number {
  const rowBytes = 8 * (layout.columns.length + layout.cells.length) + ROW_OVERHEAD_BYTES;
  return rowCount * rowBytes + keyByteCount + cellBytes;
}

function appendRows(
  writers: readonly ShuffleBlockWriter[],
  partitioner: RowPartitioner,
  rows: { readonly paneStartMs: number; readonly maxEventTimeMs: number; readonly table: KeyTable },
): void {
  partitioner.split(rows.table);
  for (let s = 0; s < writers.length; s++) {
    const from = partitioner.starts[s]!;
    const to = partitioner.starts[s + 1]!;
    if (from < to) writers[s]!.appendPartials({ ...rows, rows: partitioner.rows, from, to });
  }
}

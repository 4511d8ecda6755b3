// Tumbling windows that come out once, when they close, without allowed lateness: the commonest job, and the one whose speed is
// promised. A window is one pane, so a record costs a comparison, one upsert and its aggregates, nothing else.
import type { AggregateSet } from '../aggregate/index.ts';
import type { KeyTable, KeyTablePool } from '../state/index.ts';
import type { KeyedInput, PartialRows } from './keyed-input.ts';
import { PartialsMerger } from './partials-merger.ts';
import { floorTime } from './pane-layout.ts';
import { type EmitRows, LATE, type PanedWindows, TAKEN, type WindowsSnapshot } from './windows.ts';

interface OpenWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly table: KeyTable;
}

export interface TumblingCloseOptions {
  readonly window: { readonly sizeMs: number; readonly offsetMs: number };
  readonly aggregates: AggregateSet;
  readonly pool: KeyTablePool;
}

export class TumblingCloseWindows implements PanedWindows {
  readonly kind = 'panes';
  // Configuration.
  private readonly sizeMs: number;
  private readonly offsetMs: number;
  private readonly aggregates: AggregateSet;
  private readonly pool: KeyTablePool;
  private readonly partials: PartialsMerger;
  // Not checkpointed.
  private current: OpenWindow | null = null;
  /** Last millisecond of the earliest open window, +Infinity when none is open. */
  private nextBoundaryMs = Number.POSITIVE_INFINITY;
  private missedStartMs = 0;
  missedCount = 0;
  readonly hasChanges = false;
  // Checkpointed.
  private readonly open = new Map<number, OpenWindow>();
  watermarkMs = Number.NEGATIVE_INFINITY;

  constructor({ window, aggregates, pool }: TumblingCloseOptions) {
    this.sizeMs = window.sizeMs;
    this.offsetMs = window.offsetMs;
    this.aggregates = aggregates;
    this.pool = pool;
    this.partials = new PartialsMerger(aggregates);
  }

  add(record: KeyedInput): number {
    const { eventTimeMs } = record;
    let window = this.current;
    if (window === null || eventTimeMs < window.startMs || eventTimeMs >= window.endMs) {
      window = this.windowAt(eventTimeMs);
      if (window === null) return LATE;
    }
    const { table } = window;
    const row = table.upsert(record.keyBytes, record.keyStart, record.keyEnd, record.keyHash);
    this.aggregates.add(table, row, record);
    return TAKEN;
  }

  /** Merges pre-aggregated rows of one window in: `TAKEN`, or `LATE` after `late` was called for each of them. */
  mergePartials(partials: PartialRows, late: (row: number) => void): number {
    const window = this.windowAt(partials.paneStartMs);
    if (window === null) {
      for (let row = 0; row < partials.rowCount; row++) late(row);
      return LATE;
    }
    this.partials.merge(window.table, partials);
    return TAKEN;
  }

  get missedBounds(): readonly number[] {
    return this.missedCount === 0 ? [] : [this.missedStartMs, this.missedStartMs + this.sizeMs];
  }

  advance(watermarkMs: number, emit: EmitRows): void {
    if (watermarkMs <= this.watermarkMs) return;
    this.watermarkMs = watermarkMs;
    if (watermarkMs < this.nextBoundaryMs) return;
    const complete = [...this.open.values()].filter(({ endMs }) => watermarkMs >= endMs - 1);
    complete.sort((a, b) => a.startMs - b.startMs);
    for (const { startMs } of complete) this.open.delete(startMs);
    this.current = null;
    this.nextBoundaryMs = Number.POSITIVE_INFINITY;
    for (const { endMs } of this.open.values()) this.nextBoundaryMs = Math.min(this.nextBoundaryMs, endMs - 1);
    for (const { startMs, endMs, table } of complete) {
      emit({ table, rows: null, count: table.rowCount, startMs, endMs, starts: null, ends: null });
      this.pool.give(table);
    }
  }

  flush(_emit: EmitRows): void {
    // A window that is out does not change any more.
  }

  get highestEndMs(): number {
    let highest = Number.NEGATIVE_INFINITY;
    for (const { endMs } of this.open.values()) highest = Math.max(highest, endMs);
    return highest;
  }

  get sizeBytes(): number {
    let size = 0;
    for (const { table } of this.open.values()) size += table.sizeBytes;
    return size;
  }

  get openRows(): number {
    let rows = 0;
    for (const { table } of this.open.values()) rows += table.rowCount;
    return rows;
  }

  snapshot(): WindowsSnapshot {
    const panes = [...this.open.values()].sort((a, b) => a.startMs - b.startMs);
    return { panes, epoch: 0, flushedEpoch: 0, fired: [] };
  }

  restore({ panes }: WindowsSnapshot): void {
    for (const { startMs, table } of panes) {
      if (this.open.has(startMs))
        throw new Error(`Window ${startMs} is restored twice: the checkpoint names it more than once.`);
      this.openAt(startMs, table);
    }
  }

  private windowAt(timeMs: number): OpenWindow | null {
    const startMs = floorTime(timeMs, this.sizeMs, this.offsetMs);
    if (startMs + this.sizeMs - 1 <= this.watermarkMs) {
      this.missedCount = 1;
      this.missedStartMs = startMs;
      return null;
    }
    this.missedCount = 0;
    this.current = this.open.get(startMs) ?? this.openAt(startMs, this.pool.take());
    return this.current;
  }

  private openAt(startMs: number, table: KeyTable): OpenWindow {
    const window: OpenWindow = { startMs, endMs: startMs + this.sizeMs, table };
    this.open.set(startMs, window);
    this.nextBoundaryMs = Math.min(this.nextBoundaryMs, window.endMs - 1);
    return window;
  }
}

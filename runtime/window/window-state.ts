// The open windows of one task: a table per pane, by start. Takes records or partials in, and gives complete windows out in order
// of their start. Everything here follows from what was folded; time never enters by itself.
import type { AggregateSet } from '../aggregate/index.ts';
import type { KeyTable, KeyTablePool } from '../state/index.ts';
import type { KeyedInput, PartialRows } from './keyed-input.ts';
import { isComplete, isLate, type TumblingWindow, windowStart } from './tumbling.ts';

/** One open window of all keys. */
export interface Pane {
  readonly startMs: number;
  readonly endMs: number;
  readonly table: KeyTable;
  /** Whether rows changed since a checkpoint cleared the mark. */
  changed: boolean;
}

export interface WindowStateOptions {
  readonly window: TumblingWindow;
  readonly aggregates: AggregateSet;
  /** Where tables come from; its layout must be that of the aggregates, without provenance. */
  readonly pool: KeyTablePool;
}

const INITIAL_ROWS = 256;

export class WindowState {
  private readonly window: TumblingWindow;
  private readonly aggregates: AggregateSet;
  private readonly pool: KeyTablePool;
  // Not checkpointed: the pane used last, and the rows a batch of partials went to.
  private current: Pane | null = null;
  private rows = new Int32Array(INITIAL_ROWS);
  /** Not checkpointed, follows from the panes: last millisecond of the earliest open window, +Infinity when none is open. */
  nextBoundaryMs = Number.POSITIVE_INFINITY;
  // Checkpointed.
  private readonly panes = new Map<number, Pane>();
  /** What has been fired: the watermark of the last `advance`. */
  watermarkMs = Number.NEGATIVE_INFINITY;

  constructor({ window, aggregates, pool }: WindowStateOptions) {
    this.window = window;
    this.aggregates = aggregates;
    this.pool = pool;
  }

  /** Folds a record in; false when it is late for its window, which leaves everything as it was. */
  add(input: KeyedInput): boolean {
    const pane = this.paneAt(input.eventTimeMs);
    if (pane === null) return false;
    const row = pane.table.upsert(input.keyBytes, input.keyStart, input.keyEnd, input.keyHash);
    this.aggregates.add(pane.table, row, input.inputs);
    return true;
  }

  /** Merges partials in; false when their window is closed, which leaves everything as it was. */
  mergePartials(partials: PartialRows): boolean {
    const pane = this.paneAt(partials.paneStartMs);
    if (pane === null) return false;
    const { rowCount, buffer, keysStart, keyOffsets, hashes } = partials;
    if (rowCount > this.rows.length) this.rows = new Int32Array(rowCount * 2);
    const { rows } = this;
    const { table } = pane;
    for (let i = 0; i < rowCount; i++) {
      rows[i] = table.upsert(buffer, keysStart + keyOffsets[i]!, keysStart + keyOffsets[i + 1]!, hashes[i]!);
    }
    this.aggregates.merge(table, { from: partials, rows, count: rowCount });
    return true;
  }

  /**
   * Raises the watermark and hands out every window that is complete by it, in order of start; rows of a table are in order of
   * insertion. The receiver owns the pane from then on and gives its table back with `release` when it has written the rows.
   */
  advance(watermarkMs: number, emit: (pane: Pane) => void): void {
    if (watermarkMs <= this.watermarkMs) return;
    this.watermarkMs = watermarkMs;
    if (watermarkMs < this.nextBoundaryMs) return;
    const complete = [...this.panes.values()].filter((pane) => isComplete(pane.endMs, watermarkMs));
    complete.sort((a, b) => a.startMs - b.startMs);
    for (const pane of complete) this.panes.delete(pane.startMs);
    this.current = null;
    this.nextBoundaryMs = Number.POSITIVE_INFINITY;
    for (const pane of this.panes.values()) this.nextBoundaryMs = Math.min(this.nextBoundaryMs, pane.endMs - 1);
    for (const pane of complete) emit(pane);
  }

  /** Takes back the table of a pane that was handed out. */
  release(pane: Pane): void {
    this.pool.give(pane.table);
  }

  /** Open windows in order of start. */
  openPanes(): Pane[] {
    return [...this.panes.values()].sort((a, b) => a.startMs - b.startMs);
  }

  /** Puts a window of a checkpoint back; its start must be free and not late. */
  restorePane(startMs: number, table: KeyTable): void {
    if (this.panes.has(startMs))
      throw new Error(`Window ${startMs} is restored twice: the checkpoint names it more than once.`);
    this.open(startMs, table).changed = false;
  }

  get sizeBytes(): number {
    let size = 0;
    for (const pane of this.panes.values()) size += pane.table.sizeBytes;
    return size;
  }

  private paneAt(timeMs: number): Pane | null {
    const { current } = this;
    if (current !== null && timeMs >= current.startMs && timeMs < current.endMs) {
      current.changed = true;
      return current;
    }
    const startMs = windowStart(this.window, timeMs);
    // Allowed lateness is not offered yet, so a window is late as soon as it has fired.
    if (isLate(startMs + this.window.sizeMs, 0, this.watermarkMs)) return null;
    const pane = this.panes.get(startMs) ?? this.open(startMs, this.pool.take());
    pane.changed = true;
    this.current = pane;
    return pane;
  }

  private open(startMs: number, table: KeyTable): Pane {
    const pane: Pane = { startMs, endMs: startMs + this.window.sizeMs, table, changed: true };
    this.panes.set(startMs, pane);
    this.nextBoundaryMs = Math.min(this.nextBoundaryMs, pane.endMs - 1);
    return pane;
  }
}

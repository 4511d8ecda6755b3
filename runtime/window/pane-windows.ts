// The windows that are made of panes, in every emit mode and with allowed lateness: tumbling, sliding, cumulative, global. A record
// goes into one pane, which all windows around it share. That is exact for late records too: a window that may not count a record
// any more has been closed for good, and nobody asks for its rows again.
import type { ResolvedEmit } from '../../crds/index.ts';
import type { AggregateSet } from '../aggregate/index.ts';
import type { KeyTablePool } from '../state/index.ts';
import { type ChangedWindow, ChangeMerger } from './change-merger.ts';
import type { KeyedInput, PartialRows } from './keyed-input.ts';
import { Pane } from './pane.ts';
import type { PaneLayout, WindowBounds } from './pane-layout.ts';
import { PaneList } from './pane-list.ts';
import { PartialsMerger } from './partials-merger.ts';
import { type MergeTuning, WindowMerger } from './window-merger.ts';
import {
  type EmitRows,
  type FiredWindow,
  LATE,
  type PanedWindows,
  PARTLY_LATE,
  TAKEN,
  type WindowsSnapshot,
} from './windows.ts';

export interface PaneWindowsOptions {
  readonly layout: PaneLayout;
  readonly allowedLatenessMs: number;
  readonly emit: ResolvedEmit;
  readonly aggregates: AggregateSet;
  /** Where tables come from; rows need epochs when `tracksChanges` says so. */
  readonly pool: KeyTablePool;
  readonly tuning?: MergeTuning;
}

/** Whether rows have to know when they changed. */
export function tracksChanges(options: { readonly emit: ResolvedEmit; readonly allowedLatenessMs: number }): boolean {
  return options.emit.mode !== 'close' || options.allowedLatenessMs > 0;
}

export class PaneWindows implements PanedWindows {
  readonly kind = 'panes';
  // Configuration.
  private readonly layout: PaneLayout;
  private readonly latenessMs: number;
  private readonly mode: ResolvedEmit['mode'];
  private readonly tracks: boolean;
  private readonly aggregates: AggregateSet;
  private readonly pool: KeyTablePool;
  private readonly partials: PartialsMerger;
  private readonly merger: WindowMerger;
  private readonly changes: ChangeMerger;
  // Not checkpointed.
  private current: Pane | null = null;
  /** Nothing is due before the watermark gets here. */
  private nextBoundaryMs = Number.POSITIVE_INFINITY;
  private missed: number[] = [];
  hasChanges = false;
  // Checkpointed.
  private readonly panes = new PaneList();
  private fired = new Map<number, FiredWindow>();
  private epoch = 1;
  private flushedEpoch = 1;
  watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(options: PaneWindowsOptions) {
    const { layout, allowedLatenessMs, emit, aggregates, pool } = options;
    this.layout = layout;
    this.latenessMs = allowedLatenessMs;
    this.mode = emit.mode;
    this.tracks = tracksChanges(options);
    if (this.tracks && !pool.layout.epochs)
      throw new Error('Windows that emit changes need tables whose rows carry epochs.');
    this.aggregates = aggregates;
    this.pool = pool;
    this.partials = new PartialsMerger(aggregates);
    this.merger = new WindowMerger({ layout, aggregates, pool, tuning: options.tuning });
    this.changes = new ChangeMerger(aggregates, pool);
  }

  add(record: KeyedInput): number {
    const { eventTimeMs } = record;
    let pane = this.current;
    if (pane === null || eventTimeMs < pane.startMs || eventTimeMs >= pane.endMs) {
      pane = this.paneAt(this.layout.paneStart(eventTimeMs));
      if (pane === null) return LATE;
    }
    const outcome = this.watermarkMs >= pane.earliestEndMs - 1 ? this.judge(pane) : TAKEN;
    const { table } = pane;
    const row = table.upsert(record.keyBytes, record.keyStart, record.keyEnd, record.keyHash);
    this.aggregates.add(table, row, record);
    pane.changedAt = this.merger.merges;
    if (this.tracks) {
      table.epochs[row] = this.epoch;
      this.noteChange(pane);
    }
    return outcome;
  }

  /** Merges pre-aggregated rows of one pane in; for each row that is `LATE`, `late` is called (all of them are, or none). */
  mergePartials(partials: PartialRows, late: (row: number) => void): number {
    const pane = this.paneAt(partials.paneStartMs);
    if (pane === null) {
      for (let row = 0; row < partials.rowCount; row++) late(row);
      return LATE;
    }
    const outcome = this.watermarkMs >= pane.earliestEndMs - 1 ? this.judge(pane) : TAKEN;
    this.partials.merge(pane.table, partials);
    pane.changedAt = this.merger.merges;
    if (this.tracks) {
      const { epochs } = pane.table;
      const { rows } = this.partials;
      for (let i = 0; i < partials.rowCount; i++) epochs[rows[i]!] = this.epoch;
      this.noteChange(pane);
    }
    return outcome;
  }

  get missedCount(): number {
    return this.missed.length / 2;
  }

  get missedBounds(): readonly number[] {
    return this.missed;
  }

  advance(watermarkMs: number, emit: EmitRows): void {
    const beforeMs = this.watermarkMs;
    if (watermarkMs <= beforeMs) return;
    this.watermarkMs = watermarkMs;
    if (watermarkMs < this.nextBoundaryMs || this.layout.stepMs === Number.POSITIVE_INFINITY) return;
    // Windows in order of end: what comes out and in which order follows from the panes alone.
    for (const window of this.panes.windows(this.layout, beforeMs + 1 - this.latenessMs)) {
      if (window.endMs - 1 > watermarkMs) break;
      this.pass(window, beforeMs, emit);
    }
    if (this.tracks) this.epoch++;
    this.purge();
    this.nextBoundaryMs = this.boundary();
  }

  flush(emit: EmitRows): void {
    if (!this.hasChanges) return;
    this.hasChanges = false;
    const windows: ChangedWindow[] = [];
    for (const window of this.panes.changedWindows(this.layout, this.flushedEpoch)) {
      if (window.endMs - 1 + this.latenessMs <= this.watermarkMs) continue;
      if (this.mode === 'close' && window.endMs - 1 > this.watermarkMs) break;
      windows.push(this.changed(window));
    }
    this.changes.emit(windows, this.layout.panesPerWindow === 1, emit);
    this.epoch++;
    this.flushedEpoch = this.epoch;
  }

  get highestEndMs(): number {
    const last = this.panes.last;
    return last === null || last.latestEndMs === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : last.latestEndMs;
  }

  get sizeBytes(): number {
    let size = this.merger.sizeBytes;
    for (const { table, ids } of this.panes.all) size += table.sizeBytes + ids.byteLength;
    return size;
  }

  get openRows(): number {
    let rows = 0;
    for (const { table } of this.panes.all) rows += table.rowCount;
    return rows;
  }

  snapshot(): WindowsSnapshot {
    return {
      panes: this.panes.all.map(({ startMs, table }) => ({ startMs, table })),
      epoch: this.epoch,
      flushedEpoch: this.flushedEpoch,
      fired: [...this.fired.values()],
    };
  }

  restore({ panes, epoch, flushedEpoch, fired }: WindowsSnapshot): void {
    for (const { startMs, table } of panes) {
      if (this.panes.at(startMs) !== null)
        throw new Error(`Pane ${startMs} is restored twice: the checkpoint names it more than once.`);
      const pane = new Pane(this.layout, startMs, table);
      pane.changedAt = this.merger.merges;
      if (this.tracks)
        for (let row = 0; row < table.rowCount; row++) pane.lastEpoch = Math.max(pane.lastEpoch, table.epochs[row]!);
      this.panes.insert(pane);
    }
    this.epoch = Math.max(epoch, 1);
    this.flushedEpoch = Math.max(flushedEpoch, 1);
    this.fired = new Map(fired.map((window) => [window.endMs, window]));
    // Changes that were not flushed: a flush that finds none costs nothing.
    this.hasChanges = this.tracks && this.panes.all.some((pane) => pane.lastEpoch >= this.flushedEpoch);
    this.nextBoundaryMs = Number.NEGATIVE_INFINITY;
  }

  /** One window that fires or is closed for good by this advance, or fired before and stays. */
  private pass(window: WindowBounds, beforeMs: number, emit: EmitRows): void {
    const { endMs } = window;
    const fires = endMs - 1 > beforeMs;
    const closes = endMs - 1 + this.latenessMs <= this.watermarkMs;
    if (fires && this.mode === 'close') this.emitAll(window, emit);
    else if (closes || (fires && this.mode === 'interval'))
      this.changes.emit([this.changed(window)], this.layout.panesPerWindow === 1, emit);
    if (closes) this.fired.delete(endMs);
    else if (fires && this.mode !== 'update') this.fired.set(endMs, { ...window, epoch: this.epoch + 1 });
  }

  private emitAll(window: WindowBounds, emit: EmitRows): void {
    const panes = this.panes.of(window);
    const merged =
      this.layout.panesPerWindow === 1
        ? { table: panes[0]!.table, rows: null, count: panes[0]!.table.rowCount }
        : this.merger.merge(window, panes);
    emit({ ...merged, startMs: window.startMs, endMs: window.endMs, starts: null, ends: null });
  }

  private changed(window: WindowBounds): ChangedWindow {
    const firedEpoch = this.fired.get(window.endMs)?.epoch ?? 0;
    return { ...window, panes: this.panes.of(window), sinceEpoch: Math.max(this.flushedEpoch, firedEpoch) };
  }

  private paneAt(startMs: number): Pane | null {
    this.missed = [];
    let pane = this.panes.at(startMs);
    if (pane === null) {
      if (this.layout.latestEndMs(startMs) - 1 + this.latenessMs <= this.watermarkMs) {
        for (const window of this.layout.windowsOf(startMs)) this.missed.push(window.startMs, window.endMs);
        return null;
      }
      pane = new Pane(this.layout, startMs, this.pool.take());
      this.panes.insert(pane);
      this.nextBoundaryMs = Math.min(this.nextBoundaryMs, this.boundaryOf(pane));
    }
    this.current = pane;
    return pane;
  }

  /** A record for a pane of which at least one window has fired: some may be closed for good. */
  private judge(pane: Pane): number {
    this.missed = [];
    for (const { startMs, endMs } of this.layout.windowsOf(pane.startMs)) {
      if (endMs - 1 + this.latenessMs > this.watermarkMs) break;
      this.missed.push(startMs, endMs);
    }
    return this.missed.length === 0 ? TAKEN : PARTLY_LATE;
  }

  private noteChange(pane: Pane): void {
    pane.lastEpoch = this.epoch;
    if (this.hasChanges) return;
    this.hasChanges = this.mode !== 'close' || this.isInFiredWindow(pane);
  }

  /** Whether a window of the pane has fired and is still kept. */
  private isInFiredWindow(pane: Pane): boolean {
    if (this.watermarkMs < pane.earliestEndMs - 1) return false;
    return this.layout
      .windowsOf(pane.startMs)
      .some(({ endMs }) => endMs - 1 <= this.watermarkMs && endMs - 1 + this.latenessMs > this.watermarkMs);
  }

  private purge(): void {
    for (const pane of this.panes.removeUpTo(this.watermarkMs + 1 - this.latenessMs)) {
      if (this.current === pane) this.current = null;
      this.pool.give(pane.table);
    }
    if (this.panes.last === null) this.merger.reset();
  }

  private boundary(): number {
    let boundaryMs = Number.POSITIVE_INFINITY;
    for (const pane of this.panes.all) boundaryMs = Math.min(boundaryMs, this.boundaryOf(pane));
    return boundaryMs;
  }

  /** The next watermark at which a window of the pane fires or is closed for good. */
  private boundaryOf(pane: Pane): number {
    const fires = this.mode === 'update' ? Number.POSITIVE_INFINITY : this.nextEnd(pane, this.watermarkMs) - 1;
    return Math.min(fires, this.nextEnd(pane, this.watermarkMs - this.latenessMs) - 1 + this.latenessMs);
  }

  /** End of the first window of the pane with end − 1 > `timeMs`; +Infinity when there is none. */
  private nextEnd({ earliestEndMs, latestEndMs }: Pane, timeMs: number): number {
    if (earliestEndMs - 1 > timeMs) return earliestEndMs;
    return latestEndMs - 1 > timeMs ? this.layout.endAfter(timeMs + 1) : Number.POSITIVE_INFINITY;
  }
}

// Whole windows out of panes that they share. Time is cut into blocks as long as a window, so a window is the end of one block and
// the beginning of the next. The beginning is one running aggregate that grows pane by pane; the ends of a block are made at once,
// from its last pane backwards. So a pane is merged some three times instead of once per window that holds it (the two-stack method
// of sliding-window aggregation, with stacks that turn at fixed times: what is added to what never depends on when a task was
// restored, so neither do the last digits of a floating-point sum). Keys are hashed once per pane, not once per merge: rows of a
// pane remember their row in one directory of all keys.
import type { AggregateSet } from '../aggregate/index.ts';
import type { KeyTable, KeyTablePool } from '../state/index.ts';
import { ColumnRows, copyColumns, zeroRows } from './column-rows.ts';
import { KeyDirectory } from './key-directory.ts';
import { RowList } from './row-list.ts';
import type { Pane } from './pane.ts';
import type { PaneLayout, WindowBounds } from './pane-layout.ts';

/** The merged rows of one window: valid until the next merge. Order: by the first pane that holds the key, then by row. */
export interface MergedWindow {
  readonly table: KeyTable;
  readonly rows: Int32Array;
  readonly count: number;
}

/** What is the fastest way; the result is the same. */
export interface MergeTuning {
  /** Ends of a block that are kept at a time: they are the memory this costs. */
  readonly maxEnds: number;
  /** Ends are made when a key is in so many panes of a block on average; below that, one merge per pane costs less. */
  readonly minRepeats: number;
}

export interface WindowMergerOptions {
  readonly layout: PaneLayout;
  readonly aggregates: AggregateSet;
  readonly pool: KeyTablePool;
  readonly tuning?: MergeTuning | undefined;
}

/** The panes [start, boundary) of a block, merged: row i belongs to directory row `ids[i]`. */
interface BlockEnd {
  readonly startMs: number;
  readonly ids: Int32Array;
  readonly rows: ColumnRows;
}

const MEASURED: MergeTuning = { maxEnds: 32, minRepeats: 8 };
const NONE: readonly BlockEnd[] = [];

export class WindowMerger {
  /** Windows merged so far; a pane notes it when it changes. */
  merges = 0;
  // Configuration.
  private readonly layout: PaneLayout;
  private readonly aggregates: AggregateSet;
  private readonly tuning: MergeTuning;
  // Not checkpointed: all of it follows from the panes.
  private readonly directory: KeyDirectory;
  private readonly order = new RowList();
  private readonly scratch: ColumnRows;
  /** Running aggregate of the panes [prefixStartMs, prefixEndMs), made at `prefixAt`; rows are those of the directory. */
  private readonly prefix: ColumnRows;
  private readonly prefixIds = new RowList();
  private prefixStartMs = Number.NaN;
  private prefixEndMs = Number.NaN;
  private prefixAt = 0;
  /** In order of start: the nearest ends of the block that ends at `boundaryMs`, made at `endsAt`. */
  private ends = NONE;
  private boundaryMs = Number.NaN;
  private endsAt = 0;
  /** Memory of ends that are done with. */
  private readonly spare: ColumnRows[] = [];
  private sequence: Int32Array = new Int32Array(0);

  constructor({ layout, aggregates, pool, tuning = MEASURED }: WindowMergerOptions) {
    this.layout = layout;
    this.aggregates = aggregates;
    this.tuning = tuning;
    this.directory = new KeyDirectory(pool);
    this.scratch = new ColumnRows(pool.layout);
    this.prefix = new ColumnRows(pool.layout);
  }

  /** `panes`: all that the window holds, in order of start. Windows come in order of end, each once. */
  merge({ startMs, endMs }: WindowBounds, panes: readonly Pane[]): MergedWindow {
    const { directory, order, layout } = this;
    const blockStartMs = layout.blockStart(startMs);
    const prefixStartMs = blockStartMs === startMs ? startMs : blockStartMs + layout.blockMs;
    if (this.prefixStartMs !== prefixStartMs) this.turn(prefixStartMs, panes);
    for (const pane of panes) directory.map(pane);
    // The newest panes stay out of the running aggregate until the next window: records that come late soonest come for them.
    const newestMs = Math.max(prefixStartMs, endMs - layout.stepMs);
    this.growPrefix(newestMs, panes);
    const { table } = directory;
    zeroRows(table, table.layout, table.rowCount);
    order.reset(directory.rowCount);
    if (startMs < prefixStartMs) {
      const older = panes.filter((pane) => pane.startMs < prefixStartMs);
      if (older.length > 0) this.takeEnd(startMs, prefixStartMs, older);
    }
    order.addAll(this.prefixIds.rows, this.prefixIds.count);
    this.addRows(this.prefix, this.prefixIds);
    for (const pane of panes) {
      if (pane.startMs < newestMs) continue;
      order.addAll(pane.ids, pane.mapped);
      this.addPane(table, pane);
    }
    this.merges++;
    directory.lastCount = order.count;
    return { table, rows: order.rows, count: order.count };
  }

  /** Forgets everything: what it was made of is gone. */
  reset(): void {
    this.directory.reset();
    this.prefix.reset(0);
    this.scratch.reset(0);
    this.prefixStartMs = Number.NaN;
    this.dropEnds();
    this.spare.length = 0;
  }

  get sizeBytes(): number {
    let size = this.directory.sizeBytes + this.prefix.sizeBytes + this.scratch.sizeBytes;
    for (const { ids, rows } of this.ends) size += ids.byteLength + rows.sizeBytes;
    for (const rows of this.spare) size += rows.sizeBytes;
    return size;
  }

  /** Another block: nothing merged so far is of use to it, so this is when keys that are gone can leave the directory. */
  private turn(prefixStartMs: number, panes: readonly Pane[]): void {
    this.dropEnds();
    this.directory.compact(panes);
    this.prefixStartMs = prefixStartMs;
    this.prefixEndMs = prefixStartMs;
    this.prefixIds.reset(this.directory.rowCount);
    this.prefix.reset(this.directory.rowCount);
  }

  private growPrefix(toMs: number, panes: readonly Pane[]): void {
    const { prefixStartMs } = this;
    const stale = panes.some(
      (pane) => pane.startMs >= prefixStartMs && pane.startMs < this.prefixEndMs && pane.changedAt > this.prefixAt,
    );
    if (stale) {
      this.prefixEndMs = prefixStartMs;
      this.prefixIds.reset(this.directory.rowCount);
      this.prefix.reset(this.directory.rowCount);
    }
    this.prefix.grow(this.directory.rowCount);
    this.prefixIds.reserve(this.directory.rowCount);
    for (const pane of panes) {
      if (pane.startMs < this.prefixEndMs || pane.startMs >= toMs) continue;
      this.prefixIds.addAll(pane.ids, pane.mapped);
      this.addPane(this.prefix, pane);
    }
    this.prefixEndMs = toMs;
    this.prefixAt = this.merges;
  }

  /** Brings the panes [startMs, boundaryMs) into the result, which is empty: from the ends that are kept, or one by one. */
  private takeEnd(startMs: number, boundaryMs: number, panes: readonly Pane[]): void {
    const { order, directory } = this;
    // Ends that begin later hold the same panes when nothing lies in between.
    const holds = (kept: BlockEnd): boolean => kept.startMs >= startMs;
    const changed = this.boundaryMs !== boundaryMs || panes.some((pane) => pane.changedAt > this.endsAt);
    let end = changed ? undefined : this.ends.find(holds);
    if (end === undefined) {
      let rowCount = 0;
      for (const pane of panes) {
        order.addAll(pane.ids, pane.mapped);
        rowCount += pane.mapped;
      }
      // Ends pay off over many windows: they are not made of panes that may well change before the next one.
      if (rowCount >= this.tuning.minRepeats * order.count && panes.every((pane) => pane.changedAt < this.merges)) {
        this.makeEnds(startMs, boundaryMs, panes);
        end = this.ends.find(holds);
      }
    } else order.addAll(end.ids, end.ids.length);
    if (end === undefined) for (let i = panes.length - 1; i >= 0; i--) this.addPane(directory.table, panes[i]!);
    else this.copy(directory.table, end.ids, { from: end.rows, fromRows: null, count: end.ids.length });
  }

  private makeEnds(startMs: number, boundaryMs: number, panes: readonly Pane[]): void {
    const { scratch, directory, layout } = this;
    this.dropEnds();
    const starts: number[] = [];
    for (let start = startMs; start < boundaryMs && starts.length < this.tuning.maxEnds; start += layout.stepMs)
      starts.push(start);
    const ends: BlockEnd[] = [];
    const order = new RowList();
    let before: BlockEnd | null = null;
    let toMs = boundaryMs;
    scratch.reset(directory.rowCount);
    for (const start of starts.toReversed()) {
      const group = panes.filter((pane) => pane.startMs >= start && pane.startMs < toMs);
      toMs = start;
      if (group.length === 0 && before !== null) continue;
      for (let i = group.length - 1; i >= 0; i--) this.addPane(scratch, group[i]!);
      order.reset(directory.rowCount);
      for (const pane of group) order.addAll(pane.ids, pane.mapped);
      if (before !== null) order.addAll(before.ids, before.ids.length);
      const ids = order.rows.slice(0, order.count);
      const rows = this.spare.pop() ?? new ColumnRows(directory.table.layout);
      rows.reset(order.count);
      this.copy(rows, null, { from: scratch, fromRows: ids, count: order.count });
      before = { startMs: start, ids, rows };
      ends.push(before);
    }
    this.ends = ends.reverse();
    this.boundaryMs = boundaryMs;
    this.endsAt = this.merges;
  }

  private dropEnds(): void {
    for (const { rows } of this.ends) this.spare.push(rows);
    this.ends = NONE;
    this.boundaryMs = Number.NaN;
  }

  private addPane(into: ColumnRows | KeyTable, { table, ids, mapped }: Pane): void {
    this.aggregates.merge(into, { from: table, fromRows: null, rows: ids, count: mapped });
  }

  private addRows(from: ColumnRows, { rows, count }: RowList): void {
    if (count > 0) this.aggregates.merge(this.directory.table, { from, fromRows: rows, rows, count });
  }

  /** Into rows without input; cells have to be merged because they may not be shared. */
  private copy(
    into: ColumnRows | KeyTable,
    rows: Int32Array | null,
    source: { from: ColumnRows; fromRows: Int32Array | null; count: number },
  ): void {
    if (into.cells.length === 0) copyColumns(into, rows, source);
    else this.aggregates.merge(into, { ...source, rows: rows ?? this.numbers(source.count) });
  }

  private numbers(count: number): Int32Array {
    if (this.sequence.length < count) this.sequence = Int32Array.from({ length: count * 2 }, (_, i) => i);
    return this.sequence;
  }
}

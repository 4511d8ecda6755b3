// Only the rows of windows that changed: their keys are gathered once, and each window merges just these over its panes.
import type { AggregateSet } from '../aggregate/index.ts';
import type { KeyTable, KeyTablePool } from '../state/index.ts';
import { zeroRows } from './column-rows.ts';
import type { Pane } from './pane.ts';
import type { WindowBounds } from './pane-layout.ts';
import { RowList } from './row-list.ts';
import type { EmitRows } from './windows.ts';

/** Rows of `panes` (all that the window holds, in order of start) whose epoch is ≥ `sinceEpoch` have changed. */
export interface ChangedWindow extends WindowBounds {
  readonly panes: readonly Pane[];
  readonly sinceEpoch: number;
}

/** Rows of one pane that changed, and their keys' rows in the table of changed keys. */
interface PaneChanges {
  readonly rows: Int32Array;
  readonly keys: Int32Array;
  readonly count: number;
}

const UNKNOWN = -2;
const NO_ROWS = new Int32Array(0);

export class ChangeMerger {
  private readonly aggregates: AggregateSet;
  private readonly pool: KeyTablePool;
  private readonly changed = new RowList();
  private rows = NO_ROWS;
  private fromRows = NO_ROWS;

  constructor(aggregates: AggregateSet, pool: KeyTablePool) {
    this.aggregates = aggregates;
    this.pool = pool;
  }

  /**
   * Emits the changed rows of each window, in the order of the windows; none for a window without any. Order of rows: by the first
   * pane in which the key changed, then by row there. `isWhole`: a window is one pane, so nothing has to be merged.
   */
  emit(windows: readonly ChangedWindow[], isWhole: boolean, emit: EmitRows): void {
    if (isWhole) for (const window of windows) this.emitWhole(window, emit);
    else if (windows.length > 0) this.emitMerged(windows, emit);
  }

  private emitWhole({ startMs, endMs, panes, sinceEpoch }: ChangedWindow, emit: EmitRows): void {
    for (const { table, lastEpoch } of panes) {
      if (lastEpoch < sinceEpoch) continue;
      this.reserve(table.rowCount);
      const count = rowsSince(table, sinceEpoch, this.rows);
      if (count > 0) emit({ table, rows: this.rows, count, startMs, endMs, starts: null, ends: null });
    }
  }

  private emitMerged(windows: readonly ChangedWindow[], emit: EmitRows): void {
    const keys = this.pool.take();
    const changes = this.gather(windows, keys);
    const found = new Map<Pane, Int32Array>();
    const { changed } = this;
    this.reserve(keys.rowCount);
    for (const { startMs, endMs, panes, sinceEpoch } of windows) {
      changed.reset(keys.rowCount);
      for (const pane of panes) {
        const of = changes.get(pane);
        if (of !== undefined) changed.addAll(...since(pane, of, sinceEpoch));
      }
      if (changed.count === 0) continue;
      zeroRows(keys, keys.layout, keys.rowCount);
      for (const pane of panes) {
        let rows = found.get(pane);
        if (rows === undefined) {
          rows = new Int32Array(keys.rowCount).fill(UNKNOWN);
          found.set(pane, rows);
        }
        this.mergePane(keys, pane.table, rows);
      }
      emit({ table: keys, rows: changed.rows, count: changed.count, startMs, endMs, starts: null, ends: null });
    }
    this.pool.give(keys);
  }

  /** `found`: by row of `keys`, the row of the pane; filled as far as it is asked for. */
  private mergePane(keys: KeyTable, pane: KeyTable, found: Int32Array): void {
    const { changed, rows, fromRows } = this;
    const { keyBytes, keyOffsets, hashes } = keys;
    let count = 0;
    for (let i = 0; i < changed.count; i++) {
      const key = changed.rows[i]!;
      let row = found[key]!;
      if (row === UNKNOWN) {
        row = pane.find(keyBytes, keyOffsets[key]!, keyOffsets[key + 1]!, hashes[key]!);
        found[key] = row;
      }
      if (row < 0) continue;
      rows[count] = key;
      fromRows[count++] = row;
    }
    if (count > 0) this.aggregates.merge(keys, { from: pane, fromRows, rows, count });
  }

  /** Brings every key that changed for any of the windows into `keys`. */
  private gather(windows: readonly ChangedWindow[], keys: KeyTable): Map<Pane, PaneChanges> {
    const sinceEpoch = Math.min(...windows.map((window) => window.sinceEpoch));
    const changes = new Map<Pane, PaneChanges>();
    for (const { panes } of windows)
      for (const pane of panes) {
        if (pane.lastEpoch < sinceEpoch || changes.has(pane)) continue;
        const { rowCount, keyBytes, keyOffsets, hashes } = pane.table;
        this.reserve(rowCount);
        const rows = this.rows.slice(0, rowsSince(pane.table, sinceEpoch, this.rows));
        const rowsOfKeys = rows.map((row) =>
          keys.upsert(keyBytes, keyOffsets[row]!, keyOffsets[row + 1]!, hashes[row]!),
        );
        changes.set(pane, { rows, keys: rowsOfKeys, count: rows.length });
      }
    return changes;
  }

  private reserve(count: number): void {
    if (count <= this.rows.length) return;
    this.rows = new Int32Array(count * 2);
    this.fromRows = new Int32Array(count * 2);
  }
}

/** The keys whose rows changed in the pane since the epoch. */
function since(pane: Pane, { rows, keys, count }: PaneChanges, sinceEpoch: number): [Int32Array, number] {
  const { epochs } = pane.table;
  const selected = new Int32Array(count);
  let size = 0;
  for (let i = 0; i < count; i++) if (epochs[rows[i]!]! >= sinceEpoch) selected[size++] = keys[i]!;
  return [selected, size];
}

/** Rows changed since the epoch, in order, into the beginning of `into`; answers how many. */
function rowsSince({ rowCount, epochs }: KeyTable, sinceEpoch: number, into: Int32Array): number {
  let count = 0;
  for (let row = 0; row < rowCount; row++) if (epochs[row]! >= sinceEpoch) into[count++] = row;
  return count;
}

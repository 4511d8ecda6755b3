// The open windows of one task, whatever their kind: what a task sees of them. Everything here follows from what was folded; time
// never enters by itself.
import type { KeyTable } from '../state/index.ts';
import type { KeyedInput, PartialRows } from './keyed-input.ts';

/** Rows to write: rows[0, count) of the table, or its rows 0..count in order when `rows` is null. */
export interface WindowRows {
  readonly table: KeyTable;
  readonly rows: Int32Array | null;
  readonly count: number;
  /** Bounds of all rows; NaN for the global window (its bounds are null in results), or when bounds differ by row. */
  readonly startMs: number;
  readonly endMs: number;
  /** Sessions: bounds by row of the table; null otherwise. */
  readonly starts: Float64Array | null;
  readonly ends: Float64Array | null;
}

/** The receiver is done with the table when it returns. */
export type EmitRows = (rows: WindowRows) => void;

/** Taken into every window it belongs to. */
export const TAKEN = 0;
/** Taken into some windows; others were closed for good. */
export const PARTLY_LATE = 1;
/** Every window it belongs to is closed for good: nothing changed. */
export const LATE = 2;

export interface Windows {
  /** What has been fired: the watermark of the last `advance`, −Infinity before. A restore sets it, before or after `restore`. */
  watermarkMs: number;
  /** Folds a record in: `TAKEN`, `PARTLY_LATE` or `LATE`. */
  add(record: KeyedInput): number;
  /** Windows that were missed: their number, and bounds as pairs [start, end, …). Only told after `PARTLY_LATE` or `LATE`, and after partials. */
  readonly missedCount: number;
  readonly missedBounds: readonly number[];
  /** Raises the watermark, emits what that makes due, and forgets windows that are closed for good. Cheap when nothing is due. */
  advance(watermarkMs: number, emit: EmitRows): void;
  /** Emits what changed since the last flush, as far as the emit mode wants changes. */
  flush(emit: EmitRows): void;
  /** Whether `flush` may have something to emit. */
  readonly hasChanges: boolean;
  /** Highest end of the open windows; −Infinity when none is open, and for the global window, which never ends. */
  readonly highestEndMs: number;
  /** Memory held, used or not. */
  readonly sizeBytes: number;
  /** Rows of state, over all panes. */
  readonly openRows: number;
  /** Shares its tables with the windows: to be encoded before they change again. */
  snapshot(): WindowsSnapshot;
  /** Only into fresh windows; the tables belong to them from then on. */
  restore(snapshot: WindowsSnapshot): void;
}

/** Windows of everything but sessions: what comes pre-aggregated comes in panes (`createPaneLayout`). */
export interface PanedWindows extends Windows {
  readonly kind: 'panes';
  /** Merges rows of one pane in. They are `TAKEN`, `PARTLY_LATE` or `LATE` together; for each that is `LATE`, `late` is called. */
  mergePartials(partials: PartialRows, late: (row: number) => void): number;
}

/** A window that has fired and still takes late records; `epoch`: rows changed from then on are late changes. */
export interface FiredWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly epoch: number;
}

export interface WindowsSnapshot {
  /** In order of start. Sessions: one table, start 0. */
  readonly panes: readonly { readonly startMs: number; readonly table: KeyTable }[];
  /** Rises with every fire and flush; rows carry the epoch of their last change where the layout says so. */
  readonly epoch: number;
  /** Rows changed from this epoch on have not been flushed. */
  readonly flushedEpoch: number;
  /** In order of end. */
  readonly fired: readonly FiredWindow[];
}

// One pane of time that holds data: its rows, and what the windows made of panes have to remember about it.
import type { KeyTable } from '../state/index.ts';
import type { PaneLayout } from './pane-layout.ts';

export class Pane {
  readonly startMs: number;
  readonly endMs: number;
  /** Ends of the first and the last window that hold the pane. */
  readonly earliestEndMs: number;
  readonly latestEndMs: number;
  readonly table: KeyTable;
  /** Epoch of the last change; only where rows carry epochs. */
  lastEpoch = 0;
  /** How many windows had been merged when the pane last changed: tells whether what was made of it still holds. */
  changedAt = 0;
  /** Row of the table → row of the merger's directory, for the first `mapped` rows, while `mapping` is the directory's number. */
  ids: Int32Array = new Int32Array(0);
  mapped = 0;
  mapping = -1;

  constructor(layout: PaneLayout, startMs: number, table: KeyTable) {
    this.startMs = startMs;
    this.endMs = startMs + layout.paneMs;
    this.earliestEndMs = layout.earliestEndMs(startMs);
    this.latestEndMs = layout.latestEndMs(startMs);
    this.table = table;
  }
}

// Tables of closed panes, kept for the next ones: a job opens and closes panes all the time, and fresh typed arrays are the
// largest garbage it would make.
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';

export class KeyTablePool {
  readonly layout: TableLayout;
  private readonly free: KeyTable[] = [];
  private readonly maxTables: number;
  private readonly maxTableBytes: number;

  /** Keeps at most `maxTables`, none larger than `maxTableBytes` (one huge pane must not hold its memory for ever). */
  constructor(layout: TableLayout, options: { maxTables?: number; maxTableBytes?: number } = {}) {
    this.layout = layout;
    this.maxTables = options.maxTables ?? 8;
    this.maxTableBytes = options.maxTableBytes ?? 16 * 2 ** 20;
  }

  take(): KeyTable {
    return this.free.pop() ?? new KeyTable(this.layout);
  }

  /** The caller must not use the table afterwards. */
  give(table: KeyTable): void {
    if (this.free.length >= this.maxTables) return;
    table.clear();
    // What it goes on holding counts: cells and lazy columns are gone.
    if (table.sizeBytes <= this.maxTableBytes) this.free.push(table);
  }
}

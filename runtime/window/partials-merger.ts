// Pre-aggregated rows into the table of a pane: keys are looked up once, then every aggregate merges its columns in one loop.
import type { AggregateSet } from '../aggregate/index.ts';
import type { KeyTable } from '../state/index.ts';
import type { PartialRows } from './keyed-input.ts';

const INITIAL_ROWS = 256;

export class PartialsMerger {
  /** Rows of the table that the last call's rows went to, in their order. */
  rows = new Int32Array(INITIAL_ROWS);
  private readonly aggregates: AggregateSet;

  constructor(aggregates: AggregateSet) {
    this.aggregates = aggregates;
  }

  merge(table: KeyTable, partials: PartialRows): void {
    const { rowCount, buffer, keysStart, keyOffsets, hashes } = partials;
    if (rowCount > this.rows.length) this.rows = new Int32Array(rowCount * 2);
    const { rows } = this;
    for (let i = 0; i < rowCount; i++)
      rows[i] = table.upsert(buffer, keysStart + keyOffsets[i]!, keysStart + keyOffsets[i + 1]!, hashes[i]!);
    this.aggregates.merge(table, { from: partials, fromRows: null, rows, count: rowCount });
  }
}

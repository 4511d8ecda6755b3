// What the rows of session tables carry beside the aggregates. Both kinds of table begin alike, so that a fragment merges into a
// session column by column.
import type { CellSpec, ColumnSpec, TableLayout } from '../../state/index.ts';
import { ORIGINAL_RECORD } from './original-record.ts';

/** An AggregateSet, as far as tables are concerned. */
export interface SessionAggregates {
  readonly columns: readonly ColumnSpec[];
  readonly cells: readonly CellSpec[];
}

/** Indexes of columns and cells that are not the aggregates'. */
export interface SessionColumns {
  /** Event time of the first record, epoch milliseconds; NaN in a row that is gone. */
  readonly start: number;
  /** Event time of the last record + gap: the session is [start, end). NaN in a row that is gone. */
  readonly end: number;
  /** Session tables: row of the next older session of the key + 1, 0 for none. Lazy: most keys have one session at a time. */
  readonly older: number;
  /** Fragment tables: watermark of the source partition before the row's first record. */
  readonly watermarkBefore: number;
  /** Fragment tables with originals: the cell of the original record. */
  readonly original: number;
}

export function sessionColumns({ columns, cells }: SessionAggregates): SessionColumns {
  const first = columns.length;
  return { start: first, end: first + 1, older: first + 2, watermarkBefore: first + 2, original: cells.length };
}

/** Tables of open sessions. `epochs`: whether changes are emitted, as they are except by `close` without lateness. */
export function sessionLayout({ columns, cells }: SessionAggregates, options: { epochs: boolean }): TableLayout {
  return {
    columns: [...columns, column('start'), column('end'), { name: 'session.older', zero: 0, lazy: true }],
    cells,
    provenance: false,
    epochs: options.epochs,
  };
}

/** Tables of fragments. `originals`: rows that stand alone keep their record, because lateData may want it. */
export function fragmentLayout({ columns, cells }: SessionAggregates, options: { originals: boolean }): TableLayout {
  return {
    columns: [...columns, column('start'), column('end'), column('watermarkBefore')],
    cells: options.originals ? [...cells, { name: 'session.original', type: ORIGINAL_RECORD }] : cells,
    provenance: true,
    epochs: false,
  };
}

function column(name: string): ColumnSpec {
  return { name: `session.${name}`, zero: Number.NaN, lazy: false };
}

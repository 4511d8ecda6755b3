// What an ingest task makes of the records of sessions between two commits: runs of records of one key that an aggregate task can
// merge as if they came one by one. A record joins the newest run of its key only when it could not have met another session alone
// than the run does, whatever the watermark did in between; otherwise it begins a run of its own, which says what the watermark was.
import type { AggregateSet } from '../../aggregate/index.ts';
import { KeyTable, type TableLayout } from '../../state/index.ts';
import type { KeyedInput } from '../keyed-input.ts';
import { sessionColumns, type SessionColumns } from './layouts.ts';
import { type OriginalRecord, originalRecordBytes } from './original-record.ts';

export interface SessionFragmentsOptions {
  readonly gapMs: number;
  readonly aggregates: Pick<AggregateSet, 'columns' | 'cells' | 'add'>;
  /** `fragmentLayout` of the aggregates. */
  readonly layout: TableLayout;
}

/** Where a record came from. */
export interface FragmentSource {
  readonly offset: number;
  /** Of the source partition before the record. */
  readonly watermarkMs: number;
  /** Whether it has to be judged by itself: its partition may be behind others. */
  readonly alone: boolean;
  /** Called for records that stand alone, when the layout keeps originals. */
  readonly original: (() => OriginalRecord) | null;
}

const NOT_ALONE = 0;
const ALONE = 1;

export class SessionFragments {
  /** In the order in which the rows have to be merged. */
  readonly table: KeyTable;
  private readonly gapMs: number;
  private readonly aggregates: SessionFragmentsOptions['aggregates'];
  private readonly at: SessionColumns;
  private readonly keepsOriginals: boolean;
  /** By row. */
  private standing = new Uint8Array(64);

  constructor({ gapMs, aggregates, layout }: SessionFragmentsOptions) {
    this.gapMs = gapMs;
    this.aggregates = aggregates;
    this.at = sessionColumns(aggregates);
    this.keepsOriginals = layout.cells.length > aggregates.cells.length;
    this.table = new KeyTable(layout);
  }

  /** Folds a record in; returns its row. */
  add(record: KeyedInput, source: FragmentSource): number {
    const { table, at } = this;
    const { eventTimeMs, keyBytes, keyStart, keyEnd, keyHash } = record;
    const { watermarkMs } = source;
    const endMs = eventTimeMs + this.gapMs;
    let row = source.alone ? -1 : table.find(keyBytes, keyStart, keyEnd, keyHash);
    if (row >= 0 && this.takesIn(row, eventTimeMs, watermarkMs)) {
      const starts = table.columns[at.start]!;
      const ends = table.columns[at.end]!;
      if (eventTimeMs < starts[row]!) starts[row] = eventTimeMs;
      if (endMs > ends[row]!) ends[row] = endMs;
    } else {
      row = table.append(keyBytes, keyStart, keyEnd, keyHash);
      table.columns[at.start]![row] = eventTimeMs;
      table.columns[at.end]![row] = endMs;
      table.columns[at.watermarkBefore]![row] = watermarkMs;
      // Late by its own partition's watermark, unless a session of the aggregate task takes it in.
      const alone = source.alone || endMs - 1 <= watermarkMs;
      this.stand(row, alone);
      if (alone && this.keepsOriginals && source.original !== null) this.keep(row, source.original());
    }
    table.note(row, source.offset);
    this.aggregates.add(table, row, record);
    return row;
  }

  /** Starts over in the same memory. */
  clear(): void {
    this.table.clear();
  }

  private takesIn(row: number, eventTimeMs: number, watermarkMs: number): boolean {
    const startMs = this.table.columns[this.at.start]![row]!;
    const endMs = this.table.columns[this.at.end]![row]!;
    return (
      this.standing[row] === NOT_ALONE &&
      // The session has not fired since.
      endMs - 1 > watermarkMs &&
      eventTimeMs <= endMs &&
      // Before the run's start it may touch an earlier session, which has to be as open now as when the run began.
      (eventTimeMs >= startMs || (eventTimeMs > watermarkMs + 1 && eventTimeMs + this.gapMs >= startMs))
    );
  }

  private stand(row: number, alone: boolean): void {
    if (row >= this.standing.length) {
      const larger = new Uint8Array(this.standing.length * 2);
      larger.set(this.standing);
      this.standing = larger;
    }
    this.standing[row] = alone ? ALONE : NOT_ALONE;
  }

  private keep(row: number, original: OriginalRecord): void {
    this.table.cells[this.at.original]![row] = original;
    this.table.cellBytes += originalRecordBytes(original);
  }
}

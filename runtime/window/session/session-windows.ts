// The open sessions of one task. A session is a row with [start, end), end = its last record + gap. What touches it, also exactly at
// its ends, joins it; sessions that are brought together become the oldest one's row. So rows are in the order in which the first
// records of their sessions came, wherever pre-aggregation, snapshots and compaction cut, and so is all that is emitted.
import type { ResolvedEmit } from '../../../crds/index.ts';
import type { AggregateSet } from '../../aggregate/index.ts';
import type { MergeBatch, ReadonlyColumns, TableLayout } from '../../state/index.ts';
import type { KeyedInput, PartialRows } from '../keyed-input.ts';
import { type EmitRows, LATE, TAKEN, type Windows, type WindowsSnapshot } from '../windows.ts';
import { ChangedRows } from './changed-rows.ts';
import { DueHeap } from './due-heap.ts';
import { sessionColumns, type SessionColumns } from './layouts.ts';
import { SessionTable } from './session-table.ts';

export interface SessionWindowsOptions {
  readonly gapMs: number;
  readonly allowedLatenessMs: number;
  readonly emit: ResolvedEmit;
  readonly aggregates: Pick<AggregateSet, 'columns' | 'cells' | 'add' | 'merge' | 'release'>;
  /** `sessionLayout` of the aggregates; with epochs unless sessions come out at their close only. */
  readonly layout: TableLayout;
}

/** Rows are handed out in lots of at most so many, which keeps what the receiver makes of them small. */
const LOT_ROWS = 4096;
/** Fewer rows that are gone are not worth moving the others. */
const MIN_GONE_ROWS = 1024;
const INITIAL_ENTRIES = 64;
const NONE: readonly number[] = [];
const START = 0;
const END = 1;

export class SessionWindows implements Windows {
  readonly kind = 'sessions';
  // Configuration.
  private readonly gapMs: number;
  private readonly latenessMs: number;
  private readonly emitMode: ResolvedEmit['mode'];
  private readonly marksAll: boolean;
  private readonly aggregates: SessionWindowsOptions['aggregates'];
  private readonly columns: SessionColumns;
  // Not checkpointed.
  missedCount = 0;
  missedBounds: readonly number[] = NONE;
  /** One valid entry a session, never later than what is due for it: a session that grows leaves its entry alone. */
  private readonly due = new DueHeap();
  /** With lateness, by row: time of the valid entry. Entries with another time are void. */
  private entryDues: Float64Array;
  /** Bounds of what is being taken in: as arguments of a call, numbers with fractions cost an object each. */
  private readonly span = new Float64Array(2);
  private readonly lot = new Int32Array(LOT_ROWS);
  private readonly leaving = new Int32Array(LOT_ROWS);
  private readonly batch: { from: ReadonlyColumns; fromRows: Int32Array; rows: Int32Array; count: number } & MergeBatch;
  // Checkpointed; the marks as far as the table's epochs tell them.
  private readonly sessions: SessionTable;
  private readonly changes: ChangedRows | null;
  watermarkMs = Number.NEGATIVE_INFINITY;

  constructor({ gapMs, allowedLatenessMs, emit, aggregates, layout }: SessionWindowsOptions) {
    const emitsChanges = emit.mode !== 'close' || allowedLatenessMs > 0;
    if (emitsChanges && !layout.epochs) {
      throw new Error(
        `Sessions with emit ${emit.mode} and lateness ${allowedLatenessMs} ms emit changes: their layout needs epochs.`,
      );
    }
    this.gapMs = gapMs;
    this.latenessMs = allowedLatenessMs;
    this.emitMode = emit.mode;
    this.marksAll = emit.mode !== 'close';
    this.aggregates = aggregates;
    this.columns = sessionColumns(aggregates);
    this.sessions = new SessionTable(layout, this.columns);
    this.changes = emitsChanges ? new ChangedRows() : null;
    this.entryDues = new Float64Array(allowedLatenessMs > 0 ? INITIAL_ENTRIES : 0);
    this.batch = { from: this.sessions.table, fromRows: new Int32Array(1), rows: new Int32Array(1), count: 1 };
  }

  get hasChanges(): boolean {
    return this.changes !== null && this.changes.count > 0;
  }

  get openRows(): number {
    return this.sessions.openRows;
  }

  get sizeBytes(): number {
    const { due, changes, entryDues, sessions } = this;
    return sessions.table.sizeBytes + due.sizeBytes + entryDues.byteLength + (changes?.sizeBytes ?? 0);
  }

  get highestEndMs(): number {
    const { ends, table } = this.sessions;
    let highestMs = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < table.rowCount; row++) if (ends[row]! > highestMs) highestMs = ends[row]!;
    return highestMs;
  }

  /** Column of fragments that says what their source partition's watermark was before each row. */
  watermarksBefore(partials: ReadonlyColumns): Float64Array {
    return partials.columns[this.columns.watermarkBefore]!;
  }

  add(record: KeyedInput): number {
    const { table } = this.sessions;
    const { eventTimeMs, keyBytes, keyStart, keyEnd, keyHash } = record;
    const endMs = eventTimeMs + this.gapMs;
    const newest = table.find(keyBytes, keyStart, keyEnd, keyHash);
    this.span[START] = eventTimeMs;
    this.span[END] = endMs;
    let row = this.join(newest);
    if (row < 0) {
      if (this.isOver(endMs)) return this.miss(eventTimeMs, endMs);
      row = table.append(keyBytes, keyStart, keyEnd, keyHash);
      this.open(row, newest, { startMs: eventTimeMs, endMs });
    }
    this.took();
    this.aggregates.add(table, row, record);
    return TAKEN;
  }

  /**
   * Merges a fragment in: `TAKEN` or `LATE`. Before it, the windows have to be advanced by what its `watermarksBefore` makes of the
   * task's watermark.
   */
  mergeRow(partials: PartialRows, fragment: number): number {
    const { table } = this.sessions;
    const { buffer, keysStart, keyOffsets, hashes, columns } = partials;
    const keyStart = keysStart + keyOffsets[fragment]!;
    const keyEnd = keysStart + keyOffsets[fragment + 1]!;
    const keyHash = hashes[fragment]!;
    const startMs = columns[this.columns.start]![fragment]!;
    const endMs = columns[this.columns.end]![fragment]!;
    const newest = table.find(buffer, keyStart, keyEnd, keyHash);
    this.span[START] = startMs;
    this.span[END] = endMs;
    let row = this.join(newest);
    if (row < 0) {
      if (this.isOver(endMs)) return this.miss(startMs, endMs);
      row = table.append(buffer, keyStart, keyEnd, keyHash);
      this.open(row, newest, { startMs, endMs });
    }
    this.took();
    this.merge(partials, fragment, row);
    return TAKEN;
  }

  advance(watermarkMs: number, emit: EmitRows): void {
    if (watermarkMs <= this.watermarkMs) return;
    const firedMs = this.watermarkMs;
    this.watermarkMs = watermarkMs;
    if (watermarkMs >= this.due.firstDueMs) this.handleDue(firedMs, emit);
  }

  flush(emit: EmitRows): void {
    const { changes, sessions } = this;
    if (changes === null || changes.count === 0) return;
    const rows = changes.take(sessions.table);
    this.emit(rows, rows.length, emit);
  }

  snapshot(): WindowsSnapshot {
    if (this.sessions.goneRows > 0) this.compact();
    const epoch = this.changes?.epoch ?? 0;
    return { panes: [{ startMs: 0, table: this.sessions.table }], epoch, flushedEpoch: epoch, fired: [] };
  }

  restore({ panes, epoch }: WindowsSnapshot): void {
    const table = panes[0]?.table;
    if (table === undefined) return;
    const { sessions, changes } = this;
    sessions.use(table);
    if (changes !== null) {
      changes.epoch = epoch;
      changes.follow(table);
    }
    // Whether a session has fired is not known before the watermark is set; its end is not later than what is due in either case.
    for (let row = 0; row < table.rowCount; row++) this.enter(sessions.ends[row]! - 1, row);
  }

  /** Row of the session that `span` belongs to, which it may bring together; −1 when it touches none. */
  private join(newest: number): number {
    if (newest < 0) return -1;
    const startMs = this.span[START]!;
    const endMs = this.span[END]!;
    const { sessions } = this;
    const { ends } = sessions;
    const newestEndMs = ends[newest]!;
    // By far the most: it begins within the key's only session, which has not fired. A row that is gone has NaN.
    if (
      startMs <= newestEndMs &&
      // In order, as most are: the start, which lies elsewhere in memory, need not be looked at.
      (startMs + this.gapMs >= newestEndMs || startMs >= sessions.starts[newest]!) &&
      newestEndMs - 1 > this.watermarkMs &&
      sessions.isAlone(newest)
    ) {
      if (endMs > newestEndMs) ends[newest] = endMs;
      if (this.marksAll) this.changes!.mark(sessions.table, newest);
      return newest;
    }
    const count = sessions.findTouching(newest, startMs, endMs);
    return count === 0 ? -1 : this.bringTogether(count, startMs, endMs);
  }

  private bringTogether(count: number, startMs: number, endMs: number): number {
    const { sessions, changes } = this;
    const { starts, ends, touching } = sessions;
    const row = touching[count - 1]!;
    for (let i = 0; i < count - 1; i++) {
      const other = touching[i]!;
      starts[row] = Math.min(starts[row]!, starts[other]!);
      ends[row] = Math.max(ends[row]!, ends[other]!);
      this.merge(sessions.table, other, row);
      this.remove(other);
    }
    starts[row] = Math.min(starts[row]!, startMs);
    ends[row] = Math.max(ends[row]!, endMs);
    if (changes !== null) this.noteChange(changes, row);
    // A session that had fired and goes on has its end before it again, which may be earlier than what was due for it.
    const dueMs = this.dueOf(row);
    if (this.latenessMs > 0 && dueMs < this.entryDues[row]!) this.enter(dueMs, row);
    return row;
  }

  private open(row: number, newest: number, bounds: { startMs: number; endMs: number }): void {
    const { sessions, changes } = this;
    sessions.open(row, newest, bounds);
    if (changes !== null) this.noteChange(changes, row);
    this.enter(this.dueOf(row), row);
  }

  /** At close only those come out again that had fired; the rest are yet to fire. */
  private noteChange(changes: ChangedRows, row: number): void {
    const { table, ends } = this.sessions;
    if (this.marksAll || ends[row]! - 1 <= this.watermarkMs) changes.mark(table, row);
    else changes.unmark(table, row);
  }

  /**
   * Fires what ends by the watermark and forgets what is closed for good by it, in order of (time, row): the same however many steps
   * the watermark takes. `firedMs`: the watermark before.
   */
  private handleDue(firedMs: number, emit: EmitRows): void {
    const { due, watermarkMs, latenessMs, lot, leaving, changes, sessions } = this;
    const { ends, table } = sessions;
    let emitCount = 0;
    let leaveCount = 0;
    while (due.size > 0 && due.firstDueMs <= watermarkMs) {
      if (emitCount === LOT_ROWS || leaveCount === LOT_ROWS) {
        this.handOut(emitCount, leaveCount, emit);
        emitCount = 0;
        leaveCount = 0;
      }
      const row = due.firstRow;
      const dueMs = due.firstDueMs;
      const lastMs = ends[row]! - 1;
      if (Number.isNaN(lastMs) || (latenessMs > 0 && this.entryDues[row] !== dueMs)) {
        due.pop();
        continue;
      }
      const hasFired = lastMs <= firedMs || dueMs > lastMs;
      const nextMs = hasFired ? lastMs + latenessMs : lastMs;
      if (dueMs < nextMs) {
        this.postpone(nextMs, row);
        continue;
      }
      if (!hasFired) {
        if (this.comesOutAtFire(row)) lot[emitCount++] = row;
        if (latenessMs > 0) {
          this.postpone(lastMs + latenessMs, row);
          continue;
        }
      }
      due.pop();
      if (changes?.isMarked(table, row) === true) {
        changes.unmark(table, row);
        lot[emitCount++] = row;
      }
      leaving[leaveCount++] = row;
    }
    this.handOut(emitCount, leaveCount, emit);
    if (sessions.goneRows >= MIN_GONE_ROWS && sessions.goneRows * 2 >= table.rowCount) this.compact();
  }

  private comesOutAtFire(row: number): boolean {
    if (this.emitMode === 'close') return true;
    const { changes, sessions } = this;
    if (this.emitMode === 'update' || changes === null || !changes.isMarked(sessions.table, row)) return false;
    changes.unmark(sessions.table, row);
    return true;
  }

  private handOut(emitCount: number, leaveCount: number, emit: EmitRows): void {
    if (emitCount > 0) this.emit(this.lot, emitCount, emit);
    for (let i = 0; i < leaveCount; i++) this.remove(this.leaving[i]!);
  }

  private emit(rows: Int32Array, count: number, emit: EmitRows): void {
    const { table, starts, ends } = this.sessions;
    emit({ table, rows, count, startMs: Number.NaN, endMs: Number.NaN, starts, ends });
  }

  private merge(from: ReadonlyColumns, fromRow: number, row: number): void {
    const { batch } = this;
    batch.from = from;
    batch.fromRows[0] = fromRow;
    batch.rows[0] = row;
    this.aggregates.merge(this.sessions.table, batch);
  }

  private remove(row: number): void {
    const { sessions, changes, aggregates } = this;
    changes?.unmark(sessions.table, row);
    aggregates.release(sessions.table, row);
    sessions.remove(row);
  }

  /** Time of what comes next for a session: its firing, or its end for good. */
  private dueOf(row: number): number {
    const lastMs = this.sessions.ends[row]! - 1;
    return lastMs > this.watermarkMs ? lastMs : lastMs + this.latenessMs;
  }

  private enter(dueMs: number, row: number): void {
    this.due.push(dueMs, row);
    if (this.latenessMs === 0) return;
    if (row >= this.entryDues.length) {
      const larger = new Float64Array(Math.max(row + 1, this.entryDues.length * 2));
      larger.set(this.entryDues);
      this.entryDues = larger;
    }
    this.entryDues[row] = dueMs;
  }

  private postpone(dueMs: number, row: number): void {
    this.due.postpone(dueMs);
    if (this.latenessMs > 0) this.entryDues[row] = dueMs;
  }

  private isOver(endMs: number): boolean {
    return endMs - 1 + this.latenessMs <= this.watermarkMs;
  }

  private took(): void {
    if (this.missedCount === 0) return;
    this.missedCount = 0;
    this.missedBounds = NONE;
  }

  private miss(startMs: number, endMs: number): number {
    this.missedCount = 1;
    this.missedBounds = [startMs, endMs];
    return LATE;
  }

  private compact(): void {
    const { sessions, due, entryDues, changes } = this;
    const rowOf = sessions.compact();
    due.renumber(rowOf);
    if (entryDues.length > 0) {
      for (let row = 0; row < rowOf.length; row++) if (rowOf[row]! >= 0) entryDues[rowOf[row]!] = entryDues[row]!;
    }
    changes?.follow(sessions.table);
  }
}

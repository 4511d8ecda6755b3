// For the tests: sessions as they are defined, with lists of records and no cleverness at all, and an aggregate that keeps every record,
// so that nothing that is lost, repeated or out of order can hide.
import type { ResolvedEmit } from '../../../crds/index.ts';
import type { CellType, Columns, KeyTable, MergeBatch } from '../../state/index.ts';
import type { AggregateInputs } from '../../aggregate/index.ts';
import type { KeyedInput } from '../keyed-input.ts';
import type { EmitRows } from '../windows.ts';

/** A record as it is kept: event time and number in the log. */
export type Kept = readonly [timeMs: number, id: number];

export interface Emitted {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  /** By event time, then by arrival. */
  readonly records: readonly Kept[];
}

export interface NaiveOptions {
  readonly gapMs: number;
  readonly latenessMs: number;
  readonly mode: ResolvedEmit['mode'];
}

interface NaiveSession {
  readonly key: string;
  readonly records: readonly Kept[];
  changed: boolean;
}

export class NaiveSessions {
  watermarkMs = Number.NEGATIVE_INFINITY;
  readonly emitted: Emitted[] = [];
  readonly late: number[] = [];
  private readonly options: NaiveOptions;
  private open: NaiveSession[] = [];

  constructor(options: NaiveOptions) {
    this.options = options;
  }

  add(key: string, timeMs: number, id: number): void {
    const { gapMs, latenessMs, mode } = this.options;
    const touched = this.open.filter(
      (session) => session.key === key && this.startOf(session) <= timeMs + gapMs && timeMs <= this.endOf(session),
    );
    const merged: NaiveSession = {
      key,
      records: [...touched.flatMap((session) => session.records), [timeMs, id] as const],
      changed: false,
    };
    if (this.endOf(merged) - 1 + latenessMs <= this.watermarkMs) {
      this.late.push(id);
      return;
    }
    merged.changed = mode !== 'close' || this.endOf(merged) - 1 <= this.watermarkMs;
    this.open = [...this.open.filter((session) => !touched.includes(session)), merged];
  }

  advance(watermarkMs: number): void {
    if (watermarkMs <= this.watermarkMs) return;
    const { latenessMs, mode } = this.options;
    const fires = this.open
      .filter((session) => this.endOf(session) - 1 > this.watermarkMs)
      .map((session) => ({ session, atMs: this.endOf(session) - 1, last: false }));
    const ends = this.open.map((session) => ({ session, atMs: this.endOf(session) - 1 + latenessMs, last: true }));
    const events = [...fires, ...ends]
      .filter(({ atMs }) => atMs <= watermarkMs)
      .sort((a, b) => a.atMs - b.atMs || age(a.session) - age(b.session) || Number(a.last) - Number(b.last));
    for (const { session, last } of events) {
      if (last ? session.changed : mode === 'close' || (mode === 'interval' && session.changed)) this.emit(session);
    }
    this.watermarkMs = watermarkMs;
    this.open = this.open.filter((session) => this.endOf(session) - 1 + latenessMs > watermarkMs);
  }

  flush(): void {
    for (const session of this.open.toSorted((a, b) => age(a) - age(b))) if (session.changed) this.emit(session);
  }

  get highestEndMs(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.open.map((session) => this.endOf(session)));
  }

  get openRows(): number {
    return this.open.length;
  }

  get hasChanges(): boolean {
    return this.open.some((session) => session.changed);
  }

  private emit(session: NaiveSession): void {
    session.changed = false;
    const records = session.records.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.emitted.push({ key: session.key, startMs: this.startOf(session), endMs: this.endOf(session), records });
  }

  private startOf(session: NaiveSession): number {
    return Math.min(...session.records.map(([timeMs]) => timeMs));
  }

  private endOf(session: NaiveSession): number {
    return Math.max(...session.records.map(([timeMs]) => timeMs)) + this.options.gapMs;
  }
}

/** Number of the record that came first. */
function age(session: NaiveSession): number {
  return Math.min(...session.records.map(([, id]) => id));
}

interface RecordList {
  readonly kept: Kept[];
}

const RECORD_LIST: CellType<RecordList> = {
  name: 'recordList',
  write(writer, { kept }) {
    for (const [timeMs, id] of kept) {
      writer.f64(timeMs);
      writer.f64(id);
    }
  },
  read(reader) {
    const kept: Kept[] = [];
    while (reader.position < reader.end) kept.push([reader.f64(), reader.f64()]);
    return { kept };
  },
};

/** Counts the records and keeps them in order of (event time, arrival). `inputs[0]` is the number of the record. */
export const KEEP_ALL = {
  columns: [{ name: 'count', zero: 0, lazy: false }],
  cells: [{ name: 'records', type: RECORD_LIST }],
  add(table: Columns, row: number, { eventTimeMs, inputs }: AggregateInputs): void {
    take(table, row, [[eventTimeMs, inputs[0]!]]);
  },
  merge(table: Columns, { from, fromRows, rows, count }: MergeBatch): void {
    for (let i = 0; i < count; i++) take(table, rows[i]!, keptIn(from.cells[0]![fromRows?.[i] ?? i]));
  },
  release(table: Columns, row: number): void {
    table.cellBytes -= keptInRow(table, row).length * KEPT_BYTES;
    table.cells[0]![row] = null;
  },
};

const KEPT_BYTES = 100;

function take(table: Columns, row: number, records: readonly Kept[]): void {
  const kept = [...keptIn(table.cells[0]![row]), ...records].sort((a, b) => a[0] - b[0]);
  table.cells[0]![row] = { kept };
  table.columns[0]![row] = kept.length;
  table.cellBytes += records.length * KEPT_BYTES;
}

function keptIn(cell: object | null | undefined): readonly Kept[] {
  return (cell as RecordList | null | undefined)?.kept ?? [];
}

export function keptInRow(table: Pick<Columns, 'cells'>, row: number): readonly Kept[] {
  return keptIn(table.cells[0]![row]);
}

/** Collects what is emitted. */
export function into(emitted: Emitted[]): EmitRows {
  return ({ table, rows, count, starts, ends }) => {
    for (let i = 0; i < count; i++) {
      const row = rows === null ? i : rows[i]!;
      const records = [...keptInRow(table, row)];
      if (records.length !== table.columns[0]![row]) throw new Error(`row ${row} counts other records than it keeps`);
      emitted.push({ key: keyOf(table, row), startMs: starts![row]!, endMs: ends![row]!, records });
    }
  };
}

function keyOf(table: KeyTable, row: number): string {
  return table.keyBytes.toString('utf8', table.keyOffsets[row], table.keyOffsets[row + 1]);
}

export function recordOf(key: string, eventTimeMs: number, id: number): KeyedInput {
  const keyBytes = Buffer.from(`<${key}>`);
  return {
    eventTimeMs,
    keyBytes,
    keyStart: 1,
    keyEnd: keyBytes.length - 1,
    // Few different hashes: keys collide.
    keyHash: key.charCodeAt(0) % 2,
    inputs: Float64Array.of(id),
    scalarBytes: keyBytes,
    scalarStarts: new Int32Array(1),
    scalarEnds: new Int32Array(1),
  };
}

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

const KEPT_BYTES = 100;

interface NaiveSession {
  readonly key: string;
  readonly records: readonly Kept[];
  readonly startMs: number;
  readonly endMs: number;
  /** Number of the record that came first. */
  readonly age: number;
  changed: boolean;
}

export class NaiveSessions {
  watermarkMs = Number.NEGATIVE_INFINITY;
  readonly emitted: Emitted[] = [];
  readonly late: number[] = [];
  private readonly options: NaiveOptions;
  private readonly byKey = new Map<string, NaiveSession[]>();

  constructor(options: NaiveOptions) {
    this.options = options;
  }

  add(key: string, timeMs: number, id: number): void {
    const { gapMs, latenessMs, mode } = this.options;
    const open = this.byKey.get(key) ?? [];
    const touched = open.filter(({ startMs, endMs }) => startMs <= timeMs + gapMs && timeMs <= endMs);
    const records = [...touched.flatMap((session) => session.records), [timeMs, id] as const];
    const times = records.map((kept) => kept[0]);
    const endMs = Math.max(...times) + gapMs;
    if (endMs - 1 + latenessMs <= this.watermarkMs) {
      this.late.push(id);
      return;
    }
    const merged: NaiveSession = {
      key,
      records,
      startMs: Math.min(...times),
      endMs,
      age: Math.min(...records.map((kept) => kept[1])),
      changed: mode !== 'close' || endMs - 1 <= this.watermarkMs,
    };
    this.byKey.set(key, [...open.filter((session) => !touched.includes(session)), merged]);
  }

  advance(watermarkMs: number): void {
    if (watermarkMs <= this.watermarkMs) return;
    const { latenessMs, mode } = this.options;
    const open = this.open();
    const fires = open
      .filter(({ endMs }) => endMs - 1 > this.watermarkMs)
      .map((session) => ({ session, atMs: session.endMs - 1, last: false }));
    const ends = open.map((session) => ({ session, atMs: session.endMs - 1 + latenessMs, last: true }));
    const events = [...fires, ...ends]
      .filter(({ atMs }) => atMs <= watermarkMs)
      .sort((a, b) => a.atMs - b.atMs || a.session.age - b.session.age || Number(a.last) - Number(b.last));
    for (const { session, last } of events) {
      if (last ? session.changed : mode === 'close' || (mode === 'interval' && session.changed)) this.emit(session);
    }
    this.watermarkMs = watermarkMs;
    for (const [key, sessions] of this.byKey) {
      const left = sessions.filter(({ endMs }) => endMs - 1 + latenessMs > watermarkMs);
      if (left.length > 0) this.byKey.set(key, left);
      else this.byKey.delete(key);
    }
  }

  flush(): void {
    for (const session of this.open().sort((a, b) => a.age - b.age)) if (session.changed) this.emit(session);
  }

  get highestEndMs(): number {
    return Math.max(Number.NEGATIVE_INFINITY, ...this.open().map(({ endMs }) => endMs));
  }

  get openRows(): number {
    return this.open().length;
  }

  /** What KEEP_ALL counts for the records of open sessions. */
  get cellBytes(): number {
    return this.open().reduce((size, { records }) => size + records.length * KEPT_BYTES, 0);
  }

  get hasChanges(): boolean {
    return this.open().some((session) => session.changed);
  }

  private open(): NaiveSession[] {
    return [...this.byKey.values()].flat();
  }

  private emit(session: NaiveSession): void {
    session.changed = false;
    const records = session.records.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
    this.emitted.push({ key: session.key, startMs: session.startMs, endMs: session.endMs, records });
  }
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
    // The shortest keys collide.
    keyHash: key.length === 1 ? key.charCodeAt(0) % 2 : Number(/\d+/.exec(key)?.[0]),
    inputs: Float64Array.of(id),
    scalarBytes: keyBytes,
    scalarStarts: new Int32Array(1),
    scalarEnds: new Int32Array(1),
  };
}

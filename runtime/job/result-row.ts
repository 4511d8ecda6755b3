// Result rows as bytes, written straight into the batch that is being built: no object and no string per row.
import type { AggregateSet } from '../aggregate/index.ts';
import type { Target } from '../scalar/index.ts';
import type { WindowRows } from '../window/index.ts';
import { KeyWriter } from './key-writer.ts';
import { writeInteger } from './write-integer.ts';

/** The part of a records builder that rows need. Bytes go to `buffer`, which is replaced when it grows. */
export interface RowSink {
  readonly buffer: Buffer;
  // oxlint-disable-next-line max-params -- the hot path makes no object per record
  beginRecord(timestampMs: number, key: Uint8Array, keyStart: number, keyEnd: number, valueLength: number): number;
  endRecord(valueEnd?: number): void;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const WINDOW_START = Buffer.from(',"windowStart":');
const WINDOW_END = Buffer.from(',"windowEnd":');
/** Both bounds and their names. */
const MAX_BOUNDS_BYTES = 80;

/**
 * Timestamp of a result record: the last millisecond of its window, but not later than anything seen (event time, or the watermark
 * that closed the window) nor than the wall clock, because brokers refuse timestamps far ahead; and not before 1970, because
 * Kafka has no such timestamps. A global window ends at +Infinity.
 */
export function resultTimestampMs(windowEndMs: number, highestSeenMs: number, wallClockMs: number): number {
  return Math.max(0, Math.min(windowEndMs - 1, highestSeenMs, wallClockMs));
}

export class ResultRowWriter {
  private readonly keys: KeyWriter;
  private readonly aggregates: AggregateSet;
  /** `,"views":` by aggregate. */
  private readonly names: readonly Buffer[];
  private readonly fixedBytes: number;
  private rows: WindowRows | null = null;
  /** `,"windowStart":0,"windowEnd":60000` of the last window; not used when bounds differ by row. */
  private bounds: Buffer = Buffer.alloc(0);
  private boundsStartMs = Number.NEGATIVE_INFINITY;
  private boundsEndMs = Number.NEGATIVE_INFINITY;
  /** What `writeKey` wrote last. */
  recordKey: Buffer = Buffer.alloc(256);
  private recordKeyEnd = 0;
  /** Row whose key that is. */
  private keyedRow = -1;

  /** `names[i]` is what aggregate i is called in rows. */
  constructor(options: { keyBy: readonly string[]; names: readonly string[]; aggregates: AggregateSet }) {
    this.keys = new KeyWriter(options.keyBy);
    this.aggregates = options.aggregates;
    this.names = options.names.map((name) => Buffer.from(`,${JSON.stringify(name)}:`));
    this.fixedBytes = 2 + MAX_BOUNDS_BYTES + this.names.reduce((sum, name) => sum + name.length, 0);
  }

  /** The rows of this table are written from now on. */
  begin(rows: WindowRows): void {
    this.rows = rows;
    this.keyedRow = -1;
    if (rows.starts !== null) return;
    const { startMs, endMs } = rows;
    if (Object.is(startMs, this.boundsStartMs) && Object.is(endMs, this.boundsEndMs)) return;
    this.boundsStartMs = startMs;
    this.boundsEndMs = endMs;
    // JSON has no NaN: the bounds of the global window are null.
    this.bounds = Buffer.from(
      JSON.stringify({ windowStart: startMs, windowEnd: endMs }).replace('{', ',').slice(0, -1),
    );
  }

  /** Puts the record key of a row into `recordKey[0, end)` and returns the end: it decides the partition. */
  writeKey(row: number): number {
    const { keyBytes, keyOffsets } = this.begun().table;
    const keyStart = keyOffsets[row]!;
    const keyRoom = this.keys.maxBytes(keyOffsets[row + 1]! - keyStart);
    if (keyRoom > this.recordKey.length) this.recordKey = Buffer.alloc(keyRoom * 2);
    this.keyedRow = row;
    this.recordKeyEnd = this.keys.writeRecordKey(keyBytes, keyStart, { to: this.recordKey, at: 0 });
    return this.recordKeyEnd;
  }

  /** Appends `{<keys>,"windowStart":…,"windowEnd":…,<aggregates>}` under the row's key. */
  write(row: number, sink: RowSink, timestampMs: number): void {
    const { names, aggregates } = this;
    const { table, starts, ends } = this.begun();
    const { keyBytes, keyOffsets } = table;
    const keyStart = keyOffsets[row]!;
    const keyEnd = this.keyedRow === row ? this.recordKeyEnd : this.writeKey(row);
    let room = this.fixedBytes + this.keys.maxBytes(keyOffsets[row + 1]! - keyStart);
    for (let i = 0; i < names.length; i++) room += aggregates.maxResultBytes(table, i, row);

    let at = sink.beginRecord(timestampMs, this.recordKey, 0, keyEnd, room);
    const to = sink.buffer;
    to[at++] = OPEN;
    at = this.keys.writeFields(keyBytes, keyStart, { to, at });
    if (starts === null || ends === null) at = append(this.bounds, to, at);
    else at = writeBounds(starts[row]!, ends[row]!, { to, at });
    for (let i = 0; i < names.length; i++) {
      at = append(names[i]!, to, at);
      at = aggregates.writeResult(table, i, row, to, at);
    }
    to[at++] = CLOSE;
    sink.endRecord(at);
  }

  private begun(): WindowRows {
    if (this.rows === null) throw new Error('begin() tells the writer whose rows it writes; it was not called.');
    return this.rows;
  }
}

function writeBounds(startMs: number, endMs: number, { to, at }: Target): number {
  const afterStart = writeInteger(to, append(WINDOW_START, to, at), startMs);
  return writeInteger(to, append(WINDOW_END, to, afterStart), endMs);
}

function append(from: Buffer, to: Buffer, at: number): number {
  let out = at;
  for (let i = 0; i < from.length; i++) to[out++] = from[i]!;
  return out;
}

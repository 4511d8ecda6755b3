// Result rows as bytes, written straight into the batch that is being built: no object and no string per row.
import { type AggregateSet, MAX_RESULT_BYTES, writeResult } from '../aggregate/index.ts';
import type { KeyTable } from '../state/index.ts';
import { KeyWriter } from './key-writer.ts';

/** The part of a records builder that rows need. Bytes go to `buffer`, which is replaced when it grows. */
export interface RowSink {
  readonly buffer: Buffer;
  // oxlint-disable-next-line max-params -- the hot path makes no object per record
  beginRecord(timestampMs: number, key: Uint8Array, keyStart: number, keyEnd: number, valueLength: number): number;
  endRecord(valueEnd?: number): void;
}

/** A closed window whose rows are to be written. */
export interface ClosedPane {
  readonly startMs: number;
  readonly endMs: number;
  readonly table: KeyTable;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Timestamp of a result record: the last millisecond of its window, but not later than anything seen (event time, or the watermark
 * that closed the window) nor than the wall clock, because brokers refuse timestamps far ahead; and not before 1970, because
 * Kafka has no such timestamps.
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
  /** `,"windowStart":0,"windowEnd":60000` of the window written last. */
  private bounds: Buffer = Buffer.alloc(0);
  private boundsOf: ClosedPane | null = null;
  /** What `writeKey` wrote last. */
  recordKey: Buffer = Buffer.alloc(256);

  /** `names[i]` is what aggregate i is called in rows. */
  constructor(options: { keyBy: readonly string[]; names: readonly string[]; aggregates: AggregateSet }) {
    this.keys = new KeyWriter(options.keyBy);
    this.aggregates = options.aggregates;
    this.names = options.names.map((name) => Buffer.from(`,${JSON.stringify(name)}:`));
    this.fixedBytes = 2 + this.names.reduce((sum, name) => sum + name.length + MAX_RESULT_BYTES, 0);
  }

  /** Puts the record key of a row into `recordKey[0, end)` and returns the end: it decides the partition. */
  writeKey(pane: ClosedPane, row: number): number {
    const { keyBytes, keyOffsets } = pane.table;
    const keyStart = keyOffsets[row]!;
    const keyRoom = this.keys.maxBytes(keyOffsets[row + 1]! - keyStart);
    if (keyRoom > this.recordKey.length) this.recordKey = Buffer.alloc(keyRoom * 2);
    return this.keys.writeRecordKey(keyBytes, keyStart, { to: this.recordKey, at: 0 });
  }

  /** Appends `{<keys>,"windowStart":…,"windowEnd":…,<aggregates>}` under the row's key. */
  write(pane: ClosedPane, row: number, sink: RowSink, timestampMs: number): void {
    if (pane !== this.boundsOf) {
      this.boundsOf = pane;
      this.bounds = Buffer.from(`,"windowStart":${pane.startMs},"windowEnd":${pane.endMs}`);
    }
    const { bounds, names, aggregates } = this;
    const { keyBytes, keyOffsets } = pane.table;
    const keyStart = keyOffsets[row]!;
    const keyRoom = this.keys.maxBytes(keyOffsets[row + 1]! - keyStart);
    const keyEnd = this.writeKey(pane, row);

    let at = sink.beginRecord(timestampMs, this.recordKey, 0, keyEnd, this.fixedBytes + keyRoom + bounds.length);
    const to = sink.buffer;
    to[at++] = OPEN;
    at = this.keys.writeFields(keyBytes, keyStart, { to, at });
    at = append(bounds, to, at);
    for (let i = 0; i < names.length; i++) {
      at = append(names[i]!, to, at);
      at = writeResult(to, at, aggregates.result(pane.table, i, row));
    }
    to[at++] = CLOSE;
    sink.endRecord(at);
  }
}

function append(from: Buffer, to: Buffer, at: number): number {
  let out = at;
  for (let i = 0; i < from.length; i++) to[out++] = from[i]!;
  return out;
}

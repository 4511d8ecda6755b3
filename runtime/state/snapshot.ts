// The state of one task at one offset of its log, as bytes. A checkpoint is only a cache of the fold, so a snapshot that is not
// believed costs a replay, never a wrong result: anything doubtful is refused.
//
// Version 2, little-endian: "SJST" | version u8 | plan hash u32 | task text | offset f64 | highest event time f64 | watermark f64 |
// sources u32, each flags u8 (1 announced, 2 idle, 4 quiet) + watermark f64 | counters u32, each name text + f64 |
// epoch f64 | flushed epoch f64 | fired windows u32, each start f64 + end f64 + epoch f64 |
// panes u32, each start f64 + bytes f64 + table (table-codec) | CRC-32C.
import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import type { TableLayout } from './columns.ts';
import type { KeyTable } from './key-table.ts';
import { planHashNumber, planHashText } from './shuffle-block.ts';
import { encodedSizeBound, readTable, writeTable } from './table-codec.ts';

export const SNAPSHOT_FORMAT = 2;

/** What a source partition had announced; null: nothing yet. */
export interface SourceSnapshot {
  readonly watermarkMs: number;
  readonly idle: boolean;
  readonly quiet: boolean;
}

export interface TaskSnapshot {
  /** 8 hex digits. */
  readonly planHash: string;
  readonly taskId: string;
  /** Next offset to fold. */
  readonly offset: number;
  /** −Infinity before the first record. */
  readonly maxEventTimeMs: number;
  /** What the windows were advanced to. */
  readonly watermarkMs: number;
  /** Aggregate tasks: by source partition. Direct tasks: empty. */
  readonly sources: readonly (SourceSnapshot | null)[];
  /** Counts that go on after a restore, by name. */
  readonly counters: Readonly<Record<string, number>>;
  /** Panes in order of start. Sessions: one table, start 0. */
  readonly panes: readonly { readonly startMs: number; readonly table: KeyTable }[];
  /** Rises with every fire and flush; rows carry the epoch of their last change where the layout says so. */
  readonly epoch: number;
  /** Rows changed from this epoch on have not been flushed. */
  readonly flushedEpoch: number;
  /** Windows that have fired and still take late records; `epoch`: rows changed from then on are late changes. */
  readonly fired: readonly { readonly startMs: number; readonly endMs: number; readonly epoch: number }[];
}

const MAGIC = 0x54534a53;
const ANNOUNCED = 1;
const IDLE = 2;
const QUIET = 4;

/** Shares nothing with the state, which may change as soon as this returns. */
export function encodeSnapshot(snapshot: TaskSnapshot): Buffer {
  const writer = new ByteWriter(snapshot.panes.reduce((sum, pane) => sum + encodedSizeBound(pane.table) + 16, 4096));
  writer.u32(MAGIC);
  writer.u8(SNAPSHOT_FORMAT);
  writer.u32(planHashNumber(snapshot.planHash));
  writer.text(snapshot.taskId);
  writer.f64(snapshot.offset);
  writer.f64(snapshot.maxEventTimeMs);
  writer.f64(snapshot.watermarkMs);
  writer.u32(snapshot.sources.length);
  for (const source of snapshot.sources) {
    writer.u8(source === null ? 0 : ANNOUNCED | (source.idle ? IDLE : 0) | (source.quiet ? QUIET : 0));
    writer.f64(source?.watermarkMs ?? Number.NEGATIVE_INFINITY);
  }
  const counters = Object.entries(snapshot.counters);
  writer.u32(counters.length);
  for (const [name, value] of counters) {
    writer.text(name);
    writer.f64(value);
  }
  writer.f64(snapshot.epoch);
  writer.f64(snapshot.flushedEpoch);
  writer.u32(snapshot.fired.length);
  for (const { startMs, endMs, epoch } of snapshot.fired) {
    writer.f64(startMs);
    writer.f64(endMs);
    writer.f64(epoch);
  }
  writer.u32(snapshot.panes.length);
  for (const { startMs, table } of snapshot.panes) {
    writer.f64(startMs);
    const sizeAt = writer.length;
    writer.f64(0);
    writeTable(writer, table);
    writer.patchF64(sizeAt, writer.length - sizeAt - 8);
  }
  writer.checksum();
  return writer.take();
}

/** The inverse of `encodeSnapshot`. Throws `CorruptStateError` for anything but a whole snapshot of this version and layout. */
export function decodeSnapshot(bytes: Buffer, layout: TableLayout, what = 'checkpoint'): TaskSnapshot {
  const reader = new ByteReader(what).open(bytes);
  reader.verifyChecksum();
  if (reader.u32() !== MAGIC) reader.fail('it does not begin as a snapshot does');
  const version = reader.u8();
  if (version !== SNAPSHOT_FORMAT) reader.fail(`format is version ${version}, this build reads ${SNAPSHOT_FORMAT}`);
  const planHash = planHashText(reader.u32());
  const taskId = reader.text();
  const offset = reader.f64();
  const maxEventTimeMs = reader.f64();
  const watermarkMs = reader.f64();
  const sources = reader.list(() => readSource(reader));
  const counters = Object.fromEntries(reader.list(() => [reader.text(), reader.f64()] as const));
  const epoch = reader.f64();
  const flushedEpoch = reader.f64();
  const fired = reader.list(() => ({ startMs: reader.f64(), endMs: reader.f64(), epoch: reader.f64() }));
  const panes = reader.list(() => {
    const startMs = reader.f64();
    const size = reader.f64();
    return { startMs, table: reader.within(size, () => readTable(reader, layout)) };
  });
  reader.finish();
  return {
    planHash,
    taskId,
    offset,
    maxEventTimeMs,
    watermarkMs,
    sources,
    counters,
    epoch,
    flushedEpoch,
    fired,
    panes,
  };
}

function readSource(reader: ByteReader): SourceSnapshot | null {
  const flags = reader.u8();
  const watermarkMs = reader.f64();
  if ((flags & ANNOUNCED) === 0) return null;
  return { watermarkMs, idle: (flags & IDLE) !== 0, quiet: (flags & QUIET) !== 0 };
}

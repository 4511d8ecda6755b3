import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type KeyTable,
  type PartialsSection,
  RowPartitioner,
  SECTION_END,
  ShuffleBlockReader,
  ShuffleBlockWriter,
} from '../../state/index.ts';
import { PartitionWatermark } from '../partition-watermark.ts';
import { SourceWatermarks } from '../source-watermarks.ts';
import { LATE, TAKEN } from '../windows.ts';
import { fragmentLayout, sessionColumns, sessionLayout } from './layouts.ts';
import { type Emitted, into, KEEP_ALL, type NaiveOptions, recordOf } from './naive-sessions.cases.ts';
import type { OriginalRecord } from './original-record.ts';
import { SessionFragments } from './session-fragments.ts';
import { SessionWindows } from './session-windows.ts';

interface Item {
  readonly key: string;
  /** After the time of the record before. */
  readonly stepMs: number;
  /** A record that only moves the watermark. */
  readonly filtered: boolean;
  /** It has to be judged by itself. */
  readonly alone: boolean;
  /** A commit follows; the windows flush. */
  readonly cut: boolean;
  /** The aggregate task is restored from its own snapshot after the commit. */
  readonly restore: boolean;
}

interface Outcome {
  readonly emitted: readonly Emitted[];
  /** Numbers of the records that were late. */
  readonly late: readonly number[];
  readonly watermarkMs: number;
}

interface Settings extends NaiveOptions {
  readonly maxOutOfOrdernessMs: number;
}

const END_MS = Number.POSITIVE_INFINITY;
const COLUMNS = sessionColumns(KEEP_ALL);

function newSessions({ gapMs, latenessMs, mode }: NaiveOptions): SessionWindows {
  return new SessionWindows({
    gapMs,
    allowedLatenessMs: latenessMs,
    emit: mode === 'interval' ? { mode, everyMs: 1 } : { mode },
    aggregates: KEEP_ALL,
    layout: sessionLayout(KEEP_ALL, { epochs: mode !== 'close' || latenessMs > 0 }),
  });
}

function newFragments(gapMs: number): SessionFragments {
  return new SessionFragments({ gapMs, aggregates: KEEP_ALL, layout: fragmentLayout(KEEP_ALL, { originals: true }) });
}

function originalOf(offset: number): OriginalRecord {
  const key = offset % 3 === 0 ? null : Buffer.from('k'.repeat(offset % 4));
  return { offset, timestampMs: -1, key, value: Buffer.from(`{"id":${offset}}`), headers: [{ key: 'h', value: null }] };
}

/** The rows as they arrive, in blocks that are small enough to cut them. */
function* sent(table: KeyTable): Generator<PartialsSection> {
  const partitioner = new RowPartitioner(1);
  partitioner.split(table);
  const writer = new ShuffleBlockWriter({ planHash: '00000001', sourcePartition: 0, maxBytes: 300 });
  const { rows } = partitioner;
  writer.appendPartials({ paneStartMs: 0, maxEventTimeMs: 0, table, rows, from: 0, to: table.rowCount });
  writer.finish();
  const reader = new ShuffleBlockReader({ layout: table.layout, inputCount: 1 });
  for (const [block, start] of writer.starts.entries()) {
    reader.open(writer.buffer, start, writer.ends[block]!);
    while (reader.next() !== SECTION_END) yield reader.partials;
  }
}

/** What a direct task does. */
function recordByRecord(items: readonly Item[], settings: Settings): Outcome {
  const windows = newSessions(settings);
  const watermark = new PartitionWatermark(settings.maxOutOfOrdernessMs);
  const emitted: Emitted[] = [];
  const late: number[] = [];
  let timeMs = 0;
  for (const [id, item] of items.entries()) {
    timeMs += item.stepMs;
    if (!item.filtered && windows.add(recordOf(item.key, timeMs, id)) === LATE) late.push(id);
    watermark.observe(timeMs);
    windows.advance(watermark.watermarkMs, into(emitted));
    if (item.cut) windows.flush(into(emitted));
  }
  windows.advance(END_MS, into(emitted));
  return { emitted, late, watermarkMs: watermark.watermarkMs };
}

/** What an ingest and an aggregate task do, with one source partition. */
function byFragments(items: readonly Item[], settings: Settings): Outcome & { readonly rows: number } {
  let windows = newSessions(settings);
  const fragments = newFragments(settings.gapMs);
  const watermark = new PartitionWatermark(settings.maxOutOfOrdernessMs);
  const sources = new SourceWatermarks();
  sources.announce({
    partition: 0,
    watermarkMs: Number.NEGATIVE_INFINITY,
    idle: false,
    quiet: false,
    partitionCount: 1,
  });
  const emitted: Emitted[] = [];
  const late: number[] = [];
  let rows = 0;
  const commit = (): void => {
    for (const partials of sent(fragments.table)) {
      rows += partials.rowCount;
      const before = windows.watermarksBefore(partials);
      for (let row = 0; row < partials.rowCount; row++) {
        if (sources.raise(0, before[row]!)) windows.advance(sources.watermarkMs, into(emitted));
        const outcome = windows.mergeRow(partials, row);
        const bounds = [partials.columns[COLUMNS.start]![row]!, partials.columns[COLUMNS.end]![row]!];
        expect([windows.missedCount, windows.missedBounds]).toEqual(outcome === TAKEN ? [0, []] : [1, bounds]);
        if (outcome === TAKEN) continue;
        const original = partials.cells[COLUMNS.original]![row] as OriginalRecord | null;
        late.push(original?.offset ?? Number.NaN);
      }
    }
    fragments.clear();
    if (sources.raise(0, watermark.watermarkMs)) windows.advance(sources.watermarkMs, into(emitted));
  };
  let timeMs = 0;
  for (const [id, item] of items.entries()) {
    timeMs += item.stepMs;
    if (!item.filtered) {
      fragments.add(recordOf(item.key, timeMs, id), {
        offset: id,
        watermarkMs: watermark.watermarkMs,
        alone: item.alone,
        original: () => originalOf(id),
      });
    }
    watermark.observe(timeMs);
    if (!item.cut) continue;
    commit();
    windows.flush(into(emitted));
    if (!item.restore) continue;
    const next = newSessions(settings);
    next.watermarkMs = windows.watermarkMs;
    next.restore(windows.snapshot());
    windows = next;
  }
  commit();
  windows.advance(END_MS, into(emitted));
  return { emitted, late, watermarkMs: watermark.watermarkMs, rows };
}

function items(maxStepMs: number): fc.Arbitrary<Item[]> {
  return fc.array(
    fc.record({
      key: fc.constantFrom('a', 'a', 'b', 'c'),
      stepMs: fc.integer({ min: -maxStepMs, max: maxStepMs + 2 }),
      filtered: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      alone: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      cut: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      restore: fc.boolean(),
    }),
    { maxLength: 50 },
  );
}

function settings(maxMs: number): fc.Arbitrary<Settings> {
  return fc.record({
    gapMs: fc.integer({ min: 1, max: maxMs }),
    latenessMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: maxMs * 2 })),
    mode: fc.constantFrom('close', 'update', 'interval'),
    maxOutOfOrdernessMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: maxMs * 2 })),
  });
}

interface Run {
  readonly startMs: number;
  readonly endMs: number;
  readonly watermarkBeforeMs: number;
  readonly records: number;
  /** Offset of the original that it carries. */
  readonly original: number | null;
}

/** Runs of one key; `alone` as the caller demands it, all others are judged by the watermark. Gap 10. */
function runsOf(records: readonly { timeMs: number; watermarkMs: number; alone?: boolean }[]): Run[] {
  const fragments = newFragments(10);
  const { table } = fragments;
  for (const [offset, { timeMs, watermarkMs, alone = false }] of records.entries()) {
    const original = (): OriginalRecord => originalOf(offset);
    fragments.add(recordOf('a', timeMs, offset), { offset, watermarkMs, alone, original });
  }
  return Array.from({ length: table.rowCount }, (_, row) => ({
    startMs: table.columns[COLUMNS.start]![row]!,
    endMs: table.columns[COLUMNS.end]![row]!,
    watermarkBeforeMs: table.columns[COLUMNS.watermarkBefore]![row]!,
    records: table.recordCounts[row]!,
    original: (table.cells[COLUMNS.original]![row] as OriginalRecord | null)?.offset ?? null,
  }));
}

describe('SessionFragments', () => {
  test.each<[string, Parameters<typeof runsOf>[0], readonly Partial<Run>[]]>([
    [
      'records within the gap are one run, which says what the watermark was before the first',
      [
        { timeMs: 0, watermarkMs: -5 },
        { timeMs: 10, watermarkMs: -1 },
        { timeMs: 15, watermarkMs: 8 },
      ],
      [{ startMs: 0, endMs: 25, watermarkBeforeMs: -5, records: 3, original: null }],
    ],
    [
      'one millisecond more begins another',
      [
        { timeMs: 0, watermarkMs: -5 },
        { timeMs: 11, watermarkMs: -1 },
      ],
      [{ endMs: 10 }, { startMs: 11, watermarkBeforeMs: -1 }],
    ],
    [
      'a run that its partition has closed takes nothing more',
      [
        { timeMs: 0, watermarkMs: -5 },
        { timeMs: 10, watermarkMs: 9 },
      ],
      [{ endMs: 10 }, { startMs: 10, watermarkBeforeMs: 9 }],
    ],
    [
      'a record before the run joins it only when no session can have fired that it may touch',
      [
        { timeMs: 20, watermarkMs: -5 },
        { timeMs: 13, watermarkMs: 11 },
        { timeMs: 12, watermarkMs: 11 },
      ],
      [
        { startMs: 13, endMs: 30, watermarkBeforeMs: -5, records: 2 },
        { startMs: 12, endMs: 22, watermarkBeforeMs: 11, records: 1, original: null },
      ],
    ],
    [
      'a late record stands alone with its original, unless its run is open',
      [
        { timeMs: 0, watermarkMs: -5 },
        { timeMs: 8, watermarkMs: -1 },
        { timeMs: 0, watermarkMs: 9 },
        { timeMs: -1, watermarkMs: 9 },
        { timeMs: -1, watermarkMs: 9 },
      ],
      [
        { startMs: 0, endMs: 18, records: 3, original: null },
        { startMs: -1, endMs: 9, records: 1, original: 3 },
        { startMs: -1, endMs: 9, records: 1, original: 4 },
      ],
    ],
    [
      'a record that has to be judged by itself neither joins a run nor takes others in',
      [
        { timeMs: 0, watermarkMs: -5 },
        { timeMs: 1, watermarkMs: -5, alone: true },
        { timeMs: 2, watermarkMs: -5 },
        { timeMs: 3, watermarkMs: -5 },
      ],
      [
        { startMs: 0, records: 1, original: null },
        { startMs: 1, records: 1, original: 1 },
        { startMs: 2, records: 2, original: null },
      ],
    ],
  ])('%s', (_, records, expected) => {
    expect(runsOf(records)).toMatchObject(expected);
  });

  test.each([2, 3, 5, 12])('cut anywhere, they give exactly what record by record gives (times %i apart)', (maxMs) => {
    fc.assert(
      fc.property(items(maxMs), settings(maxMs), (records, chosen) => {
        const { rows, ...outcome } = byFragments(records, chosen);
        expect(outcome).toEqual(recordByRecord(records, chosen));
        expect(rows).toBeLessThanOrEqual(records.length);
      }),
      { numRuns: 2500 },
    );
  });
});

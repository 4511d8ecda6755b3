import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyTable } from '../../state/index.ts';
import type { PartialRows } from '../keyed-input.ts';
import { PartitionWatermark } from '../partition-watermark.ts';
import { SourceWatermarks } from '../source-watermarks.ts';
import { LATE, TAKEN } from '../windows.ts';
import { fragmentLayout, sessionColumns, sessionLayout } from './layouts.ts';
import { type Emitted, into, KEEP_ALL, keptInRow, type NaiveOptions, recordOf } from './naive-sessions.cases.ts';
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

function partialsOf(table: KeyTable): PartialRows {
  return {
    paneStartMs: 0,
    rowCount: table.rowCount,
    buffer: table.keyBytes,
    keysStart: 0,
    keyOffsets: table.keyOffsets,
    hashes: table.hashes,
    columns: table.columns,
    cells: table.cells,
  };
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
    const partials = partialsOf(fragments.table);
    rows += partials.rowCount;
    const before = windows.watermarksBefore(partials);
    for (let row = 0; row < partials.rowCount; row++) {
      if (sources.raise(0, before[row]!)) windows.advance(sources.watermarkMs, into(emitted));
      const outcome = windows.mergeRow(partials, row);
      const bounds = [partials.columns[COLUMNS.start]![row]!, partials.columns[COLUMNS.end]![row]!];
      expect([windows.missedCount, windows.missedBounds]).toEqual(outcome === TAKEN ? [0, []] : [1, bounds]);
      if (outcome === LATE) late.push(...keptInRow(fragments.table, row).map(([, id]) => id));
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
        original: () => ({ offset: id, timestampMs: -1, key: null, value: null, headers: [] }),
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
      key: fc.constantFrom('a', 'b', 'c'),
      stepMs: fc.integer({ min: -maxStepMs, max: maxStepMs + 2 }),
      filtered: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      alone: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      cut: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      restore: fc.boolean(),
    }),
    { maxLength: 50 },
  );
}

const settings: fc.Arbitrary<Settings> = fc.record({
  gapMs: fc.integer({ min: 1, max: 8 }),
  latenessMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })),
  mode: fc.constantFrom('close', 'update', 'interval'),
  maxOutOfOrdernessMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 15 })),
});

describe('SessionFragments', () => {
  test.each([2, 6, 15])('cut anywhere, they give exactly what record by record gives (steps up to %i)', (maxStepMs) => {
    fc.assert(
      fc.property(items(maxStepMs), settings, (records, chosen) => {
        const { rows, ...outcome } = byFragments(records, chosen);
        expect(outcome).toEqual(recordByRecord(records, chosen));
        expect(rows).toBeLessThanOrEqual(records.length);
      }),
      { numRuns: 1000 },
    );
  });
});

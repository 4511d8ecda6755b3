import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResolvedEmit } from '../../crds/index.ts';
import { AggregateSet } from '../aggregate/index.ts';
import { ScalarWriter } from '../scalar/index.ts';
import { decodeTable, encodeTable, KeyTable, KeyTablePool, type TableLayout } from '../state/index.ts';
import { createWindows, type TaskWindows } from './create-windows.ts';
import type { KeyedInput, PartialRows } from './keyed-input.ts';
import { type NaiveOptions, type NaiveRecord, type NaiveRow, NaiveWindows } from './naive-windows.cases.ts';
import { createPaneLayout, type PaneWindow } from './pane-layout.ts';
import { PaneWindows, tracksChanges } from './pane-windows.ts';
import type { MergeTuning } from './window-merger.ts';
import { LATE, PARTLY_LATE, type PanedWindows, TAKEN, type WindowRows } from './windows.ts';

const newAggregates = (): AggregateSet =>
  new AggregateSet([{ fn: 'count' }, { fn: 'sum' }, { fn: 'max' }, { fn: 'topK', k: 3 }, { fn: 'countDistinct' }]);

function layoutOf(options: NaiveOptions, provenance = false): TableLayout {
  const { columns, cells } = newAggregates();
  return { columns, cells, provenance, epochs: !provenance && tracksChanges(options) };
}

function inputOf({ key, timeMs, value }: NaiveRecord): KeyedInput {
  const scalar = new ScalarWriter();
  scalar.encodeNumber(value);
  return {
    eventTimeMs: timeMs,
    keyBytes: Buffer.from(`<${key}>`),
    keyStart: 1,
    keyEnd: 1 + Buffer.byteLength(key),
    keyHash: key.length * 77,
    inputs: Float64Array.of(1, value, value, value, 1),
    scalarBytes: scalar.bytes,
    scalarStarts: Int32Array.of(0, 0, 0, 0, 0),
    scalarEnds: Int32Array.of(0, 0, 0, 0, scalar.length),
  };
}

const expectedOf = ({ startMs, endMs, key, values }: NaiveRow): string =>
  [
    Number.isFinite(startMs) ? `[${startMs}, ${endMs})` : 'global',
    key,
    values.length,
    values.reduce((sum, value) => sum + value, 0),
    Math.max(...values),
    JSON.stringify(values.toSorted((a, b) => b - a).slice(0, 3)),
    new Set(values).size,
  ].join(' ');

function rowsOf({ table, rows, count, startMs, endMs }: WindowRows, aggregates: AggregateSet): string[] {
  const to = Buffer.alloc(4096);
  return Array.from({ length: count }, (_, i) => {
    const row = rows === null ? i : rows[i]!;
    const results = aggregates.specs.map((__, index) =>
      to.toString('utf8', 0, aggregates.writeResult(table, index, row, to, 0)),
    );
    const key = table.keyBytes.toString('utf8', table.keyOffsets[row], table.keyOffsets[row + 1]);
    return [Number.isNaN(startMs) ? 'global' : `[${startMs}, ${endMs})`, key, ...results].join(' ');
  });
}

function partialsOf(records: readonly NaiveRecord[], options: NaiveOptions): PartialRows {
  const aggregates = newAggregates();
  const table = new KeyTable(layoutOf(options, true));
  for (const record of records) {
    const input = inputOf(record);
    aggregates.add(table, table.upsert(input.keyBytes, input.keyStart, input.keyEnd, input.keyHash), input);
  }
  const { rowCount, keyBytes, keyOffsets, hashes, columns, cells } = table;
  const paneStartMs = createPaneLayout(options.window).paneStart(records[0]!.timeMs);
  return { paneStartMs, rowCount, buffer: keyBytes, keysStart: 0, keyOffsets, hashes, columns, cells };
}

/** Real windows and naive ones side by side. */
class Pair {
  readonly naive: NaiveWindows;
  readonly emitted: string[] = [];
  private readonly options: NaiveOptions;
  private readonly tuning: MergeTuning | null;
  private aggregates = newAggregates();
  private windows: PanedWindows;
  private checked = 0;
  private watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(options: NaiveOptions, tuning: MergeTuning | null = null) {
    this.options = options;
    this.tuning = tuning;
    this.naive = new NaiveWindows(options);
    this.windows = this.newWindows();
  }

  add(record: NaiveRecord): void {
    this.judge(this.naive.add(record), this.windows.add(inputOf(record)));
  }

  /** The records as one pre-aggregate of the first one's pane. */
  addPartials(records: readonly NaiveRecord[]): void {
    const layout = createPaneLayout(this.options.window);
    const pane = layout.paneStart(records[0]!.timeMs);
    const inPane = records.filter(({ timeMs }) => layout.paneStart(timeMs) === pane);
    const partials = partialsOf(inPane, this.options);
    const late: number[] = [];
    const outcome = this.windows.mergePartials(partials, (row) => late.push(row));
    for (const record of inPane) this.judge(this.naive.add(record), outcome);
    expect(late).toEqual(outcome === LATE ? Array.from({ length: partials.rowCount }, (_, row) => row) : []);
  }

  advance(watermarkMs: number): void {
    this.naive.advance(watermarkMs);
    this.advanceUnchecked(watermarkMs);
    this.check();
  }

  addUnjudged(record: NaiveRecord): void {
    this.windows.add(inputOf(record));
  }

  advanceUnchecked(watermarkMs: number): void {
    this.windows.advance(watermarkMs, (rows) => this.emitted.push(...rowsOf(rows, this.aggregates)));
    this.watermarkMs = Math.max(this.watermarkMs, watermarkMs);
  }

  flush(): void {
    const hadChanges = this.windows.hasChanges;
    const before = this.emitted.length;
    this.naive.flush();
    this.windows.flush((rows) => this.emitted.push(...rowsOf(rows, this.aggregates)));
    expect(hadChanges || this.emitted.length === before).toBe(true);
    expect(this.windows.hasChanges).toBe(false);
    this.check();
  }

  restore(): void {
    const snapshot = this.windows.snapshot();
    const layout = layoutOf(this.options);
    const panes = snapshot.panes.map(({ startMs, table }) => ({
      startMs,
      table: decodeTable(encodeTable(table), layout),
    }));
    expect(panes.map(({ startMs }) => startMs)).toEqual(panes.map(({ startMs }) => startMs).toSorted((a, b) => a - b));
    this.windows = this.newWindows();
    this.windows.watermarkMs = this.watermarkMs;
    this.windows.restore({ ...snapshot, panes });
  }

  private judge({ missed, taken }: { missed: readonly number[]; taken: number }, outcome: number): void {
    const expected = taken === 0 ? LATE : missed.length > 0 ? PARTLY_LATE : TAKEN;
    expect(outcome).toBe(expected);
    const reported = outcome === TAKEN ? [0] : [this.windows.missedCount, ...this.windows.missedBounds];
    expect(reported).toEqual([missed.length / 2, ...missed]);
  }

  private check(): void {
    const { rows } = this.naive;
    expect(this.emitted.slice(this.checked)).toEqual(rows.slice(this.checked).map(expectedOf));
    this.checked = rows.length;
    const ends = [...this.naive.windows.values()].map(({ endMs }) => endMs).filter(Number.isFinite);
    expect(this.windows.highestEndMs).toBe(Math.max(Number.NEGATIVE_INFINITY, ...ends));
    expect([this.windows.openRows > 0, this.windows.sizeBytes >= 0]).toEqual([this.naive.windows.size > 0, true]);
  }

  private newWindows(): PanedWindows {
    this.aggregates = newAggregates();
    const { aggregates, tuning } = this;
    const layout = layoutOf(this.options);
    if (tuning !== null) {
      const pool = new KeyTablePool(layout);
      return new PaneWindows({
        ...this.options,
        layout: createPaneLayout(this.options.window),
        aggregates,
        pool,
        tuning,
      });
    }
    const windows: TaskWindows = createWindows({ ...this.options, aggregates, layout });
    if (windows.kind !== 'panes') throw new Error('these are no sessions');
    return windows;
  }
}

const record = fc.record({
  key: fc.constantFrom('a', 'b', 'cc', 'dd', 'eee'),
  timeMs: fc.integer({ min: -40, max: 60 }),
  value: fc.integer({ min: -5, max: 5 }),
});
const step = fc.oneof(
  { weight: 8, arbitrary: record.map((added) => ({ kind: 'add' as const, added })) },
  {
    weight: 2,
    arbitrary: fc.array(record, { minLength: 1, maxLength: 8 }).map((added) => ({ kind: 'partials' as const, added })),
  },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 9 }).map((riseMs) => ({ kind: 'advance' as const, riseMs })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restore' as const }) },
);

const tumbling: PaneWindow = { kind: 'tumbling', sizeMs: 10, offsetMs: -3 };
const windows: readonly [string, PaneWindow][] = [
  ['tumbling', tumbling],
  ['sliding, slide divides size', { kind: 'sliding', sizeMs: 12, slideMs: 3, offsetMs: 1 }],
  ['sliding, slide does not divide size', { kind: 'sliding', sizeMs: 10, slideMs: 4, offsetMs: 0 }],
  ['sliding by single milliseconds', { kind: 'sliding', sizeMs: 40, slideMs: 1, offsetMs: 0 }],
  ['sliding by its size', { kind: 'sliding', sizeMs: 10, slideMs: 10, offsetMs: 5 }],
  ['cumulative', { kind: 'cumulative', sizeMs: 20, stepMs: 5, offsetMs: 2 }],
  ['global', { kind: 'global' }],
];
const emits: readonly ResolvedEmit[] = [{ mode: 'close' }, { mode: 'update' }, { mode: 'interval', everyMs: 1 }];

describe('windows of panes do what the rules say, record by record, in one order, across restores', () => {
  for (const [name, window] of windows)
    for (const emit of emits) {
      // Refused by validation: it would never give anything out.
      if (window.kind === 'global' && emit.mode === 'close') continue;
      test(`${name}, ${emit.mode}`, () => {
        fc.assert(
          fc.property(
            fc.array(step, { maxLength: 80 }),
            fc.constantFrom(0, 0, 1, 7, 25),
            fc.nat({ max: 20 }),
            (steps, allowedLatenessMs, behindMs) => {
              const pair = new Pair({ window, allowedLatenessMs, emit });
              let watermarkMs = -40 - behindMs;
              for (const next of steps) {
                if (next.kind === 'add') pair.add(next.added);
                else if (next.kind === 'partials') pair.addPartials(next.added);
                else if (next.kind === 'flush') pair.flush();
                else if (next.kind === 'restore') pair.restore();
                else pair.advance((watermarkMs += next.riseMs));
              }
              pair.advance(30);
              pair.flush();
              pair.advance(Number.POSITIVE_INFINITY);
              pair.flush();
            },
          ),
          { numRuns: 60 },
        );
      });
    }
});

const tunings: readonly MergeTuning[] = [
  { maxEnds: 32, minRepeats: 0 },
  { maxEnds: 3, minRepeats: 0 },
  { maxEnds: 32, minRepeats: 2 },
];

describe('long runs in order, where windows come from running aggregates', () => {
  test.each([
    ['four panes per window', { kind: 'sliding', sizeMs: 12, slideMs: 3, offsetMs: 1 }],
    ['two panes per slide', { kind: 'sliding', sizeMs: 10, slideMs: 4, offsetMs: 0 }],
    ['more windows at a time than are kept merged', { kind: 'sliding', sizeMs: 40, slideMs: 1, offsetMs: 0 }],
  ] as const)('%s', (_, window) => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ key: fc.nat({ max: 12 }), riseMs: fc.nat({ max: 2 }), behindMs: fc.nat({ max: 6 }) }), {
          minLength: 60,
          maxLength: 160,
        }),
        fc.constantFrom(0, 0, 4),
        fc.integer({ min: 20, max: 100 }),
        fc.constantFrom(...tunings),
        (items, allowedLatenessMs, restoreAt, tuning) => {
          const pair = new Pair({ window, allowedLatenessMs, emit: { mode: 'close' } }, tuning);
          let nowMs = -50;
          for (const [index, { key, riseMs, behindMs }] of items.entries()) {
            nowMs += riseMs;
            if (index === restoreAt) pair.restore();
            // Mostly in order; a record behind the watermark changes panes that have been merged.
            const timeMs = index % 9 === 0 ? nowMs - behindMs : nowMs;
            pair.add({ key: `user-${Math.floor(nowMs / 10)}-${key}`, timeMs, value: key - 3 });
            pair.advance(nowMs - 1);
          }
          pair.advance(Number.POSITIVE_INFINITY);
        },
      ),
      { numRuns: 15 },
    );
  });
});

test('the last digits of floating-point sums do not depend on restores', () => {
  const options = {
    window: { kind: 'sliding', sizeMs: 12, slideMs: 3, offsetMs: 0 },
    allowedLatenessMs: 0,
    emit: { mode: 'close' },
  } as const;
  fc.assert(
    fc.property(
      fc.array(fc.record({ key: fc.constantFrom('a', 'b'), value: fc.double({ min: -1, max: 1, noNaN: true }) }), {
        minLength: 40,
        maxLength: 80,
      }),
      fc.array(fc.nat({ max: 79 })),
      (items, restoresAt) => {
        const run = (restores: readonly number[]): string[] => {
          const pair = new Pair(options, tunings[0]);
          for (const [index, { key, value }] of items.entries()) {
            if (restores.includes(index)) pair.restore();
            pair.addUnjudged({ key, timeMs: index - (index % 7 === 0 ? 3 : 0), value });
            pair.advanceUnchecked(index - 1);
          }
          return pair.emitted;
        };
        expect(run(restoresAt)).toEqual(run([]));
      },
    ),
    { numRuns: 40 },
  );
});

describe('tumbling windows that come out once', () => {
  test('a late record names the window it missed; a window restored twice is refused', () => {
    const aggregates = newAggregates();
    const layout = layoutOf({ window: tumbling, allowedLatenessMs: 0, emit: { mode: 'close' } });
    const of = createWindows({ window: tumbling, allowedLatenessMs: 0, emit: { mode: 'close' }, aggregates, layout });
    of.advance(6, () => undefined);
    expect([of.add(inputOf({ key: 'a', timeMs: 6, value: 1 })), of.missedCount, of.missedBounds]).toEqual([
      LATE,
      1,
      [-3, 7],
    ]);
    const panes = [
      { startMs: 7, table: new KeyTable(layout) },
      { startMs: 7, table: new KeyTable(layout) },
    ];
    expect(() => of.restore({ panes, epoch: 0, flushedEpoch: 0, fired: [] })).toThrow(/restored twice/);
  });

  test('windows that emit changes refuse tables without epochs', () => {
    const { columns, cells } = newAggregates();
    expect(() =>
      createWindows({
        window: tumbling,
        allowedLatenessMs: 1,
        emit: { mode: 'close' },
        aggregates: newAggregates(),
        layout: { columns, cells, provenance: false, epochs: false },
      }),
    ).toThrow(/epochs/);
  });
});

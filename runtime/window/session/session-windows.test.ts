import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inputsOf, item } from '../../aggregate/aggregate-world.cases.ts';
import { AggregateSet, type AggregateSpec } from '../../aggregate/index.ts';
import { KeyTable } from '../../state/index.ts';
import type { KeyedInput } from '../keyed-input.ts';
import { LATE, TAKEN } from '../windows.ts';
import { sessionLayout } from './layouts.ts';
import { type Emitted, into, KEEP_ALL, NaiveSessions, type NaiveOptions, recordOf } from './naive-sessions.cases.ts';
import { SessionWindows } from './session-windows.ts';

type Step =
  | { readonly kind: 'record'; readonly key: string; readonly timeMs: number }
  | { readonly kind: 'advance'; readonly watermarkMs: number }
  | { readonly kind: 'flush' }
  | { readonly kind: 'restore' };

function newSessions({ gapMs, latenessMs, mode }: NaiveOptions): SessionWindows {
  return new SessionWindows({
    gapMs,
    allowedLatenessMs: latenessMs,
    emit: mode === 'interval' ? { mode, everyMs: 1 } : { mode },
    aggregates: KEEP_ALL,
    layout: sessionLayout(KEEP_ALL, { epochs: mode !== 'close' || latenessMs > 0 }),
  });
}

function restored(from: SessionWindows, options: NaiveOptions): SessionWindows {
  const windows = newSessions(options);
  const snapshot = from.snapshot();
  windows.restore(snapshot);
  windows.watermarkMs = from.watermarkMs;
  return windows;
}

/** Both follow the steps; every outcome, number and row has to be the same. */
function compare(
  steps: readonly Step[],
  options: NaiveOptions,
): { emitted: readonly Emitted[]; late: readonly number[] } {
  const naive = new NaiveSessions(options);
  let windows = newSessions(options);
  const emitted: Emitted[] = [];
  for (const [id, step] of steps.entries()) {
    let outcome: unknown = null;
    let expected: unknown = null;
    if (step.kind === 'record') {
      const lateBefore = naive.late.length;
      naive.add(step.key, step.timeMs, id);
      const missed = naive.late.length > lateBefore ? [step.timeMs, step.timeMs + options.gapMs] : [];
      expected = [missed.length === 0 ? TAKEN : LATE, missed.length / 2, missed];
      outcome = [windows.add(recordOf(step.key, step.timeMs, id)), windows.missedCount, windows.missedBounds];
    } else if (step.kind === 'advance') {
      naive.advance(step.watermarkMs);
      windows.advance(step.watermarkMs, into(emitted));
    } else if (step.kind === 'flush') {
      naive.flush();
      windows.flush(into(emitted));
    } else {
      windows = restored(windows, options);
      outcome = windows.snapshot().panes[0]!.table.cellBytes;
      expected = naive.cellBytes;
    }
    expect(outcome).toEqual(expected);
    expect([windows.openRows, windows.highestEndMs, windows.hasChanges, windows.watermarkMs]).toEqual([
      naive.openRows,
      naive.highestEndMs,
      naive.hasChanges,
      naive.watermarkMs,
    ]);
    expect(emitted).toEqual(naive.emitted);
  }
  return { emitted, late: naive.late };
}

const options: fc.Arbitrary<NaiveOptions> = fc.record({
  gapMs: fc.integer({ min: 1, max: 7 }),
  latenessMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 12 })),
  mode: fc.constantFrom('close', 'update', 'interval'),
});

const record = fc.record({
  kind: fc.constant('record' as const),
  key: fc.constantFrom('a', 'a', 'b', 'c'),
  timeMs: fc.integer({ min: -10, max: 30 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: record },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), watermarkMs: fc.integer({ min: -10, max: 40 }) }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'flush' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restore' as const }) },
);

describe('SessionWindows', () => {
  test('any records in any order with any watermarks, flushes and restores give what the definition says', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), options, (steps, settings) => {
        compare([...steps, { kind: 'advance', watermarkMs: Number.POSITIVE_INFINITY }], settings);
      }),
      { numRuns: 3000 },
    );
  });

  test('without late records each session comes out once, cut where no record follows within the gap', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (records, gapMs) => {
        const { emitted, late } = compare([...records, { kind: 'advance', watermarkMs: Number.POSITIVE_INFINITY }], {
          gapMs,
          latenessMs: 0,
          mode: 'close',
        });
        expect(late).toEqual([]);
        for (const key of ['a', 'b', 'c']) {
          const times = records.flatMap((item) => (item.key === key ? item.timeMs : [])).sort((a, b) => a - b);
          const expected: [number, number][] = [];
          for (const timeMs of times) {
            const last = expected.at(-1);
            if (last !== undefined && timeMs <= last[1]) last[1] = timeMs + gapMs;
            else expected.push([timeMs, timeMs + gapMs]);
          }
          expect(emitted.filter((row) => row.key === key).map(({ startMs, endMs }) => [startMs, endMs])).toEqual(
            expected,
          );
        }
      }),
    );
  });

  test.each<NaiveOptions>([
    { gapMs: 500, latenessMs: 0, mode: 'close' },
    { gapMs: 500, latenessMs: 700, mode: 'close' },
    { gapMs: 500, latenessMs: 700, mode: 'update' },
    { gapMs: 500, latenessMs: 0, mode: 'interval' },
  ])('thousands of keys that come and go leave no memory behind: %o', (chosen) => {
    const naive = new NaiveSessions(chosen);
    let windows = newSessions(chosen);
    const emitted: Emitted[] = [];
    const random = pseudoRandom();
    let id = 0;
    let peakBytes = 0;
    for (let round = 0; round < 16; round++) {
      // In the middle far more than before and after.
      const records = round === 8 ? 7000 : 900;
      for (let i = 0; i < records; i++, id++) {
        // Most keys are new, some have been there.
        const key = `key ${random() % 4 === 0 ? id - (random() % 1500) : id}`;
        const timeMs = round * 400 + (random() % 900) - 450;
        naive.add(key, timeMs, id);
        windows.add(recordOf(key, timeMs, id));
      }
      if (round % 3 === 0) {
        naive.flush();
        windows.flush(into(emitted));
      }
      peakBytes = Math.max(peakBytes, windows.sizeBytes);
      naive.advance(round * 400 - 100);
      windows.advance(round * 400 - 100, into(emitted));
      if (round % 5 === 4) windows = restored(windows, chosen);
      // A few changes that come out much later, among rows that move meanwhile.
      for (let i = 0; i < 5; i++, id++) {
        naive.add(`key ${id}`, round * 400 + 50, id);
        windows.add(recordOf(`key ${id}`, round * 400 + 50, id));
      }
      expect([windows.openRows, windows.hasChanges, emitted.length]).toEqual([
        naive.openRows,
        naive.hasChanges,
        naive.emitted.length,
      ]);
    }
    windows.advance(Number.POSITIVE_INFINITY, into(emitted));
    naive.advance(Number.POSITIVE_INFINITY);
    expect(emitted).toEqual(naive.emitted);
    expect([windows.openRows, windows.highestEndMs, windows.snapshot().panes[0]!.table.cellBytes]).toEqual([
      0,
      Number.NEGATIVE_INFINITY,
      0,
    ]);
    expect(windows.sizeBytes).toBeLessThan(peakBytes / 8);
  });

  test('a change is not lost when thousands of sessions go before it comes out', () => {
    const windows = newSessions({ gapMs: 10, latenessMs: 1000, mode: 'close' });
    const emitted: Emitted[] = [];
    for (let id = 0; id < 5000; id++) windows.add(recordOf(`key ${id}`, 0, id));
    windows.add(recordOf('x', 900, 5000));
    // Some stay, so that the few changes are worth a list.
    for (let id = 6000; id < 6100; id++) windows.add(recordOf(`key ${id}`, 900, id));
    windows.advance(1008, into(emitted));
    windows.add(recordOf('x', 905, 5001));
    emitted.length = 0;
    windows.advance(1009, into(emitted));
    expect([emitted, windows.openRows]).toEqual([[], 101]);
    windows.flush(into(emitted));
    windows.flush(into(emitted));
    const records = [
      [900, 5000],
      [905, 5001],
    ];
    expect(emitted).toEqual([{ key: 'x', startMs: 900, endMs: 915, records }]);
  });

  test('every aggregate of a session is that of its records, however many sessions it was before', () => {
    const specs: readonly AggregateSpec[] = [
      ...(['count', 'sum', 'min', 'max', 'first', 'last', 'countDistinct', 'approxCountDistinct'] as const).map(
        (fn) => ({ fn }),
      ),
      { fn: 'quantile', q: 0.5, relativeError: 0.01 },
      { fn: 'topK', k: 3 },
      { fn: 'collect', limit: 4 },
    ];
    const gapMs = 3;
    const value = fc.record({ timeMs: fc.integer({ min: 0, max: 25 }), value: fc.integer({ min: -9, max: 9 }) });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 25 }), (values) => {
        const aggregates = new AggregateSet(specs);
        const layout = sessionLayout(aggregates, { epochs: false });
        const windows = new SessionWindows({
          gapMs,
          allowedLatenessMs: 0,
          emit: { mode: 'close' },
          aggregates,
          layout,
        });
        for (const one of values) windows.add(recordWith(one, specs));
        const came: string[] = [];
        windows.advance(100, ({ table, rows, count, starts, ends }) => {
          for (let i = 0; i < count; i++) {
            const row = rows![i]!;
            came.push(`${starts![row]}-${ends![row]} ${resultsOf(aggregates, table, row)}`);
          }
        });
        const expected: string[] = [];
        const times = [...new Set(values.map(({ timeMs }) => timeMs))].sort((a, b) => a - b);
        while (times.length > 0) {
          const startMs = times.shift()!;
          let lastMs = startMs;
          while (times.length > 0 && times[0]! <= lastMs + gapMs) lastMs = times.shift()!;
          const table = new KeyTable(layout);
          table.append(Buffer.from('a'), 0, 1, 1);
          for (const one of values)
            if (one.timeMs >= startMs && one.timeMs <= lastMs) aggregates.add(table, 0, recordWith(one, specs));
          expected.push(`${startMs}-${lastMs + gapMs} ${resultsOf(aggregates, table, 0)}`);
        }
        expect(came).toEqual(expected);
      }),
    );
  });

  test('a session that goes on and on behind the watermark takes no more memory', () => {
    const windows = newSessions({ gapMs: 10, latenessMs: 1000, mode: 'update' });
    const sizes: number[] = [];
    for (let timeMs = 0; timeMs < 10_000; timeMs += 5) {
      windows.add(recordOf('a', timeMs, 1));
      // It fires, and the next record opens it again.
      windows.advance(timeMs + 9, () => undefined);
      windows.flush(() => undefined);
      const { cellBytes } = windows.snapshot().panes[0]!.table;
      sizes.push(windows.sizeBytes - cellBytes);
    }
    expect(Math.max(...sizes.slice(500))).toBe(sizes[500]);
  });

  test('changes are not lost: a layout without epochs is refused where they are emitted', () => {
    const make = (mode: 'close' | 'update', allowedLatenessMs: number): SessionWindows =>
      new SessionWindows({
        gapMs: 10,
        allowedLatenessMs,
        emit: { mode },
        aggregates: KEEP_ALL,
        layout: sessionLayout(KEEP_ALL, { epochs: false }),
      });
    expect(() => make('update', 0)).toThrow(/needs epochs/);
    expect(() => make('close', 1)).toThrow(/needs epochs/);
    expect(make('close', 0).openRows).toBe(0);
  });
});

function recordWith({ timeMs, value }: { timeMs: number; value: number }, specs: readonly AggregateSpec[]): KeyedInput {
  const scalar = inputsOf(item(value, timeMs), { fn: 'first' });
  return {
    ...recordOf('a', timeMs, 0),
    inputs: Float64Array.from(specs, (spec) => inputsOf(item(value, timeMs), spec).inputs[0]!),
    scalarBytes: scalar.scalarBytes,
    scalarStarts: new Int32Array(specs.length).fill(scalar.scalarStarts[0]!),
    scalarEnds: new Int32Array(specs.length).fill(scalar.scalarEnds[0]!),
  };
}

function resultsOf(aggregates: AggregateSet, table: KeyTable, row: number): string {
  const results = aggregates.specs.map(({ fn }, index) => {
    const to = Buffer.alloc(aggregates.maxResultBytes(table, index, row));
    return `${fn}: ${to.toString('utf8', 0, aggregates.writeResult(table, index, row, to, 0))}`;
  });
  return results.join(' ');
}

function pseudoRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
}

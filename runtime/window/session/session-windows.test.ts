import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
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
    if (step.kind === 'record') {
      const late = naive.late.length;
      naive.add(step.key, step.timeMs, id);
      const outcome = windows.add(recordOf(step.key, step.timeMs, id));
      const isLate = naive.late.length > late;
      expect(outcome).toBe(isLate ? LATE : TAKEN);
      expect([windows.missedCount, windows.missedBounds]).toEqual(
        isLate ? [1, [step.timeMs, step.timeMs + options.gapMs]] : [0, []],
      );
    } else if (step.kind === 'advance') {
      naive.advance(step.watermarkMs);
      windows.advance(step.watermarkMs, into(emitted));
    } else if (step.kind === 'flush') {
      naive.flush();
      windows.flush(into(emitted));
    } else windows = restored(windows, options);
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
  gapMs: fc.integer({ min: 1, max: 10 }),
  latenessMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 25 })),
  mode: fc.constantFrom('close', 'update', 'interval'),
});

const record = fc.record({
  kind: fc.constant('record' as const),
  key: fc.constantFrom('a', 'b', 'c'),
  timeMs: fc.integer({ min: -20, max: 60 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: record },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), watermarkMs: fc.integer({ min: -25, max: 75 }) }),
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
      { numRuns: 1500 },
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
});

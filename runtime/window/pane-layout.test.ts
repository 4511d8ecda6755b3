import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { windowsAt } from './naive-windows.cases.ts';
import { createPaneLayout, floorTime, type PaneWindow } from './pane-layout.ts';

const time = fc.integer({ min: -8.64e15, max: 8.64e15 });
const length = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 366 * 86_400_000 }));

/** Windows whose number of panes stays small enough to be listed. */
const paneWindow: fc.Arbitrary<Exclude<PaneWindow, { kind: 'global' }>> = fc
  .record({
    kind: fc.constantFrom('tumbling', 'sliding', 'cumulative'),
    unitMs: length,
    units: fc.integer({ min: 1, max: 30 }),
    slideUnits: fc.integer({ min: 1, max: 30 }),
    offset: fc.integer(),
  })
  .map(({ kind, unitMs, units, slideUnits, offset }) => {
    const sizeMs = unitMs * units;
    if (kind === 'tumbling') return { kind, sizeMs, offsetMs: offset % sizeMs };
    if (kind === 'cumulative') return { kind, sizeMs, stepMs: unitMs, offsetMs: offset % unitMs };
    const slideMs = unitMs * Math.min(units, slideUnits);
    return { kind: 'sliding', sizeMs, slideMs, offsetMs: offset % slideMs };
  });

test('the floor of a time is exact for every time a record may have', () => {
  fc.assert(
    fc.property(time, length, fc.integer(), fc.constantFrom(-1, 0, 1), (timeMs, spacingMs, offset, beside) => {
      const offsetMs = offset % spacingMs;
      // Next to a multiple is where rounding would be seen.
      const multiple = Math.trunc(timeMs / spacingMs) * spacingMs + offsetMs + beside;
      for (const at of [timeMs, multiple]) {
        const rest = (BigInt(at) - BigInt(offsetMs)) % BigInt(spacingMs);
        const expected = BigInt(at) - (rest < 0n ? rest + BigInt(spacingMs) : rest);
        expect(BigInt(floorTime(at, spacingMs, offsetMs))).toBe(expected);
      }
    }),
    { numRuns: 500 },
  );
});

describe('pane layouts', () => {
  test('panes partition time, and the windows of a pane are exactly those of each of its moments', () => {
    fc.assert(
      fc.property(paneWindow, time, (window, timeMs) => {
        const layout = createPaneLayout(window);
        const start = layout.paneStart(timeMs);
        expect(Number.isSafeInteger(start)).toBe(true);
        expect(start <= timeMs && timeMs < start + layout.paneMs).toBe(true);
        for (const at of [start, start + layout.paneMs - 1]) {
          expect(layout.paneStart(at)).toBe(start);
          expect(layout.windowsOf(start)).toEqual(windowsAt(window, at));
        }
        const windows = layout.windowsOf(start);
        expect([layout.earliestEndMs(start), layout.latestEndMs(start)]).toEqual([
          windows[0]!.endMs,
          windows.at(-1)!.endMs,
        ]);
      }),
    );
  });

  test('a time lies in one tumbling window, in size / slide sliding ones, and starts are aligned', () => {
    fc.assert(
      fc.property(time, length, fc.integer({ min: 1, max: 20 }), fc.integer(), (timeMs, slideMs, count, offset) => {
        const offsetMs = offset % slideMs;
        const layout = createPaneLayout({ kind: 'sliding', sizeMs: slideMs * count, slideMs, offsetMs });
        const windows = layout.windowsOf(layout.paneStart(timeMs));
        expect(windows.length).toBe(count);
        for (const { startMs } of windows) expect((BigInt(startMs) - BigInt(offsetMs)) % BigInt(slideMs)).toBe(0n);
        const tumbling = createPaneLayout({ kind: 'tumbling', sizeMs: slideMs, offsetMs });
        expect(tumbling.windowsOf(tumbling.paneStart(timeMs))).toEqual([
          { startMs: windows.at(-1)!.startMs, endMs: windows.at(-1)!.startMs + slideMs },
        ]);
      }),
    );
  });

  test('ends follow each other, know their start, and a window reaches into two blocks at most', () => {
    fc.assert(
      fc.property(paneWindow, time, (window, timeMs) => {
        const layout = createPaneLayout(window);
        const end = layout.endAfter(timeMs);
        expect(end > timeMs && end - layout.stepMs <= timeMs).toBe(true);
        const start = layout.startOf(end);
        expect(layout.windowsOf(layout.paneStart(end - 1))[0]).toEqual({ startMs: start, endMs: end });
        const block = layout.blockStart(start);
        expect(block <= start && end <= block + 2 * layout.blockMs).toBe(true);
        expect(layout.blockMs).toBe(layout.panesPerWindow * layout.paneMs);
      }),
    );
  });

  test.each<[string, PaneWindow, number, [number, number][]]>([
    ['tumbling, before 1970', { kind: 'tumbling', sizeMs: 1000, offsetMs: 0 }, -1, [[-1000, 0]]],
    ['tumbling, at a bound, negative offset', { kind: 'tumbling', sizeMs: 1000, offsetMs: -100 }, 900, [[900, 1900]]],
    [
      'sliding, slide does not divide size',
      { kind: 'sliding', sizeMs: 5, slideMs: 2, offsetMs: 0 },
      0,
      [
        [-4, 1],
        [-2, 3],
        [0, 5],
      ],
    ],
    [
      'cumulative, in the second step',
      { kind: 'cumulative', sizeMs: 30, stepMs: 10, offsetMs: 5 },
      15,
      [
        [5, 25],
        [5, 35],
      ],
    ],
    ['global', { kind: 'global' }, 17, [[Number.NaN, Number.NaN]]],
  ])('%s', (_, window, timeMs, expected) => {
    const layout = createPaneLayout(window);
    expect(layout.windowsOf(layout.paneStart(timeMs)).map(({ startMs, endMs }) => [startMs, endMs])).toEqual(expected);
  });
});

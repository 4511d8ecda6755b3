import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createPaneLayout, type PaneWindow } from './pane-layout.ts';
import { watermarkStep } from './watermark-step.ts';

const NONE = Number.NEGATIVE_INFINITY;

test('it rises exactly when a window may fire or be closed for good', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<PaneWindow>(
        { kind: 'tumbling', sizeMs: 7, offsetMs: -2 },
        { kind: 'sliding', sizeMs: 7, slideMs: 3, offsetMs: 1 },
        { kind: 'cumulative', sizeMs: 12, stepMs: 4, offsetMs: 3 },
      ),
      fc.nat({ max: 20 }),
      fc.integer({ min: -50, max: 50 }),
      fc.nat({ max: 20 }),
      (window, latenessMs, fromMs, riseMs) => {
        const layout = createPaneLayout(window);
        const step = watermarkStep(window, latenessMs);
        const toMs = fromMs + riseMs;
        let due = false;
        for (let wm = fromMs + 1; wm <= toMs; wm++)
          for (const at of [wm, wm - latenessMs]) due ||= layout.endAfter(at) === at + 1;
        expect(step(toMs) > step(fromMs)).toBe(due);
        expect(step(toMs) >= step(fromMs)).toBe(true);
        expect([step(NONE), step(fromMs) > step(NONE)]).toEqual([NONE, true]);
      },
    ),
  );
});

test('every millisecond counts for sessions, none for the global window', () => {
  const session = watermarkStep({ kind: 'session', gapMs: 5 }, 0);
  const global = watermarkStep({ kind: 'global' }, 0);
  expect([session(4), session(5), global(4), global(5e9)]).toEqual([4, 5, 0, 0]);
});

import { expect, it } from 'vitest';
import type { RaceWindow } from '../cases.ts';
import { windowRows } from './window-rows.ts';

const events = [
  { timeMs: 31, durationMs: 4 },
  { timeMs: 10, durationMs: 1 },
  { timeMs: 19, durationMs: 2 },
  { timeMs: 20, durationMs: 3 },
];

const bounds = (window: RaceWindow): string[] =>
  windowRows(7, events, window).map(
    ({ startMs, endMs, count, sum, max }) => `[${startMs},${endMs}) ${count} ${sum} ${max}`,
  );

it('puts an event at a boundary into the window that begins there', () => {
  expect(bounds({ kind: 'tumbling', sizeMs: 10 })).toEqual(['[10,20) 2 3 2', '[20,30) 1 3 3', '[30,40) 1 4 4']);
});

it('puts an event into every sliding window it is in', () => {
  expect(bounds({ kind: 'sliding', sizeMs: 20, slideMs: 10 })).toEqual([
    '[0,20) 2 3 2',
    '[10,30) 3 6 3',
    '[20,40) 2 7 4',
    '[30,50) 1 4 4',
  ]);
});

it('lets an event exactly one gap later extend the session', () => {
  expect(bounds({ kind: 'session', gapMs: 10 })).toEqual(['[10,30) 3 6 3', '[31,41) 1 4 4']);
  expect(bounds({ kind: 'session', gapMs: 11 })).toEqual(['[10,42) 4 10 4']);
});

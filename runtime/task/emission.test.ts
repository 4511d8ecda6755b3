import { expect, test } from 'vitest';
import { EmissionTicks, emissionOf } from './emission.ts';

test.each([
  ['windows that close once', { emit: { mode: 'close' }, allowedLatenessMs: 0 }, { kind: 'close' }],
  ['late changes of closed windows', { emit: { mode: 'close' }, allowedLatenessMs: 5 }, { kind: 'commit' }],
  ['updates', { emit: { mode: 'update' }, allowedLatenessMs: 0 }, { kind: 'commit' }],
  [
    'intervals, late changes included',
    { emit: { mode: 'interval', everyMs: 9 }, allowedLatenessMs: 5 },
    { kind: 'interval', everyMs: 9 },
  ],
] as const)('%s', (_name, job, kind) => expect(emissionOf(job)).toEqual(kind));

test('ticks are those of the clock, whenever the task began', () => {
  const ticks = new EmissionTicks(10, 17);
  expect([18, 19, 20, 21, 29, 45, 46].map((now) => ticks.passed(now))).toEqual([
    false,
    false,
    true,
    false,
    false,
    true,
    false,
  ]);
});

test('a clock that was set back gives no tick twice', () => {
  const ticks = new EmissionTicks(10, 0);
  expect([10, 5, 12, 20].map((now) => ticks.passed(now))).toEqual([true, false, false, true]);
});

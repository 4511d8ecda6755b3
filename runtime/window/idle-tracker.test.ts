import { describe, expect, test } from 'vitest';
import { type IdleState, type IdleThresholds, IdleTracker, NOT_IDLE } from './idle-tracker.ts';

type Step = readonly ['silent' | 'unsure', number] | readonly ['record'];

const TIMEOUT_MS = 1000;

/** Follows the steps; the state after each, restored from its own metadata every time. */
function follow(
  steps: readonly Step[],
  thresholds: IdleThresholds = { idleTimeoutMs: TIMEOUT_MS, closeIdleAfterMs: 0 },
): { idle: boolean; state: IdleState; marks: number } {
  let tracker = new IdleTracker(thresholds);
  let marks = 0;
  for (const step of steps) {
    const before = [tracker.idle, tracker.quiet];
    const changed =
      step[0] === 'record' ? tracker.record() : tracker.observe({ caughtUp: step[0] === 'silent', atMs: step[1] });
    expect(changed).toBe(tracker.idle !== before[0] || tracker.quiet !== before[1]);
    if (changed) marks++;
    tracker = new IdleTracker(thresholds, tracker.state);
  }
  return { idle: tracker.idle, state: tracker.state, marks };
}

describe('IdleTracker', () => {
  test.each<[string, readonly Step[], boolean]>([
    ['nothing is known at the start', [], false],
    [
      'silence shorter than the timeout is not idleness',
      [
        ['silent', 0],
        ['silent', 999],
      ],
      false,
    ],
    [
      'silence of exactly the timeout is',
      [
        ['silent', 0],
        ['silent', 1000],
      ],
      true,
    ],
    ['one answer after a long time proves nothing', [['silent', 5000]], false],
    [
      'an error in between starts the clock over',
      [
        ['silent', 0],
        ['unsure', 900],
        ['silent', 1000],
        ['silent', 1999],
      ],
      false,
    ],
    [
      'and then it runs from the next sure answer',
      [
        ['silent', 0],
        ['unsure', 900],
        ['silent', 1000],
        ['silent', 2000],
      ],
      true,
    ],
    ['a record ends idleness', [['silent', 0], ['silent', 1000], ['record']], false],
    [
      'and starts the clock over',
      [['silent', 0], ['silent', 1000], ['record'], ['silent', 1500], ['silent', 2499]],
      false,
    ],
    [
      'an error does not end idleness, only a record does',
      [
        ['silent', 0],
        ['silent', 1000],
        ['unsure', 1500],
      ],
      true,
    ],
    [
      'a clock that is set back does not lengthen the silence',
      [
        ['silent', 5000],
        ['silent', 100],
        ['silent', 1099],
      ],
      false,
    ],
  ])('%s', (_, steps, expected) => {
    expect(follow(steps).idle).toBe(expected);
  });

  test('a timeout of 0 switches it off', () => {
    expect(
      follow(
        [
          ['silent', 0],
          ['silent', 1e12],
        ],
        { idleTimeoutMs: 0, closeIdleAfterMs: 0 },
      ).idle,
    ).toBe(false);
  });

  test('the mark is set once', () => {
    expect(
      follow([
        ['silent', 0],
        ['silent', 1000],
        ['silent', 2000],
        ['silent', 9000],
      ]),
    ).toEqual({
      idle: true,
      marks: 1,
      state: { sinceMs: 0, idle: true, quiet: false },
    });
  });

  test('quiet comes by its own threshold, before or after idleness, and a record ends both', () => {
    const tracker = new IdleTracker({ idleTimeoutMs: 1000, closeIdleAfterMs: 3000 });
    tracker.observe({ caughtUp: true, atMs: 0 });
    expect([tracker.observe({ caughtUp: true, atMs: 1000 }), tracker.idle, tracker.quiet]).toEqual([true, true, false]);
    expect([tracker.observe({ caughtUp: true, atMs: 2999 }), tracker.quiet]).toEqual([false, false]);
    expect([tracker.observe({ caughtUp: true, atMs: 3000 }), tracker.quiet]).toEqual([true, true]);
    expect([tracker.record(), tracker.state]).toEqual([true, NOT_IDLE]);
    expect(tracker.record()).toBe(false);
  });

  test('quiet without idleness: a partition that may not be skipped can still let its windows close', () => {
    const thresholds = { idleTimeoutMs: 0, closeIdleAfterMs: 500 };
    const silence = [
      ['silent', 0],
      ['silent', 500],
    ] as const;
    expect(follow(silence, thresholds)).toEqual({
      idle: false,
      marks: 1,
      state: { sinceMs: 0, idle: false, quiet: true },
    });
    expect(follow([...silence, ['unsure', 600]], thresholds).state).toEqual({
      sinceMs: null,
      idle: false,
      quiet: true,
    });
    expect(follow([...silence, ['record']], thresholds).state).toEqual(NOT_IDLE);
  });
});

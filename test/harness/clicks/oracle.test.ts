import { describe, expect, it } from 'vitest';
import { clickstream, type Click } from '../../../cli/clickstream/index.ts';
import { oracle } from './oracle.ts';

function click(userId: string, ts: number, more: Partial<Click> = {}): Click {
  const id = `${userId}@${ts}`;
  return {
    eventId: id,
    userId,
    sessionId: 's',
    type: 'page_view',
    url: '/',
    durationMs: 10,
    ts,
    key: 's',
    partition: 0,
    ...more,
  };
}

const job = { windowMs: 60_000, maxOutOfOrderMs: 0 };
const end = click('end', 10_000_000, { type: 'tick' });

describe('oracle', () => {
  it('counts page views and sums their durations for each user and window', () => {
    const rows = oracle(
      [
        click('a', 0),
        click('b', 5),
        click('a', 59_999),
        click('a', 60_000),
        click('b', 60_001, { type: 'click' }),
        end,
      ],
      job,
    );
    expect(rows).toEqual([
      { userId: 'a', windowStart: 0, windowEnd: 60_000, pageViews: 2, engagementMs: 20 },
      { userId: 'b', windowStart: 0, windowEnd: 60_000, pageViews: 1, engagementMs: 10 },
      { userId: 'a', windowStart: 60_000, windowEnd: 120_000, pageViews: 1, engagementMs: 10 },
    ]);
  });

  it('has no row for a window that the watermark of the slowest partition has not closed', () => {
    const early = [click('a', 1), click('a', 60_000), click('a', 2, { partition: 1 })];
    expect(oracle([...early, click('x', 59_999, { partition: 1 })], job)).toHaveLength(0);
    expect(oracle([...early, click('x', 60_000, { partition: 1 })], job)).toHaveLength(1);
    expect(oracle([...early, click('x', 60_000, { partition: 1 })], { ...job, maxOutOfOrderMs: 1 })).toHaveLength(0);
  });

  it('refuses clicks that are late in their own partition', () => {
    expect(() => oracle([click('a', 100), click('a', 94)], { ...job, maxOutOfOrderMs: 5 })).toThrow(
      /6 ms behind its partition/,
    );
    expect(oracle([click('a', 100), click('a', 95), end], { ...job, maxOutOfOrderMs: 5 })).toHaveLength(1);
    expect(oracle([click('a', 100), click('a', 5, { partition: 1 }), { ...end, partition: 1 }, end], job)).toHaveLength(
      1,
    );
  });

  it('takes offsets of the windows, other conditions and other names', () => {
    const rows = oracle([click('a', 30_000, { type: 'click' }), click('a', 29_999), end], {
      windowMs: 60_000,
      windowOffsetMs: 30_000,
      maxOutOfOrderMs: 1,
      where: ({ type }) => type !== 'tick',
      countAs: 'n',
      sumAs: 'ms',
    });
    expect(rows).toEqual([
      { userId: 'a', windowStart: -30_000, windowEnd: 30_000, n: 1, ms: 10 },
      { userId: 'a', windowStart: 30_000, windowEnd: 90_000, n: 1, ms: 10 },
    ]);
  });

  it('accounts for every page view of a clickstream that ends with ticks', () => {
    const clicks = [
      ...clickstream({
        seed: 1,
        count: 5000,
        users: 50,
        partitions: 3,
        startMs: 1000,
        spacingMs: 20,
        maxOutOfOrderMs: 700,
      }),
    ];
    const rows = oracle(clicks, { windowMs: 10_000, maxOutOfOrderMs: 700 });
    const pageViews = clicks.filter(({ type }) => type === 'page_view');
    const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
    expect(sum(rows.map((row) => Number(row['pageViews'])))).toBe(pageViews.length);
    expect(sum(rows.map((row) => Number(row['engagementMs'])))).toBe(
      sum(pageViews.map(({ durationMs }) => durationMs)),
    );
  });
});

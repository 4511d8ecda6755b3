import { expect, it } from 'vitest';
import { medianResults, type Result } from './result.ts';

const result = (rest: Partial<Result>): Result => ({
  case: 'sliding',
  system: 'streamjob',
  records_per_cpu_s: null,
  records_per_s: null,
  rss_mb: null,
  p50_ms: null,
  p99_ms: null,
  equal_results: true,
  ...rest,
});

it('takes the median of each figure by itself, and of two the mean', () => {
  const rounds = [3, 1, 2].map((n) => result({ records_per_s: n, rss_mb: 10 - n }));
  expect(medianResults(rounds)).toEqual([result({ records_per_s: 2, rss_mb: 8 })]);
  expect(medianResults(rounds.slice(0, 2))).toEqual([result({ records_per_s: 2, rss_mb: 8 })]);
});

it('calls results equal only when they were so in every round, and says nothing of who gives none', () => {
  const verdict = (verdicts: (boolean | null)[]) =>
    medianResults(verdicts.map((equal) => result({ equal_results: equal })))[0]?.equal_results;
  expect([verdict([true, true]), verdict([true, false]), verdict([null])]).toEqual([true, false, null]);
});

it('keeps cases and systems apart, in the order in which they came', () => {
  const all = [
    result({ rss_mb: 1 }),
    result({ system: 'ceiling', rss_mb: 2 }),
    result({ case: 'session', rss_mb: 3 }),
    result({ rss_mb: 5 }),
  ];
  expect(medianResults(all).map(({ rss_mb }) => rss_mb)).toEqual([3, 2, 3]);
});

import { expect, it } from 'vitest';
import { judge } from './goals.ts';
import type { Result } from './result.ts';

const base = { records_per_s: null, rss_mb: null, p50_ms: null, p99_ms: null, equal_results: true };
const rate = (name: Result['case'], system: Result['system'], records_per_cpu_s: number): Result => ({
  ...base,
  case: name,
  system,
  records_per_cpu_s,
});

it('compares with the better of the two Flinks', () => {
  const results = [rate('session', 'streamjob', 600), rate('session', 'flink-sql', 100)];
  expect(judge(results)).toMatchObject([{ measured: '6.00 ×', met: true }]);
  expect(judge([...results, rate('session', 'flink-datastream', 300)])).toMatchObject([
    { measured: '2.00 ×', met: false },
  ]);
});

it('judges nothing that was not measured', () => {
  expect(judge([rate('session', 'streamjob', 600)])).toEqual([]);
});

it('takes memory and latency as they are meant: less is better', () => {
  const keys = (system: Result['system'], rss_mb: number): Result => ({
    ...base,
    case: 'keys-1m',
    system,
    records_per_cpu_s: null,
    rss_mb,
  });
  const live: Result = {
    ...base,
    case: 'latency-direct',
    system: 'streamjob',
    records_per_cpu_s: null,
    p50_ms: 40,
    p99_ms: 101,
  };
  expect(judge([keys('streamjob', 400), keys('flink-datastream', 1200), live])).toMatchObject([
    { measured: '400 of 1200 MB', met: true },
    { measured: '40 and 101 ms', met: false },
  ]);
});

import { expect, it } from 'vitest';
import { figuresOf, type Sample } from './run-recorder.ts';

/** Starts with 500 ms of CPU, then reads 1,000 records in 10 s: the first half in 8 s, the second in 2 s at half a core. */
const samples: Sample[] = [
  { atMs: 0, cpuMs: 0, records: 0 },
  { atMs: 1000, cpuMs: 500, records: 0 },
  { atMs: 9000, cpuMs: 4500, records: 500 },
  { atMs: 10_000, cpuMs: 5000, records: 750 },
  { atMs: 11_000, cpuMs: 5500, records: 1000 },
  { atMs: 13_000, cpuMs: 6500, records: 1000 },
];
const options = { startedAtMs: 0, records: 1000, lastOutputMs: 0 };

it('tells the second half from the whole, and the whole from the start of the process', () => {
  expect(figuresOf(samples, options)).toEqual({
    records: 1000,
    steadyPerCpuSecond: 500,
    steadyPerSecond: 250,
    perCpuSecond: 200,
    perSecond: 100,
    perCpuSecondWithStart: 182,
    perSecondWithStart: 91,
  });
});

it('ends with the last result when that came after the last record', () => {
  expect(figuresOf(samples, { ...options, lastOutputMs: 12_000 })).toMatchObject({ perSecond: 91, perCpuSecond: 182 });
});

it('goes between two samples when half of the records were read there', () => {
  const sparse = samples.filter(({ records }) => records !== 500);
  expect(figuresOf(sparse, options)).toMatchObject({ steadyPerSecond: 125 });
});

it('refuses a run that was not seen to its end', () => {
  expect(() => figuresOf(samples.slice(0, 4), options)).toThrow('from record 0 to 750, not from 0 to 1000');
});

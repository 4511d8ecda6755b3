// Watches a run from outside: at each report of progress, the CPU time of the process and its peak memory; and makes figures of it.
import { cpuMs, peakRssMb } from './process-usage.ts';

export interface Sample {
  /** Wall clock, epoch ms. */
  readonly atMs: number;
  readonly cpuMs: number;
  readonly records: number;
}

export interface Rates {
  readonly records: number;
  /** Of the second half of the records: what is left once code is compiled and tables have their size. */
  readonly steadyPerCpuSecond: number;
  readonly steadyPerSecond: number;
  /** From the first record on. */
  readonly perCpuSecond: number;
  readonly perSecond: number;
  /** From the start of the process on. */
  readonly perCpuSecondWithStart: number;
  readonly perSecondWithStart: number;
}

export interface Figures extends Rates {
  readonly peakRssMb: number;
}

export class RunRecorder {
  readonly #pid: number;
  readonly #startedAtMs: number;
  readonly #samples: Sample[] = [];
  #peakRssMb = 0;

  constructor(pid: number, startedAtMs: number) {
    this.#pid = pid;
    this.#startedAtMs = startedAtMs;
  }

  /** `records` have been read so far. Call it at least some times a second, and once after the end. */
  note(records: number): void {
    this.#samples.push({ atMs: Date.now(), cpuMs: cpuMs(this.#pid), records });
    this.#peakRssMb = Math.max(this.#peakRssMb, peakRssMb(this.#pid));
  }

  /** `lastOutputMs`: when the broker took the last result (wall clock); the run ends there, or with the last record if that is later. */
  figures(records: number, lastOutputMs: number): Figures {
    const rates = figuresOf(this.#samples, { startedAtMs: this.#startedAtMs, records, lastOutputMs });
    return { ...rates, peakRssMb: Math.round(this.#peakRssMb) };
  }
}

/** Throws Error when the samples do not go from the first record to the last. */
export function figuresOf(
  samples: readonly Sample[],
  { startedAtMs, records, lastOutputMs }: { startedAtMs: number; records: number; lastOutputMs: number },
): Rates {
  const first = samples.findLast((sample) => sample.records === 0);
  const lastRead = samples.find((sample) => sample.records >= records);
  if (first === undefined || lastRead === undefined) {
    throw new Error(
      `the run was seen from record ${samples[0]?.records} to ${samples.at(-1)?.records}, not from 0 to ${records}`,
    );
  }
  const end = { ...stateAt(samples, 'atMs', Math.max(lastRead.atMs, lastOutputMs)), records };
  const steady = ratesBetween(stateAt(samples, 'records', records / 2), end);
  const whole = ratesBetween(first, end);
  const withStart = ratesBetween({ atMs: startedAtMs, cpuMs: 0, records: 0 }, end);
  return {
    records,
    steadyPerCpuSecond: steady.perCpuSecond,
    steadyPerSecond: steady.perSecond,
    perCpuSecond: whole.perCpuSecond,
    perSecond: whole.perSecond,
    perCpuSecondWithStart: withStart.perCpuSecond,
    perSecondWithStart: withStart.perSecond,
  };
}

/** The state of the run when `what` had `value`, between the two samples around it. */
function stateAt(samples: readonly Sample[], what: 'atMs' | 'records', value: number): Sample {
  const after = samples.findIndex((sample) => sample[what] >= value);
  const last = samples.at(-1) as Sample;
  const to = after < 0 ? last : (samples[after] as Sample);
  const from = after <= 0 ? to : (samples[after - 1] as Sample);
  const share = to[what] === from[what] ? 0 : Math.min(1, (value - from[what]) / (to[what] - from[what]));
  const between = (field: keyof Sample): number => from[field] + share * (to[field] - from[field]);
  return { atMs: between('atMs'), cpuMs: between('cpuMs'), records: between('records') };
}

function ratesBetween(from: Sample, to: Sample): { perSecond: number; perCpuSecond: number } {
  const records = to.records - from.records;
  return {
    perSecond: Math.round((records * 1000) / Math.max(1, to.atMs - from.atMs)),
    perCpuSecond: Math.round((records * 1000) / Math.max(10, to.cpuMs - from.cpuMs)),
  };
}

// All runs of a race: rounds of all cases, in each of them one system after the other, so that what changes on the machine in the course
// of the race meets all alike.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Case, caseOf, type CaseName, type SystemName, type ThroughputCase } from './cases.ts';
import { type LatencyResult, runLatency } from './latency/run-latency.ts';
import type { Figures } from './measure/run-recorder.ts';
import type { Pinning } from './measure/pinning.ts';
import type { RaceOptions } from './options.ts';
import type { Result } from './report/result.ts';
import { runThroughput, type ThroughputResult } from './run-throughput.ts';
import type { RaceContext } from './systems/context.ts';

/** One run with all that was seen. */
export interface Run {
  readonly case: CaseName;
  readonly system: SystemName;
  readonly round: number;
  /** Null: it failed. */
  readonly outcome: ThroughputResult | LatencyResult | null;
  readonly error: string | null;
  readonly result: Result;
}

export class Race {
  readonly #options: RaceOptions;
  readonly #place: { readonly bootstrapServers: string; readonly pinning: Pinning };
  /** By topic: the ceiling depends on the data alone, so that one run does for all cases over them. */
  #ceilings = new Map<string, ThroughputResult>();

  constructor(options: RaceOptions, place: { readonly bootstrapServers: string; readonly pinning: Pinning }) {
    this.#options = options;
    this.#place = place;
  }

  async *runs(): AsyncGenerator<Run> {
    const { rounds, cases, systems, quick } = this.#options;
    for (let round = 1; round <= rounds; round++) {
      this.#ceilings = new Map();
      for (const name of cases) {
        const race = caseOf(name, quick);
        for (const system of systems) {
          if (race.kind === 'latency' && system === 'ceiling') continue;
          yield { ...(await this.#attempt(race, system)), case: name, system, round };
        }
      }
    }
  }

  async #attempt(race: Case, system: SystemName): Promise<Pick<Run, 'outcome' | 'error' | 'result'>> {
    const folder = await mkdtemp(join(tmpdir(), 'streamjob-bench-'));
    const context = { ...this.#place, folder, profileFolder: this.#options.profileFolder };
    try {
      if (race.kind === 'latency') {
        const outcome = await runLatency(context, race, system);
        return { outcome, error: differences(outcome.comparison), result: latencyResult(race, system, outcome) };
      }
      const outcome = await this.#throughput(context, race, system);
      const error = outcome.comparison === null ? null : differences(outcome.comparison);
      return { outcome, error, result: throughputResult(race, system, outcome) };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { outcome: null, error: message, result: nothing(race, system) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #throughput(context: RaceContext, race: ThroughputCase, system: SystemName): Promise<ThroughputResult> {
    if (system !== 'ceiling') return runThroughput(context, race, system);
    const known = this.#ceilings.get(race.data.topic);
    const outcome = known ?? (await runThroughput(context, race, system));
    this.#ceilings.set(race.data.topic, outcome);
    return outcome;
  }
}

/** What is known of a run that has failed. */
function nothing(race: Case, system: SystemName): Result {
  return {
    case: race.name,
    system,
    records_per_cpu_s: null,
    records_per_s: null,
    rss_mb: null,
    p50_ms: null,
    p99_ms: null,
    equal_results: false,
  };
}

function differences({
  equal,
  matching,
  differenceCount,
  differences: shown,
}: LatencyResult['comparison']): string | null {
  if (equal) return null;
  return `${differenceCount} results differ, ${matching} are right:\n${shown.map((text) => `  ${text}`).join('\n')}`;
}

function throughputResult(race: ThroughputCase, system: SystemName, outcome: ThroughputResult): Result {
  const { figures, comparison } = outcome;
  return {
    ...nothing(race, system),
    ...ratesOf(race, figures),
    rss_mb: figures.peakRssMb,
    equal_results: comparison === null ? null : comparison.equal,
  };
}

function ratesOf(race: ThroughputCase, figures: Figures): Pick<Result, 'records_per_cpu_s' | 'records_per_s'> {
  return race.rates === 'steady'
    ? { records_per_cpu_s: figures.steadyPerCpuSecond, records_per_s: figures.steadyPerSecond }
    : { records_per_cpu_s: figures.perCpuSecondWithStart, records_per_s: figures.perSecondWithStart };
}

function latencyResult(race: Case, system: SystemName, outcome: LatencyResult): Result {
  const { p50Ms, p99Ms, peakRssMb, comparison } = outcome;
  return {
    ...nothing(race, system),
    rss_mb: peakRssMb,
    p50_ms: p50Ms,
    p99_ms: p99Ms,
    equal_results: comparison.equal,
  };
}

// What we want to reach, and how far it is reached: the line between a table of figures and a judgement.
import type { CaseName, SystemName } from '../cases.ts';
import type { Result } from './result.ts';

export interface Verdict {
  readonly goal: string;
  /** What was measured. */
  readonly measured: string;
  readonly met: boolean;
}

/** `least`: ours is at least this many times theirs. */
interface RateGoal {
  readonly case: CaseName;
  readonly against: readonly SystemName[];
  readonly name: string;
  readonly least: number;
}

const FLINK = { against: ['flink-datastream', 'flink-sql'], name: 'the better Flink' } as const;
const KAFKA_STREAMS = { against: ['kafka-streams'], name: 'Kafka Streams' } as const;

const RATE_GOALS: readonly RateGoal[] = [
  { case: 'tumbling-direct', ...FLINK, least: 3 },
  { case: 'tumbling-direct', ...KAFKA_STREAMS, least: 6 },
  { case: 'tumbling-direct', against: ['ceiling'], name: 'the ceiling', least: 0.65 },
  { case: 'tumbling-shuffled', ...FLINK, least: 2.5 },
  { case: 'tumbling-shuffled', ...KAFKA_STREAMS, least: 6 },
  { case: 'sliding', ...FLINK, least: 5 },
  { case: 'sliding', ...KAFKA_STREAMS, least: 6 },
  { case: 'session', ...FLINK, least: 3 },
  { case: 'session', ...KAFKA_STREAMS, least: 5 },
  { case: 'keys-1m', ...FLINK, least: 3 },
  { case: 'keys-1m', ...KAFKA_STREAMS, least: 5 },
];

const MEMORY_SHARE = 1 / 3;
const LATENCY_GOALS = [
  { case: 'latency-direct', p50Ms: 40, p99Ms: 100 },
  { case: 'latency-shuffled', p50Ms: 80, p99Ms: 200 },
] as const;

/** Of the goals for which there are figures. */
export function judge(results: readonly Result[]): readonly Verdict[] {
  return [...RATE_GOALS.flatMap((goal) => rateVerdict(goal, results)), ...memory(results), ...latency(results)];
}

function rateVerdict({ case: name, against, name: rival, least }: RateGoal, results: readonly Result[]): Verdict[] {
  const ours = find(results, name, 'streamjob')?.records_per_cpu_s;
  const theirs = against.flatMap((system) => find(results, name, system)?.records_per_cpu_s ?? []);
  if (ours === undefined || ours === null || theirs.length === 0) return [];
  const ratio = ours / Math.max(...theirs);
  return [
    {
      goal: `${name}: records per CPU-second at least ${least} × ${rival}`,
      measured: `${ratio.toFixed(2)} ×`,
      met: ratio >= least,
    },
  ];
}

function memory(results: readonly Result[]): Verdict[] {
  const ours = find(results, 'keys-1m', 'streamjob')?.rss_mb;
  const theirs = find(results, 'keys-1m', 'flink-datastream')?.rss_mb;
  if (ours === undefined || ours === null || theirs === undefined || theirs === null) return [];
  const share = ours / theirs;
  return [
    {
      goal: "keys-1m: resident memory at most a third of Flink's",
      measured: `${Math.round(ours)} of ${Math.round(theirs)} MB`,
      met: share <= MEMORY_SHARE,
    },
  ];
}

function latency(results: readonly Result[]): Verdict[] {
  return LATENCY_GOALS.flatMap((goal) => {
    const ours = find(results, goal.case, 'streamjob');
    if (ours === undefined || ours.p50_ms === null || ours.p99_ms === null) return [];
    return [
      {
        goal: `${goal.case}: p50 at most ${goal.p50Ms} ms, p99 at most ${goal.p99Ms} ms`,
        measured: `${Math.round(ours.p50_ms)} and ${Math.round(ours.p99_ms)} ms`,
        met: ours.p50_ms <= goal.p50Ms && ours.p99_ms <= goal.p99Ms,
      },
    ];
  });
}

function find(results: readonly Result[], name: CaseName, system: SystemName): Result | undefined {
  return results.find((result) => result.case === name && result.system === system);
}

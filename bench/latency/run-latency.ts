// One run of one system over a live input: how long after the end of a window its results can be read.
import { setTimeout as delay } from 'node:timers/promises';
import { uniqueName } from '../../test/harness/topics.ts';
import type { LatencyCase, SystemName } from '../cases.ts';
import { PARTITIONS } from '../data/data-set.ts';
import { compareRows, type Comparison } from '../expected/compare.ts';
import { readResults } from '../expected/read-results.ts';
import type { RaceContext } from '../systems/context.ts';
import { type LiveTopics, startLive } from '../systems/live-system.ts';
import { createOutputTopic } from '../systems/output-topic.ts';
import { deleteTopics, makeTopic, topicsWith } from '../topics.ts';
import { type Load, startLoad } from './load-process.ts';
import { readInput } from './read-input.ts';
import { quantile, ResultArrivals } from './result-arrivals.ts';

export interface LatencyResult {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
  /** Results that were measured. */
  readonly results: number;
  readonly peakRssMb: number;
  readonly comparison: Comparison;
}

const FIRST_RECORDS_PER_SECOND = 200;
/** The load goes on for a while after the last window that is measured, so that it closes. */
const AFTER_MS = 2000;
/** After the load has ended: what is in flight comes out. */
const DRAIN_MS = 3000;

export async function runLatency(context: RaceContext, race: LatencyCase, system: SystemName): Promise<LatencyResult> {
  const { bootstrapServers } = context;
  const input = uniqueName('bench-live');
  await makeTopic(bootstrapServers, input, { partitions: PARTITIONS });
  const output = await createOutputTopic(bootstrapServers, system);
  const { delays, isMeasured, toMs, rssMb } = await observe(context, race, { system, topics: { input, output } });
  const rows = (await readResults(bootstrapServers, output)).rows.filter(isMeasured);
  const expected = (await readInput(bootstrapServers, input)).expected(race.window, isMeasured);
  const comparison = compareRows(rows, expected, toMs);
  await deleteTopics(bootstrapServers, [input, ...(await topicsWith(bootstrapServers, output))]);
  return {
    p50Ms: quantile(delays, 0.5),
    p99Ms: quantile(delays, 0.99),
    maxMs: delays.at(-1) ?? null,
    results: delays.length,
    peakRssMb: Math.round(rssMb),
    comparison,
  };
}

interface Observed {
  /** Ascending. */
  readonly delays: readonly number[];
  /** Whether a row is of a window that was measured. */
  readonly isMeasured: (row: { readonly endMs: number }) => boolean;
  /** Ends of measured windows are before this. */
  readonly toMs: number;
  readonly rssMb: number;
}

async function observe(
  context: RaceContext,
  race: LatencyCase,
  options: { readonly system: SystemName; readonly topics: LiveTopics },
): Promise<Observed> {
  const { bootstrapServers, pinning } = context;
  const { input, output } = options.topics;
  await using live = await startLive(context, race, options);
  await using arrivals = new ResultArrivals(bootstrapServers, output, pinning);
  const loadOf = (recordsPerSecond: number): Load =>
    startLoad({ ...race, recordsPerSecond }, { bootstrapServers, topic: input, pinning });
  {
    // Few records until it runs: a backlog from the time of its start is not what is measured.
    await using _ = loadOf(FIRST_RECORDS_PER_SECOND);
    await live.reading;
  }
  let fromMs: number;
  {
    await using _ = loadOf(race.recordsPerSecond);
    await Promise.race([delay(race.warmUpMs), live.failed]);
    fromMs = Date.now();
    await Promise.race([delay(race.measureMs + AFTER_MS), live.failed]);
  }
  await delay(DRAIN_MS);
  const toMs = fromMs + race.measureMs;
  return {
    delays: arrivals.delaysOf(fromMs, toMs),
    isMeasured: ({ endMs }) => endMs >= fromMs && endMs < toMs,
    toMs,
    rssMb: live.peakRssMb(),
  };
}

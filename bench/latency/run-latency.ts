// One run of one system over a live input: how long after the end of a window its results can be read.
import { setTimeout as delay } from 'node:timers/promises';
import { uniqueName } from '../../test/harness/topics.ts';
import type { LatencyCase, SystemName } from '../cases.ts';
import { PARTITIONS } from '../data/data-set.ts';
import { compareRows, type Comparison } from '../expected/compare.ts';
import { readResults } from '../expected/read-results.ts';
import type { RaceContext } from '../systems/context.ts';
import { startLive } from '../systems/live-system.ts';
import { createOutputTopic } from '../systems/output-topic.ts';
import { deleteTopics, makeTopic, topicsWith } from '../topics.ts';
import { startLoad } from './load-process.ts';
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
  const { bootstrapServers, pinning } = context;
  const input = uniqueName('bench-live');
  await makeTopic(bootstrapServers, input, { partitions: PARTITIONS });
  const output = await createOutputTopic(bootstrapServers, system);
  const arrivals = new ResultArrivals(bootstrapServers, output, pinning);
  const live = await startLive(context, race, { system, topics: { input, output } });
  let fromMs = Infinity;
  let rssMb = 0;
  // Few records until it runs: a backlog from the time of its start is not what is measured.
  let load = startLoad(
    { ...race, recordsPerSecond: FIRST_RECORDS_PER_SECOND },
    { bootstrapServers, topic: input, pinning },
  );
  try {
    await live.reading;
    await load.stop();
    load = startLoad(race, { bootstrapServers, topic: input, pinning });
    await delay(race.warmUpMs);
    fromMs = Date.now();
    await delay(race.measureMs + AFTER_MS);
  } finally {
    await load.stop();
    await delay(DRAIN_MS);
    rssMb = live.peakRssMb();
    await live.stop();
    await arrivals.stop();
  }
  const toMs = fromMs + race.measureMs;
  const delays = arrivals.delaysOf(fromMs, toMs);
  const isMeasured = ({ endMs }: { readonly endMs: number }): boolean => endMs >= fromMs && endMs < toMs;
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

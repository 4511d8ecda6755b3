// One run of one system over a data set: data, run, check, figures, tidying up.
import type { SystemName, ThroughputCase } from './cases.ts';
import type { DataSet } from './data/data-set.ts';
import { loadTopic } from './data/load-topic.ts';
import { compareRows, type Comparison } from './expected/compare.ts';
import { EventColumns, type Expected } from './expected/event-columns.ts';
import { readResults } from './expected/read-results.ts';
import type { Figures } from './measure/run-recorder.ts';
import { runCeiling } from './systems/ceiling.ts';
import type { FinishedRun, RaceContext } from './systems/context.ts';
import { openTailMs } from './systems/open-tail.ts';
import { runPeer } from './systems/peer.ts';
import { runStreamJob } from './systems/stream-job.ts';
import { deleteTopics } from './topics.ts';

export interface ThroughputResult {
  readonly figures: Figures;
  /** Null: it has no results to compare. */
  readonly comparison: Comparison | null;
}

export async function runThroughput(
  context: RaceContext,
  race: ThroughputCase,
  system: SystemName,
): Promise<ThroughputResult> {
  const { bootstrapServers } = context;
  await loadTopic(bootstrapServers, race.data);
  const run = await start(context, race, system);
  try {
    if (run.outputTopic === null) return { figures: run.recorder.figures(race.data.records, 0), comparison: null };
    const { rows, lastAppendMs } = await readResults(bootstrapServers, run.outputTopic);
    const expected = expectedFor(race);
    const comparison = compareRows(rows, expected, expected.maxTimeMs - openTailMs(race, system));
    return { figures: run.recorder.figures(race.data.records, lastAppendMs), comparison };
  } finally {
    await deleteTopics(bootstrapServers, run.topics);
  }
}

function start(context: RaceContext, race: ThroughputCase, system: SystemName): Promise<FinishedRun> {
  switch (system) {
    case 'streamjob':
      return runStreamJob(context, race);
    case 'ceiling':
      return runCeiling(context, race);
    case 'flink-datastream':
    case 'flink-sql':
    case 'kafka-streams':
      return runPeer(context, race, system);
  }
}

let lastExpected: { readonly key: string; readonly expected: Expected } | null = null;

/** Of the last case asked for they are kept: the systems of a case run one after the other. */
function expectedFor(race: ThroughputCase): Expected {
  const key = `${race.data.topic} ${JSON.stringify(race.window)}`;
  if (lastExpected?.key !== key) lastExpected = { key, expected: eventsOf(race.data).expected(race.window) };
  return lastExpected.expected;
}

function eventsOf(data: DataSet): EventColumns {
  const events = new EventColumns(data.records);
  const stream = data.stream();
  while (stream.next()) events.add(stream);
  return events;
}

// One run of one system over one case: data, run, check, figures, tidying up.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SystemName, ThroughputCase } from './cases.ts';
import { deleteTopics, loadTopic } from './data/load-topic.ts';
import { compareRows, type Comparison } from './expected/compare.ts';
import { readResults } from './expected/read-results.ts';
import { type Expected, expectedRows } from './expected/window-rows.ts';
import type { Figures } from './measure/run-recorder.ts';
import { runCeiling } from './systems/ceiling.ts';
import type { FinishedRun, RaceContext } from './systems/context.ts';
import { runPeer } from './systems/peer.ts';
import { graceMs } from './systems/peer-flags.ts';
import { runStreamJob } from './systems/stream-job.ts';

export interface ThroughputResult {
  readonly figures: Figures;
  /** Null: it has no results to compare. */
  readonly comparison: Comparison | null;
}

/** Event time before the end of the data within which windows may be left open, on top of the records' out-of-orderness. */
const OPEN_TAIL_MS = 1000;

export async function runThroughput(
  context: Omit<RaceContext, 'folder'>,
  race: ThroughputCase,
  system: SystemName,
): Promise<ThroughputResult> {
  const { bootstrapServers } = context;
  await loadTopic(bootstrapServers, race.data);
  const folder = await mkdtemp(join(tmpdir(), 'streamjob-bench-'));
  try {
    const run = await start({ ...context, folder }, race, system);
    try {
      if (run.outputTopic === null) return { figures: run.recorder.figures(race.data.records, 0), comparison: null };
      const { rows, lastAppendMs } = await readResults(bootstrapServers, run.outputTopic);
      const expected = expectedFor(race);
      const comparison = compareRows(rows, expected, {
        users: race.data.users,
        closedUpToMs:
          expected.maxTimeMs - OPEN_TAIL_MS - (system === 'kafka-streams' ? graceMs(race) : race.maxOutOfOrderMs),
      });
      return { figures: run.recorder.figures(race.data.records, lastAppendMs), comparison };
    } finally {
      await deleteTopics(bootstrapServers, run.topics);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
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
  if (lastExpected?.key !== key) lastExpected = { key, expected: expectedRows(race.data, race.window) };
  return lastExpected.expected;
}

// The ceiling of our side: what fetching and decoding alone cost.
import { join } from 'node:path';
import type { ThroughputCase } from '../cases.ts';
import type { FinishedRun, RaceContext } from './context.ts';
import { runReporting } from './reporting-process.ts';

export async function runCeiling(context: RaceContext, race: ThroughputCase): Promise<FinishedRun> {
  const { topic, records } = race.data;
  const { profileFolder } = context;
  const recorder = await runReporting(context, [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    ...(profileFolder === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]),
    join(import.meta.dirname, 'ceiling-process.ts'),
    context.bootstrapServers,
    topic,
    String(records),
  ]);
  return { recorder, outputTopic: null, topics: [] };
}

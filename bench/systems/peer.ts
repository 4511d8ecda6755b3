// One run of a peer over a data set.
import type { ThroughputCase } from '../cases.ts';
import { withAdmin } from '../../test/harness/topics.ts';
import type { FinishedRun, RaceContext } from './context.ts';
import { peerCommand } from './java-peer.ts';
import { createOutputTopic } from './output-topic.ts';
import { peerFlags, peerOf, type PeerSystem } from './peer-flags.ts';
import { runReporting } from './reporting-process.ts';

export async function runPeer(context: RaceContext, race: ThroughputCase, system: PeerSystem): Promise<FinishedRun> {
  const { topic: input, records } = race.data;
  const output = await createOutputTopic(context.bootstrapServers, system);
  const command = await peerCommand(peerOf(system), context.folder);
  const { recorder } = await runReporting(context, [
    ...command,
    ...peerFlags(system, race, { input, output, records }),
  ]);
  return { recorder, outputTopic: output, topics: await topicsOf(context.bootstrapServers, output) };
}

/** The output topic and those that the peer has made, which carry its name in front. */
export async function topicsOf(bootstrapServers: string, output: string): Promise<readonly string[]> {
  const all = await withAdmin(bootstrapServers, (admin) => admin.listTopics());
  return all.filter((topic) => topic.startsWith(output));
}

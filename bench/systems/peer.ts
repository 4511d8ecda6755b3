// One run of a peer over a data set.
import type { ThroughputCase } from '../cases.ts';
import { topicsWith } from '../topics.ts';
import type { FinishedRun, RaceContext } from './context.ts';
import { peerCommand } from './java-peer.ts';
import { createOutputTopic } from './output-topic.ts';
import { peerFlags, peerOf, type PeerSystem } from './peer-flags.ts';
import { runReporting } from './reporting-process.ts';

export async function runPeer(context: RaceContext, race: ThroughputCase, system: PeerSystem): Promise<FinishedRun> {
  const { topic: input, records } = race.data;
  const output = await createOutputTopic(context.bootstrapServers, system);
  const command = await peerCommand(peerOf(system), context.folder);
  const recorder = await runReporting(context, [...command, ...peerFlags(system, race, { input, output, records })]);
  // Those that the peer has made itself carry the output's name in front.
  return { recorder, outputTopic: output, topics: await topicsWith(context.bootstrapServers, output) };
}

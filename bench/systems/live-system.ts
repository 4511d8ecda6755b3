// A system that runs on a live input until it is told to stop.
import { setTimeout as delay } from 'node:timers/promises';
import type { LatencyCase, SystemName } from '../cases.ts';
import { peakRssMb } from '../measure/process-usage.ts';
import type { RaceContext } from './context.ts';
import { peerCommand } from './java-peer.ts';
import { peerFlags, peerOf, type PeerSystem } from './peer-flags.ts';
import { startReporting } from './reporting-process.ts';
import { startWorker } from './stream-job-worker.ts';

/** Disposing stops it. */
export interface LiveSystem extends AsyncDisposable {
  /** Resolves when it has taken in its first records. */
  readonly reading: Promise<void>;
  /** Rejects when it ends by itself; never resolves before it is stopped. */
  readonly failed: Promise<void>;
  /** So far. */
  peakRssMb(): number;
}

export interface LiveTopics {
  readonly input: string;
  readonly output: string;
}

const POLL_MS = 100;

export function startLive(
  context: RaceContext,
  race: LatencyCase,
  options: { readonly system: SystemName; readonly topics: LiveTopics },
): Promise<LiveSystem> {
  switch (options.system) {
    case 'streamjob':
      return liveWorker(context, race, options.topics);
    case 'ceiling':
      throw new Error('the ceiling has no latency');
    case 'flink-datastream':
    case 'flink-sql':
    case 'kafka-streams':
      return livePeer(context, race, { ...options, system: options.system });
  }
}

async function liveWorker(context: RaceContext, race: LatencyCase, topics: LiveTopics): Promise<LiveSystem> {
  const worker = await startWorker(context, race, topics);
  const firstRecords = async (): Promise<void> => {
    for (;;) {
      const status = await worker.status();
      if (status !== null && status.counters.records > 0) return;
      await delay(POLL_MS);
    }
  };
  return {
    reading: firstRecords(),
    failed: worker.failed,
    peakRssMb: () => peakRssMb(worker.pid),
    [Symbol.asyncDispose]: () => worker.stop(),
  };
}

async function livePeer(
  context: RaceContext,
  race: LatencyCase,
  { system, topics }: { readonly system: PeerSystem; readonly topics: LiveTopics },
): Promise<LiveSystem> {
  const command = await peerCommand(peerOf(system), context.folder);
  const run = startReporting(context, [...command, ...peerFlags(system, race, { ...topics, records: 0 })]);
  return {
    reading: run.reading,
    failed: run.done,
    peakRssMb: () => peakRssMb(run.pid),
    [Symbol.asyncDispose]: () => run.kill(),
  };
}

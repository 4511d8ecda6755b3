// How each peer is set for each case: the best honest configuration that was found for it. docs/benchmarks.md gives the reasons.
import type { Case, RaceWindow, SystemName } from '../cases.ts';
import type { PeerName } from './java-peer.ts';

export type PeerSystem = Exclude<SystemName, 'streamjob' | 'ceiling'>;

export function peerOf(system: PeerSystem): PeerName {
  return system === 'kafka-streams' ? 'kafka-streams' : 'flink';
}

/** `records` 0: the input has no end. */
export function peerFlags(
  system: PeerSystem,
  race: Case,
  topics: { readonly input: string; readonly output: string; readonly records: number },
): readonly string[] {
  const live = race.kind === 'latency';
  const shuffled = race.keyBy === 'field';
  const flags = {
    ...topics,
    ...windowFlags(race.window),
    'ooo-ms': race.maxOutOfOrderMs,
    shuffled,
    'linger-ms': live ? 5 : 50,
    ...(system === 'kafka-streams' ? kafkaStreamsFlags(race, shuffled) : flinkFlags(system, live)),
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

function windowFlags(window: RaceWindow): Record<string, string | number> {
  return {
    window: window.kind,
    'size-ms': window.kind === 'session' ? 0 : window.sizeMs,
    'slide-ms': window.kind === 'sliding' ? window.slideMs : 0,
    'gap-ms': window.kind === 'session' ? window.gapMs : 0,
  };
}

function flinkFlags(system: PeerSystem, live: boolean): Record<string, string | number> {
  return {
    api: system === 'flink-sql' ? 'sql' : 'stream',
    // Live: results can be read when the checkpoint that holds them is done. No divisor of the window's length, or the phase of the two
    // would stay what the start happened to make it.
    'commit-ms': live ? 97 : 10_000,
    'watermark-ms': live ? 20 : 200,
    'buffer-timeout-ms': live ? 5 : 100,
    'mini-batch': live ? '20 ms' : '1 s',
  };
}

function kafkaStreamsFlags(race: Case, shuffled: boolean): Record<string, string | number> {
  const live = race.kind === 'latency';
  return {
    // Behind a repartition topic records arrive when they are committed: with a long interval the second half waits for the first.
    'commit-ms': live ? 100 : shuffled ? 1000 : 10_000,
    'grace-ms': graceMs(race),
    // With the default retention (window and grace) the store may let windows go before they are emitted.
    'retention-ms': live || shuffled ? 200_000 : race.window.kind === 'session' ? 60_000 : 0,
    // The session store in memory looks through as many places as there are milliseconds in the gap, for every record.
    store: race.window.kind === 'session' ? 'rocksdb' : 'memory',
  };
}

/**
 * How much event time late a record may come. Behind a repartition topic a task sees the records of all source partitions in the order in
 * which they were written there: reading a backlog, one partition runs ahead of another by tens of seconds of event time; live, by what
 * is taken in at a time.
 */
export function graceMs(race: Case): number {
  if (race.keyBy === 'recordKey') return race.maxOutOfOrderMs;
  return race.kind === 'latency' ? 500 : 120_000;
}

// The topics that are raced on: what is in them, under which record key, and under which name a broker keeps them.
import { contentHash } from '../../test/harness/cache.ts';
import { type ClickStream, START_MS } from './click-stream.ts';
import { Rounds } from './rounds.ts';
import { Visits } from './visits.ts';

export interface DataSet {
  readonly topic: string;
  readonly records: number;
  /** What the Kafka record's key is made of. */
  readonly recordKey: 'user' | 'session';
  stream(): ClickStream;
}

/** Raised whenever the generators make something else of the same options. */
const GENERATOR_VERSION = '1';
export const PARTITIONS = 4;
const ACTIVE_USERS = 5000;
const RECORDS_PER_VISIT = 20;

interface VisitSetOptions {
  readonly records: number;
  readonly recordKey?: 'user' | 'session';
  readonly tailRecords?: number;
  readonly tailStepMs?: number;
}

/** 20 clicks per visit, 5,000 users online at a time, 5,000 records per second of event time, up to half a second out of order. */
export function visitSet({ records, recordKey = 'user', tailRecords = 0, tailStepMs = 0 }: VisitSetOptions): DataSet {
  const users = records / RECORDS_PER_VISIT;
  const options = {
    records,
    users,
    active: ACTIVE_USERS,
    microsPerRecord: 200,
    lateMs: 500,
    tailRecords,
    tailStepMs,
  };
  return {
    topic: topicName('clicks', { ...options, recordKey }),
    records: records + tailRecords,
    recordKey,
    stream: () => new Visits(options),
  };
}

/** Every user once per round; `usersPerWindow` × `roundsPerWindow` records make a window. */
export function roundSet(options: {
  readonly users: number;
  readonly roundsPerWindow: number;
  readonly windows: number;
}): DataSet & { readonly windowMs: number } {
  const { users, roundsPerWindow, windows } = options;
  const windowMs = wholeWindowMs(users * roundsPerWindow);
  const rounds = {
    users,
    rounds: roundsPerWindow * windows,
    microsPerRecord: (windowMs * 1000) / (users * roundsPerWindow),
    tailRecords: 20_000,
  };
  return {
    topic: topicName('rounds', rounds),
    records: users * rounds.rounds + rounds.tailRecords,
    recordKey: 'user',
    windowMs,
    stream: () => new Rounds(rounds),
  };
}

/** A window length near 200 µs per record by which the first event time divides, so that windows begin where rounds do. */
function wholeWindowMs(records: number): number {
  const wanted = records / 5;
  if (START_MS % wanted !== 0)
    throw new RangeError(`windows of ${wanted} ms do not begin at ${START_MS}: choose another number of records`);
  return wanted;
}

function topicName(kind: string, options: object): string {
  return `bench-${kind}-${contentHash([GENERATOR_VERSION, String(PARTITIONS), JSON.stringify(options)])}`;
}

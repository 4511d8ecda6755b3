// What is raced: each case with its data, its window, and what the figures of the table are taken from.
import { type DataSet, roundSet, visitSet } from './data/data-set.ts';

export const CASE_NAMES = [
  'tumbling-direct',
  'tumbling-shuffled',
  'sliding',
  'session',
  'keys-1m',
  'catch-up',
  'latency-direct',
  'latency-shuffled',
] as const;
export type CaseName = (typeof CASE_NAMES)[number];

export const SYSTEM_NAMES = ['streamjob', 'flink-datastream', 'flink-sql', 'kafka-streams', 'ceiling'] as const;
export type SystemName = (typeof SYSTEM_NAMES)[number];

export type RaceWindow =
  | { readonly kind: 'tumbling'; readonly sizeMs: number }
  | { readonly kind: 'sliding'; readonly sizeMs: number; readonly slideMs: number }
  | { readonly kind: 'session'; readonly gapMs: number };

interface Common {
  readonly name: CaseName;
  readonly window: RaceWindow;
  /** Grouped by the record's key, or by a field of the value that is not the record's key. */
  readonly keyBy: 'recordKey' | 'field';
  readonly maxOutOfOrderMs: number;
}

export interface ThroughputCase extends Common {
  readonly kind: 'throughput';
  readonly data: DataSet;
  /** Which rates are reported: of the second half of the records, or from the start of the process on. */
  readonly rates: 'steady' | 'withStart';
}

export interface LatencyCase extends Common {
  readonly kind: 'latency';
  readonly recordsPerSecond: number;
  readonly users: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export type Case = ThroughputCase | LatencyCase;

const TUMBLING = { kind: 'tumbling', sizeMs: 10_000 } as const;
const SLIDING = { kind: 'sliding', sizeMs: 60_000, slideMs: 5_000 } as const;
const SESSION = { kind: 'session', gapMs: 5_000 } as const;

/** The full case; `quick`: with fewer records, for a look at one's own figures. */
export function caseOf(name: CaseName, quick: boolean): Case {
  const many = quick ? 2_000_000 : 5_000_000;
  const common = { name, keyBy: 'recordKey', maxOutOfOrderMs: 1000 } as const;
  switch (name) {
    case 'tumbling-direct':
      return { ...common, kind: 'throughput', rates: 'steady', window: TUMBLING, data: visitSet({ records: many }) };
    case 'tumbling-shuffled': {
      const data = visitSet({ records: many, recordKey: 'session' });
      return { ...common, kind: 'throughput', rates: 'steady', window: TUMBLING, keyBy: 'field', data };
    }
    case 'sliding': {
      // 2 million: a peer needs minutes for them. The tail closes the last windows, of which there are many.
      const data = visitSet({ records: 2_000_000, tailRecords: 7_000, tailStepMs: 10 });
      return { ...common, kind: 'throughput', rates: 'steady', window: SLIDING, data };
    }
    case 'session':
      return { ...common, kind: 'throughput', rates: 'steady', window: SESSION, data: visitSet({ records: many }) };
    case 'keys-1m': {
      const { windowMs, ...data } = roundSet({ users: 1_000_000, roundsPerWindow: 2, windows: quick ? 1 : 3 });
      return { ...common, kind: 'throughput', rates: 'steady', window: { kind: 'tumbling', sizeMs: windowMs }, data };
    }
    case 'catch-up': {
      const data = visitSet({ records: quick ? many : 10_000_000 });
      return { ...common, kind: 'throughput', rates: 'withStart', window: TUMBLING, data };
    }
    case 'latency-direct':
    case 'latency-shuffled':
      return {
        ...common,
        kind: 'latency',
        keyBy: name === 'latency-direct' ? 'recordKey' : 'field',
        window: { kind: 'tumbling', sizeMs: 1000 },
        maxOutOfOrderMs: 0,
        recordsPerSecond: 20_000,
        users: 1000,
        warmUpMs: quick ? 4_000 : 20_000,
        measureMs: quick ? 8_000 : 30_000,
      };
  }
}

/** Topics with data of any case, full or quick. */
export function dataTopics(): ReadonlySet<string> {
  const races = CASE_NAMES.flatMap((name) => [caseOf(name, false), caseOf(name, true)]);
  return new Set(races.flatMap((race) => (race.kind === 'throughput' ? [race.data.topic] : [])));
}

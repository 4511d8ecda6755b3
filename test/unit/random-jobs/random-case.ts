// Random jobs, records and schedules for fast-check. Everything is plain numbers and choices, so that a counterexample shrinks and reads well;
// script.ts turns them into a manifest and into steps that make sense for the job.
import fc from 'fast-check';
import { type Fn, FNS } from './aggregates.ts';
import { CONDITIONS, INPUTS } from './vocabulary.ts';

export type WindowSpec =
  | { readonly kind: 'tumbling'; readonly size: number; readonly offset: number }
  | { readonly kind: 'sliding'; readonly size: number; readonly slide: number; readonly offset: number }
  | { readonly kind: 'cumulative'; readonly steps: number; readonly step: number; readonly offset: number }
  | { readonly kind: 'session'; readonly gap: number }
  | { readonly kind: 'global' };

export interface AggregateSpec {
  readonly fn: Fn;
  /** Index into INPUTS; −1: the record itself, for count. */
  readonly input: number;
  /** Index into CONDITIONS; −1: none. */
  readonly where: number;
  readonly q: number;
  readonly most: number;
}

export interface JobSpec {
  /** `free`: partitions are fed at once, and nothing is late; `fixed`: they meet in the order of the script. */
  readonly order: 'direct' | 'fixed' | 'free';
  readonly keyBy: readonly string[];
  readonly window: WindowSpec;
  readonly emit: 'close' | 'update' | 'interval';
  readonly latenessMs: number;
  readonly outOfOrderMs: number;
  readonly where: number;
  readonly aggregates: readonly AggregateSpec[];
  readonly lateData: boolean;
  readonly deadLetter: boolean;
  readonly idleTimeout: boolean;
  readonly closeIdle: boolean;
  readonly unit: 'ms' | 's' | 'us' | 'ns' | 'iso8601' | 'record';
  /** Event time at which the sources begin. */
  readonly baseMs: number;
  readonly maxFutureMs: number;
  readonly partitions: number;
  /** Workers at the start. */
  readonly workers: number;
}

export interface RecordSpec {
  readonly kind: 'record';
  readonly partition: number;
  /** What the clock of the sources goes on by before this record. */
  readonly onMs: number;
  /** How far behind that clock it is. */
  readonly behindMs: number;
  /** Kafka timestamp is so far behind the event time. */
  readonly lagMs: number;
  readonly flavor: 'good' | 'null' | 'malformed' | 'noObject' | 'noTime';
  readonly timeForm: number;
  readonly key: number;
  readonly header: string | null;
  /** JSON texts; null: absent. */
  readonly k: string | null;
  readonly id: string | null;
  readonly n: string | null;
  readonly m: string | null;
  readonly s: string | null;
  readonly t: string | null;
  readonly b: string | null;
}

export type StepSpec =
  | RecordSpec
  | { readonly kind: 'settle' | 'checkpoint' | 'crash' | 'zombie' | 'resume' | 'stop' }
  | { readonly kind: 'turn'; readonly ms: number }
  /** The answer to a request of the oldest worker is lost, `after` requests from now; `reaches`: it was executed. */
  | { readonly kind: 'lose'; readonly after: number; readonly reaches: boolean }
  /** As many records as it says, drawn with the seed. */
  | { readonly kind: 'burst'; readonly seed: number; readonly count: number; readonly partition: number }
  | { readonly kind: 'scale'; readonly workers: number }
  | { readonly kind: 'advance'; readonly far: boolean };

export interface RandomCase {
  readonly job: JobSpec;
  readonly steps: readonly StepSpec[];
}

const either = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);
const mostly = <T>(usual: readonly T[], rare: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: either(...usual), weight: 9 }, { arbitrary: either(...rare), weight: 1 });
const int = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

const window: fc.Arbitrary<WindowSpec> = fc.oneof(
  fc.record({ kind: fc.constant('tumbling' as const), size: int(1, 20), offset: int(-9, 9) }),
  fc.record({ kind: fc.constant('sliding' as const), size: int(2, 24), slide: int(1, 24), offset: int(-9, 9) }),
  fc.record({ kind: fc.constant('cumulative' as const), steps: int(1, 4), step: int(1, 8), offset: int(-9, 9) }),
  fc.record({ kind: fc.constant('session' as const), gap: int(1, 10) }),
  fc.record({ kind: fc.constant('session' as const), gap: int(1, 10) }),
  fc.constant({ kind: 'global' as const }),
);

const aggregate: fc.Arbitrary<AggregateSpec> = fc.record({
  fn: either(...FNS),
  input: int(0, INPUTS.length - 1),
  where: mostly(
    [-1],
    CONDITIONS.map((_, index) => index),
  ),
  q: either(0.5, 0, 1, 0.9),
  most: either(2, 1, 5, 100),
});

const job: fc.Arbitrary<JobSpec> = fc.record({
  order: fc.oneof(
    { arbitrary: fc.constant('fixed' as const), weight: 3 },
    { arbitrary: either('direct' as const, 'free' as const), weight: 3 },
  ),
  keyBy: either(['k'], ['k'], ['u.id'], ['k', 'u.id'], ['$key'], ['$partition'], ['$headers.h', 'k'], ['b']),
  window,
  emit: either('close', 'close', 'update', 'interval'),
  latenessMs: either(0, 0, 3, 10, 30),
  outOfOrderMs: either(0, 0, 2, 8),
  where: fc.oneof({ arbitrary: fc.constant(-1), weight: 3 }, { arbitrary: int(0, CONDITIONS.length - 1), weight: 1 }),
  aggregates: fc.array(aggregate, { minLength: 1, maxLength: 5 }),
  lateData: fc.boolean(),
  deadLetter: fc.boolean(),
  idleTimeout: fc.boolean(),
  closeIdle: mostly([false, false, true], [true]),
  unit: either('ms', 'ms', 's', 'us', 'ns', 'iso8601', 'record'),
  baseMs: either(1_000, 0, 1_700_000_000_000),
  maxFutureMs: mostly([0], [5]),
  partitions: int(1, 3),
  workers: int(1, 2),
});

const number = mostly(
  ['0', '1', '2', '3', '4', '5', '-3'],
  ['1.0', '2.5', '1e1', 'null', '"7"', '9007199254740993', '{}'],
);
export const record: fc.Arbitrary<RecordSpec> = fc.record({
  kind: fc.constant('record' as const),
  partition: int(0, 2),
  onMs: fc.oneof({ arbitrary: int(0, 3), weight: 8 }, { arbitrary: int(4, 40), weight: 1 }),
  behindMs: fc.oneof({ arbitrary: int(0, 2), weight: 4 }, { arbitrary: int(0, 40), weight: 1 }),
  lagMs: mostly([0], [0, 5, 6, 20]),
  flavor: fc.oneof(
    { arbitrary: fc.constant('good' as const), weight: 20 },
    { arbitrary: either('null' as const, 'malformed' as const, 'noObject' as const, 'noTime' as const), weight: 1 },
  ),
  timeForm: int(0, 3),
  key: int(0, 3),
  header: mostly(['1', '2'], [null, '']),
  k: mostly(['"a"', '"b"', '1', 'true'], ['"1"', '1.0', '""', 'null', '{}', null, '"ü\\n"']),
  id: mostly(['"a"', '7'], ['null', null, 'false', '[]']),
  n: fc.oneof({ arbitrary: number, weight: 9 }, { arbitrary: fc.constant(null), weight: 1 }),
  m: mostly(['1', '2', '3', '4', '5', '6'], ['null', null]),
  s: mostly(['"x"', '"y"', '1', '2', 'true'], ['null', null, '1.0', '"1"', '"\\u00fc"', 'false']),
  t: mostly(['"a"', '"b"', '"c"'], ['null', null, '"d"']),
  b: mostly(['true', 'false'], ['null', null, '1']),
});

const burst: fc.Arbitrary<StepSpec> = fc.record({
  kind: fc.constant('burst' as const),
  seed: int(1, 1_000_000),
  count: fc.oneof({ arbitrary: int(1, 20), weight: 3 }, { arbitrary: int(20, 250), weight: 1 }),
  partition: int(0, 2),
});

const step: fc.Arbitrary<StepSpec> = fc.oneof(
  { arbitrary: record, weight: 30 },
  { arbitrary: fc.record({ kind: either('settle' as const, 'checkpoint' as const, 'crash' as const) }), weight: 3 },
  { arbitrary: fc.record({ kind: either('zombie' as const, 'resume' as const, 'stop' as const) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('turn' as const), ms: int(1, 150) }), weight: 2 },
  { arbitrary: fc.record({ kind: fc.constant('lose' as const), after: int(0, 30), reaches: fc.boolean() }), weight: 1 },
  { arbitrary: burst, weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('scale' as const), workers: int(1, 3) }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constant('advance' as const), far: fc.boolean() }), weight: 1 },
);

export const randomCase: fc.Arbitrary<RandomCase> = fc.record({
  job,
  steps: fc.array(step, { minLength: 1, maxLength: 45, size: 'max' }),
});

// Cases that random runs have found, as small as they got: each was wrong once.
import type { JobSpec, RandomCase, RecordSpec, StepSpec } from './random-case.ts';

const JOB: JobSpec = {
  order: 'fixed',
  keyBy: ['k'],
  window: { kind: 'tumbling', size: 12, offset: 7 },
  emit: 'close',
  latenessMs: 0,
  outOfOrderMs: 0,
  where: -1,
  aggregates: [{ fn: 'count', input: -1, where: -1, q: 0.5, most: 1 }],
  lateData: false,
  deadLetter: false,
  idleTimeout: false,
  closeIdle: false,
  unit: 'ms',
  baseMs: 1_000,
  maxFutureMs: 0,
  partitions: 1,
  workers: 1,
};

/** A record so far behind the clock of the sources, which goes on by `onMs` before. */
const record = (onMs: number, behindMs = 0, more: Partial<RecordSpec> = {}): RecordSpec => ({
  kind: 'record',
  partition: 0,
  onMs,
  behindMs,
  lagMs: 0,
  flavor: 'good',
  timeForm: 0,
  key: 0,
  header: '1',
  k: '"a"',
  id: '7',
  n: '1',
  m: '1',
  s: '1',
  t: '"a"',
  b: 'true',
  ...more,
});
const SETTLE: StepSpec = { kind: 'settle' };
const SILENCE: StepSpec = { kind: 'advance', far: true };
const SHORT: StepSpec = { kind: 'advance', far: false };

const RETURNS_BEHIND: readonly StepSpec[] = [record(1), record(3), SILENCE, record(1), SETTLE];

export const FOUND_CASES: Readonly<Record<string, RandomCase>> = {
  'a record behind one cumulative window is in time for the longer one that a later record of the same commit closes': {
    job: { ...JOB, window: { kind: 'cumulative', steps: 2, step: 1, offset: 0 } },
    steps: [record(0, 1), record(0, 2), record(0)],
  },
  'a record that lateness allows is taken before a later record of the same commit ends the lateness': {
    job: { ...JOB, window: { kind: 'tumbling', size: 5, offset: 0 }, latenessMs: 5 },
    steps: [record(0), record(7), record(0, 6), record(10)],
  },
  'a record behind one sliding window is in time for the others, among many keys': {
    job: { ...JOB, window: { kind: 'sliding', size: 10, slide: 5, offset: 0 }, emit: 'update' },
    steps: [
      record(0),
      record(6, 0, { k: '1' }),
      record(0, 4, { k: '1' }),
      record(5),
      record(0, 7),
      record(9, 0, { k: '1' }),
    ],
  },
  'a partition that comes back behind the windows that silence has closed, and dies before it has caught up': {
    job: { ...JOB, lateData: true, closeIdle: true },
    steps: [...RETURNS_BEHIND, { kind: 'crash' }, record(1)],
  },
  'a partition that comes back behind, and goes to another worker': {
    job: { ...JOB, lateData: true, closeIdle: true },
    steps: [...RETURNS_BEHIND, { kind: 'stop' }, record(1)],
  },
  'a worker that is back when what it wanted to read next is folded by another and deleted': {
    job: {
      ...JOB,
      window: { kind: 'sliding', size: 3, slide: 3, offset: 0 },
      baseMs: 1_700_000_000_000,
      closeIdle: true,
      workers: 2,
    },
    steps: [
      record(1),
      SETTLE,
      { kind: 'lose', after: 23, reaches: true },
      record(1),
      SHORT,
      { kind: 'zombie' },
      { kind: 'turn', ms: 130 },
      record(3),
      { kind: 'checkpoint' },
      record(0, 2),
      SHORT,
      record(1, 1),
      { kind: 'checkpoint' },
    ],
  },
};

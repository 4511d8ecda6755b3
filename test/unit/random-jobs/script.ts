// From the plain choices of a random case to a manifest and to what happens, step by step: bounds are made to fit each other, records get
// their times and texts, and partitions that must not race each other are kept apart.
import { SCALAR_FNS } from './aggregates.ts';
import fc from 'fast-check';
import { type AggregateSpec, type JobSpec, type RandomCase, record, type RecordSpec } from './random-case.ts';
import { CONDITIONS, INPUTS } from './vocabulary.ts';

export const EVERY_MS = 5_000;
/** Longer than every silence that a job waits for. */
export const FAR_MS = 600_000;
const NEAR_MS = 1_000;
/** Short steps of the wall clock that together stay below every such silence. */
const MOST_NEAR = 15;

export interface ScriptRecord {
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly header: string | null;
  readonly timestampMs: number;
  /** What the value says; null: it says none. */
  readonly eventTimeMs: number | null;
}

export type ScriptStep =
  | { readonly kind: 'feed'; readonly records: readonly ScriptRecord[] }
  | { readonly kind: 'settle' | 'checkpoint' | 'crash' | 'zombie' | 'resume' | 'stop' }
  | { readonly kind: 'turn' | 'advance'; readonly ms: number }
  | { readonly kind: 'lose'; readonly after: number; readonly reaches: boolean }
  | { readonly kind: 'scale'; readonly workers: number };

/** The choices with what contradicts itself taken out. */
export function consistent(job: JobSpec): JobSpec {
  const global = job.window.kind === 'global';
  const nothingLate = job.order === 'free';
  return {
    ...job,
    keyBy: job.order === 'direct' ? ['$key'] : job.keyBy,
    emit: global && job.emit === 'close' ? 'update' : job.emit,
    latenessMs: global ? 0 : job.latenessMs,
    closeIdle: job.closeIdle && !nothingLate,
    maxFutureMs: job.unit === 'record' ? 0 : job.maxFutureMs,
    aggregates: job.aggregates.map(consistentInput),
  };
}

function consistentInput(spec: AggregateSpec): AggregateSpec {
  if (spec.fn === 'count' && spec.input % 2 === 0) return { ...spec, input: -1 };
  if (SCALAR_FNS.includes(spec.fn) || INPUTS[spec.input]!.numeric) return spec;
  return { ...spec, input: 0 };
}

export function manifestOf(job: JobSpec): Record<string, unknown> {
  return {
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: { name: 'random' },
    spec: {
      source: {
        kafka: { bootstrapServers: 'kafka:9092', topic: 'in', partitioner: 'trusted' },
        ...(job.unit === 'record' ? {} : { eventTime: { field: 'ts', unit: job.unit } }),
        watermark: {
          maxOutOfOrderness: `${job.outOfOrderMs}ms`,
          idleTimeout: job.idleTimeout ? '1m' : '0s',
          closeIdleAfter: job.closeIdle ? '2m' : '0s',
          maxFuture: `${job.maxFutureMs}ms`,
        },
      },
      onBadRecord: job.deadLetter ? { deadLetter: { kafka: { topic: 'dead' } } } : 'skip',
      ...(job.where < 0 ? {} : { where: CONDITIONS[job.where]!.cel }),
      keyBy: job.keyBy,
      shuffle: job.order === 'direct' ? 'auto' : 'always',
      window: windowOf(job.window),
      allowedLateness: `${job.latenessMs}ms`,
      ...(job.lateData ? { lateData: { kafka: { topic: 'late' } } } : {}),
      emit: job.emit === 'interval' ? { mode: 'interval', every: `${EVERY_MS}ms` } : { mode: job.emit },
      aggregates: Object.fromEntries(job.aggregates.map((spec, index) => [`a${index}`, aggregateOf(spec)])),
      sinks: [{ kafka: { topic: 'out' } }],
      checkpoint: { interval: '1s', storage: { local: { path: '/unused' } } },
      // What closeIdleAfter closes depends on which keys share a task: with one task all do.
      maxParallelism: job.closeIdle ? 1 : 4,
    },
  };
}

function windowOf(window: JobSpec['window']): Record<string, unknown> {
  const ms = (value: number): string => `${value}ms`;
  const within = (offset: number, spacing: number): string => ms(offset % spacing);
  switch (window.kind) {
    case 'tumbling':
      return { tumbling: { size: ms(window.size), offset: within(window.offset, window.size) } };
    case 'sliding': {
      const slide = Math.min(window.slide, window.size);
      return { sliding: { size: ms(window.size), slide: ms(slide), offset: within(window.offset, slide) } };
    }
    case 'cumulative': {
      const size = window.steps * window.step;
      return { cumulative: { size: ms(size), step: ms(window.step), offset: within(window.offset, window.step) } };
    }
    case 'session':
      return { session: { gap: ms(window.gap) } };
    case 'global':
      return { global: {} };
  }
}

function aggregateOf({ fn, input, where, q, most }: AggregateSpec): Record<string, unknown> {
  const settings = {
    ...(input < 0 ? {} : INPUTS[input]!.manifest),
    ...(fn === 'quantile' ? { q } : {}),
    ...(fn === 'topK' ? { k: most } : {}),
    ...(fn === 'collect' ? { limit: most } : {}),
  };
  return { [fn]: settings, ...(where < 0 ? {} : { where: CONDITIONS[where]!.cel }) };
}

/** Of the job as `consistent` leaves it. */
export function scriptOf(job: JobSpec, steps: RandomCase['steps']): readonly ScriptStep[] {
  const script: ScriptStep[] = [];
  const times = new Times(job);
  let near = 0;
  let unsettled: number | null = null;
  const drawn = steps.flatMap((step) =>
    step.kind === 'burst'
      ? fc.sample(record, { seed: step.seed, numRuns: step.count }).map((it) => ({ ...it, partition: step.partition }))
      : [step],
  );
  for (const step of drawn) {
    if (step.kind === 'record') {
      const record = recordOf(job, step, times);
      if (job.order === 'fixed' && unsettled !== null && unsettled !== record.partition)
        script.push({ kind: 'settle' });
      unsettled = record.partition;
      const last = script.at(-1);
      if (last?.kind === 'feed' && last.records[0]!.partition === record.partition)
        script[script.length - 1] = { kind: 'feed', records: [...last.records, record] };
      else script.push({ kind: 'feed', records: [record] });
      continue;
    }
    if (step.kind !== 'advance') script.push(step);
    else if (step.far && job.order !== 'free') script.push({ kind: 'advance', ms: FAR_MS });
    else if (near++ < MOST_NEAR) script.push({ kind: 'advance', ms: NEAR_MS });
  }
  // A task that is told of the end takes what it has read for all there is.
  script.push({ kind: 'settle' });
  return script;
}

/** Event times: the clock of the sources goes on, records are somewhat behind it. */
class Times {
  readonly #job: JobSpec;
  readonly #highest = new Map<number, number>();
  #nowMs: number;

  constructor(job: JobSpec) {
    this.#job = job;
    this.#nowMs = job.baseMs;
  }

  next({ onMs, behindMs }: RecordSpec, partition: number): number {
    const { order, partitions, outOfOrderMs, unit } = this.#job;
    this.#nowMs += onMs;
    // A Kafka timestamp is not negative.
    const timeMs = unit === 'record' ? Math.max(0, this.#nowMs - behindMs) : this.#nowMs - behindMs;
    if (order !== 'free') return timeMs;
    // Never behind the watermark of its partition, and never equal to a time of another one: then nothing depends on who comes first.
    const highest = this.#highest.get(partition) ?? Number.NEGATIVE_INFINITY;
    // One more for sessions: those that end at the very time of the record may be open or closed.
    let atMs = Math.max(timeMs, highest - outOfOrderMs + 1);
    while ((((atMs - partition) % partitions) + partitions) % partitions !== 0) atMs++;
    this.#highest.set(partition, Math.max(highest, atMs));
    return atMs;
  }
}

function recordOf(job: JobSpec, spec: RecordSpec, times: Times): ScriptRecord {
  // A direct job needs a key in one partition.
  const partition = (job.order === 'direct' ? spec.key : spec.partition) % job.partitions;
  const key = ['x', 'y', '', null][spec.key]!;
  const timeMs = times.next(spec, partition);
  const timed = job.unit === 'record' || spec.flavor === 'good';
  return {
    partition,
    key,
    header: spec.header,
    timestampMs: job.unit === 'record' ? timeMs : Math.max(-1, timeMs - spec.lagMs),
    eventTimeMs: timed ? timeMs : null,
    value: valueOf(job, spec, timeMs),
  };
}

function valueOf({ unit }: JobSpec, spec: RecordSpec, timeMs: number): string | null {
  if (spec.flavor === 'null') return null;
  if (spec.flavor === 'malformed') return ['{"k":', '', '{"k":"a","ts":1000}}', '{"ts":01}'][spec.timeForm]!;
  if (spec.flavor === 'noObject') return ['[1]', '"a"', 'null', '7'][spec.timeForm]!;
  const { k, id, n, m, s, t, b } = spec;
  const ts =
    spec.flavor === 'noTime'
      ? ['null', 'true', null, '"later"'][spec.timeForm]!
      : timeText(unit, spec.timeForm, timeMs);
  const fields = { b, ts, k, u: id === null ? null : `{"id":${id},"ts":0}`, n, m, s, t };
  const present = Object.entries(fields).filter(([, text]) => text !== null);
  return `{${present.map(([name, text]) => `"${name}":${text}`).join(', ')}}`;
}

/** The same time in several spellings. */
function timeText(unit: JobSpec['unit'], form: number, timeMs: number): string {
  switch (unit) {
    case 'iso8601': {
      const iso = new Date(timeMs).toISOString();
      return `"${[iso, iso.replace('Z', '+00:00'), iso.replace('Z', ''), iso.replace('Z', '999Z')][form]}"`;
    }
    case 's': {
      const seconds = (timeMs / 1_000).toFixed(3);
      return [seconds, `"${seconds}"`, ((timeMs + 0.9) / 1_000).toFixed(4), seconds][form]!;
    }
    case 'us':
      return [timeMs * 1_000, `"${timeMs * 1_000 + 999}"`, timeMs * 1_000 + 1.5, timeMs * 1_000 + 500].map(String)[
        form
      ]!;
    case 'ns': {
      const [first, last] = [BigInt(timeMs) * 1_000_000n, BigInt(timeMs) * 1_000_000n + 999_999n];
      return [`${first}`, `"${first}"`, `${last}`, `"${last}"`][form]!;
    }
    case 'ms':
    case 'record':
      return [`${timeMs}`, `"${timeMs}"`, `${timeMs + 0.75}`, `${timeMs}.0`][form]!;
  }
}

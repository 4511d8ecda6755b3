// Which differences between two valid specs a job with state cannot take over in place: whatever its state or its results
// depend on, and where its state lies. All else is a change of pace, size or address, and is applied.
import { type ResolvedJob, type ResolvedStorage, canonicalJson } from '../../../crds/index.ts';

export interface RefusedChange {
  /** Path in the manifest. */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

type Aspect = readonly [path: string, of: (job: ResolvedJob) => unknown];

const ASPECTS: readonly Aspect[] = [
  ['spec.keyBy', (job) => job.keyBy],
  ['spec.window', (job) => job.window],
  ['spec.maxParallelism', (job) => (job.mode === 'shuffled' ? job.maxParallelism : null)],
  ['spec.source.kafka.topic', (job) => job.source.kafka.topic],
  ['spec.shuffle', (job) => job.mode],
  ['spec.aggregates', (job) => job.aggregates],
  ['spec.where', (job) => job.where],
  ['spec.source.format', (job) => job.source.format],
  ['spec.source.eventTime', (job) => job.source.eventTime],
  ['spec.source.watermark', (job) => job.source.watermark],
  ['spec.allowedLateness', (job) => job.allowedLatenessMs],
  ['spec.lateData', (job) => job.lateData],
  ['spec.emit', (job) => job.emit],
  ['spec.sinks', (job) => job.sinks.map(canonicalJson).sort()],
  ['spec.checkpoint.storage', (job) => placeOf(job.checkpoint.storage)],
];

/** Empty when the job can go on with the new spec. */
export function refusedChanges(before: ResolvedJob, after: ResolvedJob): RefusedChange[] {
  const changes = ASPECTS.map(([path, of]) => ({ path, before: of(before), after: of(after) })).filter(
    (change) => canonicalJson(change.before) !== canonicalJson(change.after),
  );
  // A change of keyBy may turn a shuffled job into a direct one: the consequence need not be named beside its cause.
  const named = changes.some((change) => change.path === 'spec.keyBy');
  return named
    ? changes.filter((change) => change.path !== 'spec.shuffle' && change.path !== 'spec.maxParallelism')
    : changes;
}

export function refusalText(changes: readonly RefusedChange[], keptGeneration: number): string {
  const [first, ...more] = changes;
  if (first === undefined) return '';
  const others = more.length === 0 ? '' : ` (nor ${more.map((change) => change.path).join(', ')})`;
  return (
    `${first.path} cannot change while the job has state: it is ${show(first.before)}, the change asks for ${show(first.after)}${others}. ` +
    `Generation ${keptGeneration} keeps running. Undo the change, create a new job, or delete this one and create it anew.`
  );
}

/** Where state lies, without how it is reached. */
function placeOf(storage: ResolvedStorage): unknown {
  return storage.kind === 's3' ? { bucket: storage.bucket, prefix: storage.prefix } : { path: storage.path };
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}

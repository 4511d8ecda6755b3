// From a manifest that has been found valid to the job that the rest of the code works with.
import { parseDuration } from './duration.ts';
import type {
  ResolvedAggregate,
  ResolvedEmit,
  ResolvedFunction,
  ResolvedInput,
  ResolvedJob,
  ResolvedOnBadRecord,
  ResolvedSink,
  ResolvedSource,
  ResolvedStartFrom,
  ResolvedStorage,
  ResolvedWindow,
} from './resolved-job.ts';
import { AGGREGATE_FUNCTIONS } from './schema/aggregates.ts';
import type { FilledSpec } from './schema/spec.ts';

/**
 * Resolves a spec that `validateStreamJob` has accepted.
 * @throws Error when it meets a part that validation should have refused: a defect of ours, not of the manifest.
 */
export function resolve(metadata: { name: string; namespace?: string | undefined }, spec: FilledSpec): ResolvedJob {
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? 'default',
    source: resolveSource(spec.source),
    onBadRecord: resolveOnBadRecord(spec.onBadRecord),
    where: spec.where ?? null,
    keyBy: spec.keyBy,
    mode: spec.shuffle !== 'always' && isRecordKey(spec.keyBy) ? 'direct' : 'shuffled',
    window: resolveWindow(spec.window),
    allowedLatenessMs: parseDuration(spec.allowedLateness),
    lateData: spec.lateData === undefined ? null : { topic: spec.lateData.kafka.topic },
    emit: resolveEmit(spec.emit),
    aggregates: Object.keys(spec.aggregates)
      .sort()
      .map((name) => resolveAggregate(name, spec.aggregates[name] ?? {})),
    sinks: spec.sinks.map(resolveSink),
    delivery: {
      guarantee: 'exactlyOnce',
      commitIntervalMs: parseDuration(spec.delivery.commitInterval),
      transactionTimeoutMs: parseDuration(spec.delivery.transactionTimeout),
    },
    checkpoint: {
      intervalMs: parseDuration(spec.checkpoint.interval),
      retain: spec.checkpoint.retain,
      storage: resolveStorage(spec.checkpoint.storage),
    },
    parallelism: spec.parallelism,
    maxParallelism: spec.maxParallelism,
    state: spec.state,
    deletion: {
      policy: spec.deletion.policy === 'drop' ? 'drop' : 'retain',
      deadlineMs: parseDuration(spec.deletion.deadline),
    },
    worker: {
      image: spec.worker.image === '' ? null : spec.worker.image,
      resources: spec.worker.resources,
      env: spec.worker.env,
      podTemplate: spec.worker.podTemplate,
      stateMemoryBytes: spec.worker.stateMemory,
    },
  };
}

/** Whether records are grouped by nothing but the key of the Kafka record. */
export function isRecordKey(keyBy: readonly string[]): boolean {
  return keyBy.length === 1 && keyBy[0] === '$key';
}

/** The addresses of a comma-separated list. */
export function splitServers(list: string): string[] {
  return list
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '');
}

function resolveSource(source: FilledSpec['source']): ResolvedSource {
  const { kafka, eventTime, watermark } = source;
  if (kafka.topic === undefined) throw unresolvable('source.kafka', kafka);
  return {
    kafka: {
      bootstrapServers: splitServers(kafka.bootstrapServers).join(','),
      topic: kafka.topic,
      startFrom: resolveStartFrom(kafka.startFrom),
      partitioner: kafka.partitioner,
    },
    format: { kind: 'json' },
    eventTime:
      eventTime === undefined
        ? { kind: 'recordTimestamp' }
        : { kind: 'field', field: eventTime.field, unit: eventTime.unit },
    watermark: {
      maxOutOfOrdernessMs: parseDuration(watermark.maxOutOfOrderness),
      idleTimeoutMs: parseDuration(watermark.idleTimeout),
      closeIdleAfterMs: parseDuration(watermark.closeIdleAfter),
      maxFutureMs: parseDuration(watermark.maxFuture),
      maxDriftMs: parseDuration(watermark.maxDrift),
    },
  };
}

function resolveStartFrom(startFrom: FilledSpec['source']['kafka']['startFrom']): ResolvedStartFrom {
  if (typeof startFrom === 'string') return { kind: startFrom };
  if ('timestamp' in startFrom) return { kind: 'timestamp', timestampMs: Date.parse(startFrom.timestamp) };
  throw unresolvable('source.kafka.startFrom', startFrom);
}

function resolveOnBadRecord(rule: FilledSpec['onBadRecord']): ResolvedOnBadRecord {
  return typeof rule === 'string' ? { kind: rule } : { kind: 'deadLetter', topic: rule.deadLetter.kafka.topic };
}

function resolveWindow(window: FilledSpec['window']): ResolvedWindow {
  const { tumbling, sliding, session, cumulative, global } = window;
  const ms = parseDuration;
  if (tumbling !== undefined) return { kind: 'tumbling', sizeMs: ms(tumbling.size), offsetMs: ms(tumbling.offset) };
  if (sliding !== undefined)
    return { kind: 'sliding', sizeMs: ms(sliding.size), slideMs: ms(sliding.slide), offsetMs: ms(sliding.offset) };
  if (session !== undefined) return { kind: 'session', gapMs: ms(session.gap) };
  if (cumulative !== undefined) {
    const { size, step, offset } = cumulative;
    return { kind: 'cumulative', sizeMs: ms(size), stepMs: ms(step), offsetMs: ms(offset) };
  }
  if (global !== undefined) return { kind: 'global' };
  throw unresolvable('window', window);
}

function resolveEmit({ mode, every }: FilledSpec['emit']): ResolvedEmit {
  if (mode !== 'interval') return { mode };
  if (every === undefined) throw unresolvable('emit', { mode });
  return { mode, everyMs: parseDuration(every) };
}

function resolveAggregate(name: string, aggregate: FilledSpec['aggregates'][string]): ResolvedAggregate {
  for (const fn of AGGREGATE_FUNCTIONS) {
    const options = aggregate[fn];
    if (options === undefined) continue;
    const where = options.where ?? aggregate.where ?? null;
    return { name, input: resolveInput(options), where, ...resolveFunction(fn, aggregate) };
  }
  throw unresolvable(`aggregates.${name}`, aggregate);
}

function resolveInput({ field, of }: { field?: string | undefined; of?: string | undefined }): ResolvedInput {
  if (field !== undefined) return { kind: 'field', field };
  return of === undefined ? { kind: 'record' } : { kind: 'expression', text: of };
}

function resolveFunction(
  fn: (typeof AGGREGATE_FUNCTIONS)[number],
  { quantile, topK, collect }: FilledSpec['aggregates'][string],
): ResolvedFunction {
  if (fn === 'quantile') return { fn, q: quantile?.q ?? 0, relativeError: quantile?.relativeError ?? 0 };
  if (fn === 'topK') return { fn, k: topK?.k ?? 0 };
  if (fn === 'collect') return { fn, limit: collect?.limit ?? 0 };
  return { fn };
}

function resolveSink(sink: FilledSpec['sinks'][number]): ResolvedSink {
  if (sink.kafka !== undefined) return { kind: 'kafka', topic: sink.kafka.topic };
  if (sink.print !== undefined) return { kind: 'print' };
  throw unresolvable('sinks', sink);
}

function resolveStorage(storage: FilledSpec['checkpoint']['storage']): ResolvedStorage {
  const { s3, local } = storage;
  if (s3 !== undefined) {
    return {
      kind: 's3',
      bucket: s3.bucket,
      prefix: s3.prefix.replace(/^\/+|\/+$/g, ''),
      region: s3.region,
      endpoint: s3.endpoint === '' ? null : s3.endpoint,
      pathStyle: s3.pathStyle,
      credentialsSecret: s3.credentialsSecretRef?.name ?? null,
      sse: s3.sse === '' ? null : s3.sse,
    };
  }
  if (local !== undefined) return { kind: 'local', path: local.path };
  throw unresolvable('checkpoint.storage', storage);
}

function unresolvable(path: string, value: unknown): Error {
  return new Error(`spec.${path} cannot be resolved, although it was found valid: ${JSON.stringify(value)}`);
}

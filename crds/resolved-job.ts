// The job that runtime and operator work with: every default applied, every duration in milliseconds, every choice a
// discriminated union. It holds only what this release implements; the rest of the contract is refused before it gets here.

/** Fields that a later release makes variable are literal types here, so that whoever widens one is led to every use. */
export interface ResolvedJob {
  /** DNS label without dots. */
  readonly name: string;
  /** `default` when the manifest names none. */
  readonly namespace: string;
  readonly source: ResolvedSource;
  readonly onBadRecord: ResolvedOnBadRecord;
  /** CEL text of the filter, null = every record. */
  readonly where: string | null;
  /** Field paths (`a.b`), `$key`, `$partition` or `$headers.x`, in the order of the manifest; ≥ 1, no duplicates. */
  readonly keyBy: readonly string[];
  /** `direct`: keyBy is exactly [$key] and shuffle is not `always`; no shuffle topic exists. */
  readonly mode: 'direct' | 'shuffled';
  readonly window: ResolvedWindow;
  readonly allowedLatenessMs: number;
  /** Null: late records are counted only. The topic is in the source's cluster. */
  readonly lateData: { readonly topic: string } | null;
  readonly emit: ResolvedEmit;
  /** Ordered by name (code units), because the API server does not keep the order of a map. */
  readonly aggregates: readonly ResolvedAggregate[];
  /** ≥ 1, in the order of the manifest. */
  readonly sinks: readonly ResolvedSink[];
  readonly delivery: ResolvedDelivery;
  readonly checkpoint: ResolvedCheckpoint;
  /** Worker replicas; 0 is allowed. */
  readonly parallelism: number;
  /** Partitions of the shuffle topic, 1 to 1024. */
  readonly maxParallelism: number;
  readonly state: 'running' | 'suspended';
  readonly deletion: { readonly policy: 'retain' | 'drop'; readonly deadlineMs: number };
  readonly worker: ResolvedWorker;
}

export interface ResolvedSource {
  readonly kafka: ResolvedKafkaSource;
  readonly format: { readonly kind: 'json' };
  readonly eventTime: ResolvedEventTime;
  readonly watermark: ResolvedWatermark;
}

export interface ResolvedKafkaSource {
  /** host:port, several separated by a comma without spaces. */
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly startFrom: ResolvedStartFrom;
  /** How producers choose partitions; `trusted` is not checked. Matters to direct jobs only. */
  readonly partitioner: 'murmur2' | 'crc32' | 'trusted';
}

export type ResolvedStartFrom =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  /** First record whose Kafka timestamp is ≥ this, epoch milliseconds. */
  | { readonly kind: 'timestamp'; readonly timestampMs: number };

export type ResolvedEventTime =
  | { readonly kind: 'field'; readonly field: string; readonly unit: 's' | 'ms' | 'us' | 'ns' | 'iso8601' }
  | { readonly kind: 'recordTimestamp' };

export interface ResolvedWatermark {
  readonly maxOutOfOrdernessMs: number;
  /** 0 = off. Direct jobs ignore it. */
  readonly idleTimeoutMs: number;
  /** After this much silence everywhere all open windows close; 0 = off. */
  readonly closeIdleAfterMs: number;
  /** A record further ahead of its Kafka timestamp than this is bad; 0 = off. */
  readonly maxFutureMs: number;
  /** While catching up, a partition further ahead of the slowest one than this is not read; 0 = off. Flow control only. */
  readonly maxDriftMs: number;
}

export type ResolvedOnBadRecord =
  | { readonly kind: 'skip' }
  | { readonly kind: 'fail' }
  /** A topic in the source's cluster. */
  | { readonly kind: 'deadLetter'; readonly topic: string };

/** All lengths > 0; |offsetMs| is smaller than the spacing of the windows and may be negative. */
export type ResolvedWindow =
  | { readonly kind: 'tumbling'; readonly sizeMs: number; readonly offsetMs: number }
  /** slideMs ≤ sizeMs. */
  | { readonly kind: 'sliding'; readonly sizeMs: number; readonly slideMs: number; readonly offsetMs: number }
  | { readonly kind: 'session'; readonly gapMs: number }
  /** sizeMs is a multiple of stepMs. */
  | { readonly kind: 'cumulative'; readonly sizeMs: number; readonly stepMs: number; readonly offsetMs: number }
  /** Never closes: emit is update or interval. */
  | { readonly kind: 'global' };

export type ResolvedEmit =
  | { readonly mode: 'close' | 'update' }
  /** > 0. */
  | { readonly mode: 'interval'; readonly everyMs: number };

/** What an aggregate reads of a record. */
export type ResolvedInput =
  /** The record itself: count without a field. */
  | { readonly kind: 'record' }
  /** A field path, or one of `$key`, `$partition`, `$timestamp`, `$headers.x`. */
  | { readonly kind: 'field'; readonly field: string }
  /** CEL text. */
  | { readonly kind: 'expression'; readonly text: string };

export type ResolvedAggregate = {
  readonly name: string;
  readonly input: ResolvedInput;
  /** CEL text: only records for which it is true enter; null = all. */
  readonly where: string | null;
} & ResolvedFunction;

export type ResolvedFunction =
  | {
      readonly fn:
        | 'count'
        | 'sum'
        | 'min'
        | 'max'
        | 'avg'
        | 'variance'
        | 'stddev'
        | 'first'
        | 'last'
        | 'countDistinct'
        | 'approxCountDistinct';
    }
  /** 0 ≤ q ≤ 1, 0 < relativeError < 1. */
  | { readonly fn: 'quantile'; readonly q: number; readonly relativeError: number }
  | { readonly fn: 'topK'; readonly k: number }
  | { readonly fn: 'collect'; readonly limit: number };

export type ResolvedSink =
  /** Always in the source's cluster: exactly-once cannot span two. */
  { readonly kind: 'kafka'; readonly topic: string } | { readonly kind: 'print' };

export interface ResolvedDelivery {
  readonly guarantee: 'exactlyOnce';
  readonly commitIntervalMs: number;
  readonly transactionTimeoutMs: number;
}

export interface ResolvedCheckpoint {
  readonly intervalMs: number;
  /** Checkpoints kept per task, ≥ 1. */
  readonly retain: number;
  readonly storage: ResolvedStorage;
}

export type ResolvedStorage =
  | {
      readonly kind: 's3';
      readonly bucket: string;
      /** May be empty; neither begins nor ends with a slash. */
      readonly prefix: string;
      readonly region: string;
      /** Null = Amazon's own. */
      readonly endpoint: string | null;
      readonly pathStyle: boolean;
      /** Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; null = from the environment. */
      readonly credentialsSecret: string | null;
      /** Null = none. */
      readonly sse: string | null;
    }
  | { readonly kind: 'local'; readonly path: string };

export interface ResolvedWorker {
  /** Null = the operator's default image. */
  readonly image: string | null;
  /** core/v1 ResourceRequirements as written. */
  readonly resources: Readonly<Record<string, unknown>>;
  /** core/v1 EnvVar as written. */
  readonly env: readonly Readonly<Record<string, unknown>>[];
  /** core/v1 PodTemplateSpec as written. */
  readonly podTemplate: Readonly<Record<string, unknown>>;
  /** Bytes of state that a worker may hold; 0 = 60 % of the container's memory limit. */
  readonly stateMemoryBytes: number;
}

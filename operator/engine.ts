// The control loop of one term of leadership: caches feed the queue, the queue feeds the reconciler.
import type { Clock } from './clock.ts';
import { AdminCache } from './kafka/index.ts';
import {
  Cache,
  type EventRecorder,
  type KubeApiError,
  type KubeClient,
  RESOURCES,
  type Resource,
  type StoreListener,
  WorkQueue,
} from './kube/index.ts';
import type { OperatorMetrics } from './metrics.ts';
import { type KubeObject, keyOf } from './objects.ts';
import type { Random } from './random.ts';
import type { Action } from './reconcile/actions.ts';
import { runController } from './reconcile/controller.ts';
import { KafkaObserver } from './reconcile/kafka-observer.ts';
import { KubeBackend, type KubeCaches, jobKeyOf } from './reconcile/kube-backend.ts';
import type { PodObject, Settings, StreamJobObject } from './reconcile/observed.ts';
import { isAlive } from './reconcile/plan/progress.ts';
import { type Outcome, Reconciler } from './reconcile/reconciler.ts';
import { Scraper, fetchStatusText } from './reconcile/scraper.ts';

export interface EngineLog {
  action(key: string, action: Action): void;
  failed(key: string, error: unknown, retryInMs: number | null): void;
  watchFailed(resource: string, error: KubeApiError, retryInMs: number): void;
  synced(jobs: number): void;
}

export interface EngineOptions {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Settings;
  /** Empty = all. */
  readonly namespaces: readonly string[];
  readonly concurrency: number;
  readonly metrics: OperatorMetrics;
  readonly log: EngineLog;
}

const MANAGED = 'app.kubernetes.io/managed-by=streamjob-operator';

export class Engine {
  private readonly options: EngineOptions;
  private readonly queue: WorkQueue;
  private readonly admins: AdminCache;
  private readonly kafka: KafkaObserver;
  private readonly caches: KubeCaches;
  private readonly backend: KubeBackend;
  private readonly scraper: Scraper;

  constructor(options: EngineOptions) {
    this.options = options;
    const { client, events, clock, random, settings } = options;
    this.queue = new WorkQueue({ clock, random });
    this.admins = new AdminCache(clock);
    this.kafka = new KafkaObserver(this.admins, clock);
    this.caches = {
      jobs: this.cache<StreamJobObject>(RESOURCES.streamJob, undefined, (key, change) => this.jobChanged(key, change)),
      deployments: this.cache(RESOURCES.deployment, MANAGED, (key, { before, after }) =>
        this.childChanged('applyDeployment', key, before, after),
      ),
      configMaps: this.cache(RESOURCES.configMap, MANAGED, (key, { before, after }) =>
        this.childChanged('applyConfigMap', key, before, after),
      ),
      serviceAccounts: this.cache(RESOURCES.serviceAccount, MANAGED, (key, { before, after }) =>
        this.childChanged('applyServiceAccount', key, before, after),
      ),
      pods: this.cache<PodObject>(RESOURCES.pod, MANAGED, (key, { before, after }) =>
        this.podChanged(key, before, after),
      ),
    };
    this.scraper = new Scraper({
      clock,
      targets: () => this.backend.scrapeTargets(),
      fetchText: fetchStatusText,
      onNews: (key) => this.queue.add(key),
    });
    this.backend = new KubeBackend({
      client,
      events,
      settings,
      clock,
      caches: this.caches,
      workers: (key) => this.scraper.of(key),
    });
  }

  get synced(): boolean {
    return Object.values(this.caches).every((cache) => cache.synced);
  }

  get queueDepth(): number {
    return this.queue.depth;
  }

  phases(): (string | undefined)[] {
    return [...this.caches.jobs.values()].map((job) => job.status?.phase);
  }

  /** Runs until the signal is aborted; a turn under way is finished first. */
  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.options;
    const parts = new AbortController();
    const stop = (): void => parts.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const following = Object.values(this.caches).map((cache) => cache.run(parts.signal));
      const ready = Promise.all(Object.values(this.caches).map((cache) => cache.untilSynced()));
      // Turns start from whole caches only: an empty one would look as if everything had been deleted.
      const working = Promise.race([ready, untilAborted(parts.signal)]).then(async () => {
        if (parts.signal.aborted) return;
        log.synced([...this.caches.jobs.values()].length);
        await Promise.all([this.control(parts.signal), this.scraper.run(parts.signal)]);
      });
      await Promise.all([...following, working]);
    } finally {
      // When one part fails the others end with it.
      parts.abort(new Error('the term ends'));
      signal.removeEventListener('abort', stop);
      this.queue.close();
      await this.admins.close();
    }
  }

  private control(signal: AbortSignal): Promise<void> {
    const { clock, concurrency } = this.options;
    const reconciler = new Reconciler({
      backend: this.backend,
      kafka: this.kafka,
      admins: this.admins,
      clock,
      onAction: (key, action) => this.acted(key, action),
    });
    return runController(
      {
        queue: this.queue,
        clock,
        concurrency,
        reconcile: (key) => reconciler.reconcile(key),
        onOutcome: (key, outcome, more) => this.ended(key, outcome, more),
      },
      signal,
    );
  }

  private acted(key: string, action: Action): void {
    this.options.metrics.actions.inc({ action: action.type });
    this.options.log.action(key, action);
  }

  private ended(
    key: string,
    outcome: Outcome,
    { durationMs, retryInMs }: { durationMs: number; retryInMs: number | null },
  ): void {
    this.options.metrics.reconciles.inc({ result: outcome.kind });
    this.options.metrics.reconcileSeconds.observe(durationMs / 1_000);
    if (outcome.kind === 'failed') this.options.log.failed(key, outcome.error, retryInMs);
  }

  private jobChanged(
    key: string,
    { before, after }: { before: StreamJobObject | undefined; after: StreamJobObject | undefined },
  ): void {
    if (after === undefined) this.backend.objectGone('job', key);
    // Our own status writes come back through the watch: they are no reason for a turn.
    if (before === undefined || after === undefined || intentOf(before) !== intentOf(after)) this.queue.add(key);
  }

  private childChanged(
    kind: 'applyDeployment' | 'applyConfigMap' | 'applyServiceAccount',
    key: string,
    before: KubeObject | undefined,
    after: KubeObject | undefined,
  ): void {
    if (after === undefined) this.backend.objectGone(kind, key);
    const jobKey = jobKeyOf(after ?? before ?? { metadata: { name: '' } });
    if (jobKey !== null) this.queue.add(jobKey);
  }

  private podChanged(key: string, before: PodObject | undefined, after: PodObject | undefined): void {
    const pod = after ?? before;
    if (pod === undefined) return;
    this.backend.podChanged(key, pod, after === undefined);
    const jobKey = jobKeyOf(pod);
    if (jobKey === null) return;
    const ended = after === undefined || (!isAlive(after) && (before === undefined || isAlive(before)));
    if (ended) this.kafka.podGone(jobKey);
    this.queue.add(jobKey);
  }

  private cache<T extends KubeObject>(
    resource: Resource,
    labelSelector: string | undefined,
    onChange: StoreListener<T>,
  ): Cache<T> {
    const { client, clock, random, namespaces, metrics, log } = this.options;
    return new Cache<T>({
      client,
      resource,
      namespaces,
      watcher: { clock, random },
      onChange,
      onError: (plural, error, retryInMs) => {
        metrics.watchErrors.inc({ resource: plural });
        log.watchFailed(plural, error, retryInMs);
      },
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
  }
}

/** What of a job can ask for a turn: everything but its status and bookkeeping. */
function intentOf(job: StreamJobObject): string {
  const { generation, deletionTimestamp, finalizers, annotations, labels, uid } = job.metadata;
  return JSON.stringify([keyOf(job), uid, generation, deletionTimestamp, finalizers, annotations, labels]);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

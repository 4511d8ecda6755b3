// The operator process: wiring only. Configuration, logging, HTTP and leadership are put around the engine here.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { type Logger, pino } from 'pino';
import { systemClock } from './clock.ts';
import { Engine, type EngineLog } from './engine.ts';
import { startHttpServer } from './http-server.ts';
import {
  EventRecorder,
  HttpTransport,
  KubeClient,
  LeaderElector,
  type Lease,
  RESOURCES,
  loadKubeConfig,
} from './kube/index.ts';
import { OperatorMetrics } from './metrics.ts';
import { systemRandom } from './random.ts';
import type { Action } from './reconcile/actions.ts';
import { errorText } from './text.ts';

export interface OperatorOptions {
  /** A kubeconfig file; without it KUBECONFIG, ~/.kube/config, then the pod's service account. */
  readonly kubeconfig?: string | undefined;
  /** Namespaces to serve; all when absent or empty. */
  readonly namespaces?: readonly string[] | undefined;
  /** Work only while holding the Lease `streamjob-operator`; needed as soon as two operators may run. */
  readonly leaderElect: boolean;
  /** Of /healthz, /readyz and /metrics; 0 picks a free one. */
  readonly port: number;
  /** Ends the operator in good order: turns under way are finished, the lease is given back. */
  readonly signal: AbortSignal;
  /** Called once the HTTP server listens. */
  readonly onListening?: (port: number) => void;
}

const LEASE_NAME = 'streamjob-operator';
const DEFAULT_IMAGE = 'streamjob/worker:latest';
const CONCURRENCY = 8;
const SERVICE_ACCOUNT_NAMESPACE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/**
 * Runs until the signal is aborted.
 * Environment: STREAMJOB_WORKER_IMAGE (default image of workers), STREAMJOB_LOG_LEVEL, POD_NAME, POD_NAMESPACE (of the Lease).
 */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const log = pino({ name: 'operator', level: process.env['STREAMJOB_LOG_LEVEL'] ?? 'info', base: {} });
  const metrics = new OperatorMetrics();
  const transport = new HttpTransport(loadKubeConfig(options.kubeconfig), {
    onRequest: (method, status) => metrics.apiRequests.inc({ method, code: String(status) }),
  });
  const client = new KubeClient(transport);
  const identity = `${process.env['POD_NAME'] ?? hostname()}-${systemRandom.hex(4)}`;
  const events = new EventRecorder({ client, clock: systemClock, instance: identity });
  const workerImage = process.env['STREAMJOB_WORKER_IMAGE'] ?? DEFAULT_IMAGE;
  let engine: Engine | null = null;

  const lead = async (signal: AbortSignal): Promise<void> => {
    metrics.leader.set(1);
    const term = new Engine({
      client,
      events,
      clock: systemClock,
      random: systemRandom,
      settings: { workerImage, backend: 'kubernetes' },
      namespaces: options.namespaces ?? [],
      concurrency: CONCURRENCY,
      metrics,
      log: engineLog(log),
    });
    engine = term;
    try {
      await term.run(signal);
    } finally {
      engine = null;
      metrics.leader.set(0);
    }
  };

  const http = await startHttpServer({
    port: options.port,
    registry: metrics.registry,
    beforeScrape: () => {
      metrics.queueDepth.set(engine?.queueDepth ?? 0);
      metrics.countJobs(engine?.phases() ?? []);
    },
    // A stand-by that waits for the lease is ready: it could take over at once.
    notReady: () => (engine === null || engine.synced ? null : 'caches are being filled'),
  });
  log.info(
    { event: 'started', port: http.port, identity, workerImage, namespaces: options.namespaces ?? [] },
    'operator started',
  );
  options.onListening?.(http.port);
  try {
    if (options.leaderElect) await leadWhileElected({ client, identity, log, lead, signal: options.signal });
    else await lead(options.signal);
  } finally {
    await http.close();
    transport.close();
    log.info({ event: 'stopped' }, 'operator stopped');
  }
}

interface ElectedOptions {
  readonly client: KubeClient;
  readonly identity: string;
  readonly log: Logger;
  readonly lead: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

async function leadWhileElected({ client, identity, log, lead, signal }: ElectedOptions): Promise<void> {
  const namespace = ownNamespace();
  const at = { namespace, name: LEASE_NAME };
  const elector = new LeaderElector({
    ...at,
    identity,
    clock: systemClock,
    port: {
      find: () => client.find<Lease>(RESOURCES.lease, at),
      create: (lease) => client.create(RESOURCES.lease, namespace, lease),
      replace: (lease) => client.replace(RESOURCES.lease, at, lease),
    },
    onChange: ({ type, detail }) => log.info({ event: `leader.${type}`, detail }, `leadership: ${type}`),
  });
  while (!signal.aborted) await elector.run(lead, signal);
}

function ownNamespace(): string {
  const given = process.env['POD_NAMESPACE'];
  if (given !== undefined && given !== '') return given;
  try {
    return readFileSync(SERVICE_ACCOUNT_NAMESPACE, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return 'streamjob-system';
  }
}

function engineLog(log: Logger): EngineLog {
  return {
    action: (job, action) => {
      const line = describe(action);
      if (line !== null) log.info({ job, event: `job.${action.type}`, ...line }, 'job');
    },
    failed: (job, error, retryInMs) =>
      log.warn({ job, event: 'job.failed', error: errorText(error), retryInMs }, 'turn failed'),
    watchFailed: (resource, error, retryInMs) =>
      log.warn(
        { event: 'watch.failed', resource, error: error.message, retryInMs: Math.round(retryInMs) },
        'watch failed',
      ),
    synced: (jobs) => log.info({ event: 'synced', jobs }, 'caches are filled'),
  };
}

/** What of an action is worth a line: life-cycle events, not figures that are refreshed all the time. */
function describe(action: Action): Record<string, unknown> | null {
  switch (action.type) {
    case 'requeue':
    case 'patchStatus':
      return null;
    case 'emitEvent':
      return { reason: action.reason, text: action.message };
    case 'evictMember':
      return { instanceId: action.instanceId, groupId: action.groupId };
    case 'createShuffleTopic':
      return { topic: action.topic, partitions: action.partitions, replicationFactor: action.replicationFactor };
    case 'dropKafkaState':
      return { groupId: action.groupId, topic: action.shuffleTopic };
    case 'dropCheckpoints':
      return { prefix: action.prefix };
    case 'applyConfigMap':
    case 'applyServiceAccount':
    case 'applyDeployment':
      return { name: action.object.metadata.name };
    case 'setFinalizer':
      return { present: action.present };
    case 'deleteDeployment':
      return {};
  }
}

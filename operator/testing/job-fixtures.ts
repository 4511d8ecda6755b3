// Builds what a plan is made from, for tests: a healthy job of two workers, and every deviation as a small change of it.
import {
  FINALIZER,
  type StreamJobStatus,
  WORKER_CONFIG_FILE,
  type WorkerStatus,
  childName,
  selectorLabels,
  shuffleTopicConfig,
  validateStreamJob,
} from '../../crds/index.ts';
import type { KubeObject } from '../objects.ts';
import type { Action } from '../reconcile/actions.ts';
import { lastGoodOf } from '../reconcile/observe.ts';
import type {
  ConfigMapObject,
  DeploymentObject,
  KafkaView,
  Observed,
  PodObject,
  StreamJobObject,
} from '../reconcile/observed.ts';
import { type Children, children } from '../reconcile/plan/children.ts';
import { chooseTarget } from '../reconcile/plan/target.ts';

export const NOW = Date.parse('2026-03-01T12:00:00.000Z');
export const SETTINGS = { workerImage: 'streamjob/worker:test', backend: 'kubernetes' } as const;
export const UID = '0123abcd-4567-89ef-0123-456789abcdef';
export const GROUP_ID = 'analytics.user-metrics.0123abcd-1';

export type Spec = Record<string, unknown>;

export function spec(change: Spec = {}): Spec {
  return {
    source: {
      kafka: { bootstrapServers: 'kafka:9092', topic: 'website-clicks' },
      format: { json: {} },
      eventTime: { field: 'ts', unit: 'ms' },
    },
    keyBy: ['userId'],
    window: { tumbling: { size: '1m' } },
    aggregates: { pageViews: { count: {} } },
    sinks: [{ kafka: { topic: 'user-metrics' } }],
    checkpoint: {
      storage: { s3: { bucket: 'streamjobs', endpoint: 'http://s3:8333', credentialsSecretRef: { name: 's3' } } },
    },
    parallelism: 2,
    ...change,
  };
}

export function job(change: { spec?: unknown; metadata?: object; status?: StreamJobStatus } = {}): StreamJobObject {
  return {
    apiVersion: 'streamjob.dev/v1alpha1',
    kind: 'StreamJob',
    metadata: {
      name: 'user-metrics',
      namespace: 'analytics',
      uid: UID,
      generation: 1,
      resourceVersion: '10',
      finalizers: [FINALIZER],
      ...change.metadata,
    },
    spec: change.spec ?? spec(),
    ...(change.status === undefined ? {} : { status: change.status }),
  };
}

export const FINE_KAFKA: KafkaView = {
  source: { state: 'exists', partitions: 4 },
  shuffle: { state: 'exists', partitions: 32, config: shuffleTopicConfig(1) },
  brokers: 1,
  members: null,
  retainedGroups: [],
};

/** A job that the operator sees for the first time. */
export function fresh(change: Partial<Observed> = {}): Observed {
  const theJob = change.job ?? job({ metadata: { finalizers: [] } });
  return {
    job: theJob,
    validation: validateStreamJob(theJob),
    lastGood: null,
    configMap: null,
    serviceAccount: null,
    deployment: null,
    pods: [],
    kafka: { ...FINE_KAFKA, shuffle: { state: 'missing' } },
    workers: [],
    statusWrittenMs: null,
    lastFailure: null,
    settings: SETTINGS,
    ...change,
  };
}

/** The children as the operator makes them for a job whose spec is valid. */
export function childrenOf(theJob: StreamJobObject): Children {
  const { target } = chooseTarget({ job: theJob, validation: validateStreamJob(theJob), lastGood: null });
  if (target === null) throw new Error('the job of the fixture is not valid');
  return children(theJob, target, SETTINGS);
}

/** How the API server gives back what was applied: with defaults and its own bookkeeping. */
export function stored<T extends KubeObject>(object: T, generation = 1): T {
  return {
    ...object,
    metadata: {
      ...object.metadata,
      uid: `uid-of-${object.metadata.name}`,
      resourceVersion: '20',
      generation,
      creationTimestamp: '2026-03-01T11:00:00Z',
    },
  };
}

export function pod(
  name: string,
  status: PodObject['status'] = { phase: 'Running', podIP: '10.0.0.1' },
  metadata: object = {},
): PodObject {
  return {
    metadata: { name, namespace: 'analytics', labels: selectorLabels('user-metrics'), ...metadata },
    ...(status === undefined ? {} : { status }),
  };
}

export const PODS = ['user-metrics-worker-a', 'user-metrics-worker-b'] as const;

export function deploymentOf(
  made: Children,
  change: { replicas?: number; status?: DeploymentObject['status'] } = {},
): DeploymentObject {
  const replicas = change.replicas ?? made.deployment.spec.replicas;
  const status = {
    observedGeneration: 1,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    ...change.status,
  };
  return { ...stored(made.deployment), spec: { ...made.deployment.spec, replicas }, status };
}

/** A job that has been running with `started` as its spec; `job` is what the user has written since. */
export function running(change: Partial<Observed> & { started?: StreamJobObject } = {}): Observed {
  const { started: given, ...more } = change;
  const started = given ?? job();
  const theJob = more.job ?? withStatus(started, runningStatus());
  const made = childrenOf(started);
  const configMap: ConfigMapObject = stored(made.configMap);
  return {
    job: theJob,
    validation: validateStreamJob(theJob),
    lastGood: lastGoodOf(theJob, configMap),
    configMap,
    serviceAccount: stored(made.serviceAccount),
    deployment: deploymentOf(made),
    pods: PODS.map((name) => pod(name)),
    kafka: FINE_KAFKA,
    workers: [],
    statusWrittenMs: NOW - 60_000,
    lastFailure: null,
    settings: SETTINGS,
    ...more,
  };
}

export function runningStatus(change: Partial<StreamJobStatus> = {}): StreamJobStatus {
  const at = '2026-03-01T11:00:00.000Z';
  const planHash = childrenOf(job()).configMap.metadata.labels?.['streamjob.dev/plan-hash'] ?? '';
  const condition = (
    type: 'Ready' | 'Progressing' | 'Stalled' | 'Degraded',
    status: 'True' | 'False',
    reason: string,
    message: string,
  ) => ({ type, status, reason, message, observedGeneration: 1, lastTransitionTime: at }) as const;
  return {
    observedGeneration: 1,
    phase: 'Running',
    incarnation: 1,
    planHash,
    replicas: 2,
    readyReplicas: 2,
    desiredReplicas: 2,
    selector: Object.entries(selectorLabels('user-metrics'))
      .map(([name, value]) => `${name}=${value}`)
      .sort()
      .join(','),
    lastCommitAt: at,
    conditions: [
      condition('Ready', 'True', 'AllTasksLive', '2 workers ready, all tasks live.'),
      condition('Progressing', 'False', 'AllTasksLive', '2 workers ready, all tasks live.'),
      condition('Stalled', 'False', 'AsExpected', ''),
      condition('Degraded', 'False', 'AsExpected', ''),
    ],
    ...change,
  };
}

export function withStatus(theJob: StreamJobObject, status: StreamJobStatus): StreamJobObject {
  return { ...theJob, status };
}

/** The job as its user edited it: the next generation with another spec, the status still that of the running one. */
export function edited(change: Spec): StreamJobObject {
  return job({ spec: spec(change), metadata: { generation: 2 }, status: runningStatus() });
}

export function workerStatus(change: Partial<WorkerStatus> = {}): WorkerStatus {
  return {
    v: 1,
    job: 'user-metrics',
    incarnation: 1,
    planHash: '00000000',
    instanceId: PODS[0],
    state: 'running',
    live: true,
    tasks: [
      {
        id: 'aggregate-0',
        topic: 't',
        partition: 0,
        state: 'live',
        position: 5,
        committed: 5,
        highWatermark: 5,
        watermark: 1_000,
        checkpoint: null,
      },
    ],
    lag: { records: 0, worstPartition: null },
    watermark: 1_000,
    lastCommitAt: NOW - 100,
    problem: null,
    why: null,
    counters: { records: 0, bad: 0, late: 0 },
    ...change,
  };
}

export function ofType<T extends Action['type']>(actions: readonly Action[], type: T): Extract<Action, { type: T }>[] {
  return actions.filter((action): action is Extract<Action, { type: T }> => action.type === type);
}

export const NAMES = { child: childName('user-metrics'), config: WORKER_CONFIG_FILE } as const;

import { expect, test } from 'vitest';
import {
  type Condition,
  type ConditionType,
  FINALIZER,
  type Reason,
  shuffleTopicConfig,
  validateStreamJob,
} from '../../../crds/index.ts';
import {
  FINE_KAFKA,
  GROUP_ID,
  NOW,
  PODS,
  childrenOf,
  deploymentOf,
  edited,
  fresh,
  job,
  ofType,
  pod,
  running,
  runningStatus,
  spec,
  withStatus,
  workerStatus,
} from '../../testing/job-fixtures.ts';
import type { Action, ActionType } from '../actions.ts';
import type { Observed, PodObject, WorkerView } from '../observed.ts';
import { plan } from './plan.ts';

interface Row {
  readonly given: () => Observed;
  /** Types of all actions but status, events and requeue, in order. */
  readonly does: readonly ActionType[];
  readonly phase?: string;
  /** Conditions that are True, with their reasons. */
  readonly holds?: Partial<Record<ConditionType, Reason>>;
  /** Texts that the message of Stalled or Degraded must contain. */
  readonly says?: readonly string[];
  /** Reasons of the Events, in order. */
  readonly tells?: readonly string[];
  readonly replicas?: number;
}

const REPORTS: ReadonlySet<ActionType> = new Set(['patchStatus', 'emitEvent', 'requeue']);
const SECONDS_AGO = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();

const waiting = (name: string, reason: string, message: string, more: object = {}): PodObject =>
  pod(name, {
    phase: 'Pending',
    containerStatuses: [
      { name: 'worker', image: 'streamjob/worker:nope', state: { waiting: { reason, message } }, ...more },
    ],
  });

const notReady = (observed: Observed): Observed => ({
  ...observed,
  deployment: {
    ...deploymentOf(childrenOf(job())),
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 0 },
  },
});

const starting = (): Observed => notReady(running({ job: withStatus(job(), runningStatus({ phase: 'Starting' })) }));

const said = (
  problem: NonNullable<WorkerView['status']>['problem'],
  more: Partial<NonNullable<WorkerView['status']>> = {},
): WorkerView => ({
  pod: PODS[0],
  status: workerStatus({ problem, ...more }),
  atMs: NOW - 1_000,
});

const suspended = (change: Partial<Observed> = {}): Observed => {
  const theJob = edited({ state: 'suspended' });
  const made = childrenOf(theJob);
  return running({ job: theJob, configMap: made.configMap, deployment: deploymentOf(made), ...change });
};

const deleting = (change: { policy?: string; ago?: number; spec?: unknown } & Partial<Observed> = {}): Observed => {
  const { policy, ago, spec: given, ...more } = change;
  const theJob = job({
    spec: given ?? spec({ deletion: { policy: policy ?? 'retain', deadline: '60s' } }),
    metadata: { generation: 2, deletionTimestamp: SECONDS_AGO(ago ?? 5) },
    status: runningStatus(),
  });
  return running({ job: theJob, deployment: null, pods: [], ...more });
};

const ROWS: Record<string, Row> = {
  // --- first start -------------------------------------------------------------------------------------------------
  'a new job gets its finalizer, then configuration, account, shuffle topic and workers, in this order': {
    given: () => fresh(),
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'createShuffleTopic', 'applyDeployment'],
    phase: 'Pending',
    replicas: 2,
  },
  'a new direct job gets no shuffle topic': {
    given: () => {
      const theJob = job({ spec: spec({ keyBy: ['$key'] }), metadata: { finalizers: [] } });
      return fresh({ job: theJob, kafka: { ...FINE_KAFKA, shuffle: { state: 'notNeeded' } } });
    },
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'applyDeployment'],
  },
  'a job whose source topic is missing is not started and names topic and broker': {
    given: () => fresh({ kafka: { ...FINE_KAFKA, source: { state: 'missing' }, shuffle: { state: 'unknown' } } }),
    does: ['setFinalizer'],
    phase: 'Pending',
    holds: { Stalled: 'TopicNotFound' },
    says: ['topic website-clicks does not exist on kafka:9092; create it'],
    tells: ['TopicNotFound'],
  },
  'a job whose broker cannot be reached is not started and names address and cause': {
    given: () =>
      fresh({
        kafka: {
          ...FINE_KAFKA,
          source: { state: 'unreachable', message: 'Kafka at kafka:9092 cannot be reached: ECONNREFUSED' },
          shuffle: { state: 'unknown' },
        },
      }),
    does: ['setFinalizer'],
    phase: 'Pending',
    holds: { Stalled: 'BrokerUnreachable' },
    says: ['kafka:9092', 'ECONNREFUSED'],
  },
  'a job whose topic the operator may not see is not started and names the ACL': {
    given: () =>
      fresh({
        kafka: {
          ...FINE_KAFKA,
          source: {
            state: 'unauthorized',
            message:
              'Looking at topic website-clicks is not allowed: the operator needs the ACL DESCRIBE on topic website-clicks',
          },
        },
      }),
    does: ['setFinalizer'],
    holds: { Stalled: 'NotAuthorized' },
    says: ['DESCRIBE on topic website-clicks'],
  },
  'a topic that was not looked at yet starts nothing and blames nothing': {
    given: () => fresh({ kafka: { ...FINE_KAFKA, source: { state: 'unknown' }, shuffle: { state: 'unknown' } } }),
    does: ['setFinalizer'],
    phase: 'Pending',
    holds: {},
  },
  'a shuffle topic that exists is not created again': {
    given: () => fresh({ kafka: FINE_KAFKA }),
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'applyDeployment'],
  },
  'a shuffle topic with other settings degrades and names setting and value': {
    given: () =>
      running({
        kafka: {
          ...FINE_KAFKA,
          shuffle: {
            state: 'exists',
            partitions: 32,
            config: { ...shuffleTopicConfig(1), 'retention.ms': '604800000' },
          },
        },
      }),
    does: [],
    phase: 'Running',
    holds: { Ready: 'AllTasksLive', Degraded: 'ShuffleTopicDiffers' },
    says: ['retention.ms is 604800000, must be -1'],
    tells: ['ShuffleTopicDiffers'],
  },
  'a shuffle topic with other partitions than maxParallelism stops the job': {
    given: () =>
      fresh({ kafka: { ...FINE_KAFKA, shuffle: { state: 'exists', partitions: 8, config: shuffleTopicConfig(1) } } }),
    does: ['setFinalizer'],
    holds: { Stalled: 'ShuffleTopicDiffers' },
    says: ['8 partitions', '32'],
  },
  'a shuffle topic that vanishes from a job with state is not made anew': {
    given: () => running({ kafka: { ...FINE_KAFKA, shuffle: { state: 'missing' } } }),
    does: [],
    phase: 'Failed',
    holds: { Stalled: 'LogTruncated' },
  },
  'state of an earlier job of this name is told of at the first start': {
    given: () => fresh({ kafka: { ...FINE_KAFKA, retainedGroups: ['analytics.user-metrics.deadbeef-1'] } }),
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'applyDeployment'],
    tells: ['RetainedStateFound'],
  },
  // --- at rest -----------------------------------------------------------------------------------------------------
  'a restarted operator finds a running job and does nothing': {
    given: () => running({ statusWrittenMs: null }),
    does: [],
    tells: [],
  },
  'a worker that is gone for its last commit leaves the job running': {
    given: () =>
      running({
        pods: [pod(PODS[0])],
        deployment: deploymentOf(childrenOf(job()), { status: { readyReplicas: 1, replicas: 2, updatedReplicas: 2 } }),
      }),
    does: [],
    phase: 'Running',
    holds: { Ready: 'WaitingForWorkers' },
  },
  'a deleted Deployment is made again': {
    given: () => running({ deployment: null }),
    does: ['applyDeployment'],
    replicas: 2,
  },
  'a deleted Deployment of a job that has run is made again even when the broker is away': {
    given: () =>
      running({
        deployment: null,
        kafka: { ...FINE_KAFKA, source: { state: 'unreachable', message: 'Kafka at kafka:9092 cannot be reached' } },
      }),
    does: ['applyDeployment'],
  },
  'a hand-edited number of replicas is put right': {
    given: () => running({ deployment: deploymentOf(childrenOf(job()), { replicas: 7 }) }),
    does: ['applyDeployment'],
    replicas: 2,
  },
  'a hand-edited image is put right': {
    given: () => {
      const deployment = structuredClone(deploymentOf(childrenOf(job()))) as unknown as {
        spec: { template: { spec: { containers: { image: string }[] } } };
      };
      const container = deployment.spec.template.spec.containers[0];
      if (container !== undefined) container.image = 'evil:1';
      return running({ deployment: deployment as unknown as Observed['deployment'] });
    },
    does: ['applyDeployment'],
  },
  'a deleted ConfigMap is made again': {
    given: () => running({ configMap: null, lastGood: null }),
    does: ['applyConfigMap'],
  },
  'a ConfigMap with other contents is put right': {
    given: () => {
      const { configMap } = childrenOf(job());
      return running({ configMap: { ...configMap, data: { 'job.json': '{}' } }, lastGood: null });
    },
    does: ['applyConfigMap'],
  },
  'a deleted ServiceAccount is made again': {
    given: () => running({ serviceAccount: null }),
    does: ['applyServiceAccount'],
  },
  'a finalizer that somebody took away is put back': {
    given: () => running({ job: job({ metadata: { finalizers: ['other.dev/x'] }, status: runningStatus() }) }),
    does: ['setFinalizer'],
  },
  // --- changes of the spec -----------------------------------------------------------------------------------------
  'more parallelism scales and does not roll': {
    given: () => running({ job: edited({ parallelism: 4 }) }),
    does: ['applyConfigMap', 'applyDeployment'],
    phase: 'Rescaling',
    replicas: 4,
    tells: ['Rescaling'],
  },
  'a shorter checkpoint interval rolls': {
    given: () =>
      running({
        job: edited({
          checkpoint: { interval: '5s', storage: (spec()['checkpoint'] as { storage: unknown }).storage },
        }),
      }),
    does: ['applyConfigMap', 'applyDeployment'],
  },
  'other brokers of the same cluster roll': {
    given: () =>
      running({
        job: edited({
          source: {
            kafka: { bootstrapServers: 'kafka2:9092', topic: 'website-clicks' },
            eventTime: { field: 'ts', unit: 'ms' },
          },
        }),
      }),
    does: ['applyConfigMap', 'applyDeployment'],
  },
  'another keyBy is refused, by name and value, and the last good spec goes on': {
    given: () => running({ job: edited({ keyBy: ['url'] }) }),
    does: [],
    phase: 'Running',
    holds: { Stalled: 'ChangeRefused' },
    says: [
      'spec.keyBy cannot change while the job has state',
      '["userId"]',
      '["url"]',
      'Generation 1 keeps running',
      'delete',
    ],
    tells: ['ChangeRefused'],
  },
  'another window is refused': {
    given: () => running({ job: edited({ window: { tumbling: { size: '5m' } } }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.window'],
  },
  'another maxParallelism is refused': {
    given: () => running({ job: edited({ maxParallelism: 64 }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.maxParallelism', '32', '64'],
  },
  'another source topic is refused': {
    given: () =>
      running({
        job: edited({
          source: { kafka: { bootstrapServers: 'kafka:9092', topic: 'other' }, eventTime: { field: 'ts', unit: 'ms' } },
        }),
      }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.source.kafka.topic'],
  },
  'other aggregates are refused': {
    given: () => running({ job: edited({ aggregates: { views: { count: {} } } }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.aggregates'],
  },
  'another bucket is refused, since state lies there': {
    given: () => running({ job: edited({ checkpoint: { storage: { s3: { bucket: 'elsewhere' } } } }) }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['spec.checkpoint.storage'],
  },
  'a job with a refused change can still be scaled': {
    given: () => running({ job: edited({ keyBy: ['url'], parallelism: 3 }) }),
    does: ['applyDeployment'],
    replicas: 3,
    holds: { Stalled: 'ChangeRefused' },
  },
  'a job with a refused change can still be suspended': {
    given: () => running({ job: edited({ keyBy: ['url'], state: 'suspended' }) }),
    does: ['applyDeployment'],
    replicas: 0,
    phase: 'Suspending',
  },
  'any change is fine before the job was started': {
    given: () => fresh({ job: job({ spec: spec({ keyBy: ['url'] }), metadata: { generation: 2 } }) }),
    does: ['applyConfigMap', 'applyServiceAccount', 'createShuffleTopic', 'applyDeployment'],
  },
  'a change of plan without the ConfigMap that tells the old one is refused': {
    given: () => running({ job: edited({ keyBy: ['url'] }), configMap: null, lastGood: null }),
    does: [],
    holds: { Stalled: 'ChangeRefused' },
    says: ['ConfigMap'],
  },
  'an invalid spec of a new job starts nothing and says what is wrong': {
    given: () => fresh({ job: job({ spec: spec({ window: { tumbling: { size: 'one minute' } } }) }) }),
    does: [],
    phase: 'Failed',
    holds: { Stalled: 'InvalidSpec' },
    says: ['spec.window.tumbling.size', 'one minute'],
    tells: ['InvalidSpec'],
  },
  'an invalid edit keeps the last good spec running': {
    given: () => running({ job: edited({ parallelism: -1 }) }),
    does: [],
    phase: 'Running',
    holds: { Stalled: 'InvalidSpec' },
    says: ['spec.parallelism', '-1', 'Generation 1 keeps running'],
  },
  'a part of a later release is told apart from a mistake': {
    given: () => running({ job: edited({ autoscale: { mode: 'auto' } }) }),
    does: [],
    phase: 'Running',
    holds: { Stalled: 'NotSupportedYet' },
    says: ['not supported yet: spec.autoscale'],
  },
  'an invalid edit does not keep a deleted Deployment from being made again': {
    given: () => running({ job: edited({ parallelism: -1 }), deployment: null }),
    does: ['applyDeployment'],
    replicas: 2,
  },
  // --- suspend, resume, scale --------------------------------------------------------------------------------------
  'suspending stops the workers and keeps everything else': {
    given: () => running({ job: edited({ state: 'suspended' }) }),
    does: ['applyConfigMap', 'applyDeployment'],
    replicas: 0,
    phase: 'Suspending',
    tells: ['Suspending'],
  },
  'a job is suspended when its last pod is gone': {
    given: () => suspended({ pods: [] }),
    does: [],
    phase: 'Suspended',
    tells: ['Suspended'],
  },
  'a job is suspending while a pod ends': {
    given: () => suspended({ pods: [pod(PODS[0])] }),
    does: [],
    phase: 'Suspending',
  },
  'parallelism 0 is suspended too': {
    given: () => running({ job: edited({ parallelism: 0 }), pods: [] }),
    does: ['applyConfigMap', 'applyDeployment'],
    replicas: 0,
    phase: 'Suspended',
  },
  'resuming starts the workers with the same incarnation': {
    given: () => {
      const theJob = job({ metadata: { generation: 3 }, status: runningStatus({ phase: 'Suspended' }) });
      const old = childrenOf(edited({ state: 'suspended' }));
      return running({ job: theJob, configMap: old.configMap, deployment: deploymentOf(old), pods: [] });
    },
    does: ['applyConfigMap', 'applyDeployment'],
    replicas: 2,
    phase: 'Starting',
    tells: ['Resumed'],
  },
  // --- lost workers ------------------------------------------------------------------------------------------------
  'a member whose pod is gone is put out of the group': {
    given: () => running({ kafka: { ...FINE_KAFKA, members: [PODS[0], PODS[1]] }, pods: [pod(PODS[0])] }),
    does: ['evictMember'],
    tells: ['WorkerLost'],
  },
  'a member whose pod has failed is put out of the group': {
    given: () =>
      running({
        kafka: { ...FINE_KAFKA, members: [PODS[1]] },
        pods: [pod(PODS[0]), pod(PODS[1], { phase: 'Failed' })],
      }),
    does: ['evictMember'],
  },
  'a member whose pod lives is left alone, ready or not': {
    given: () =>
      running({
        kafka: { ...FINE_KAFKA, members: [...PODS] },
        pods: [pod(PODS[0]), pod(PODS[1], { phase: 'Running' }, { deletionTimestamp: SECONDS_AGO(1) })],
      }),
    does: [],
  },
  'members that are not ours are left alone': {
    given: () => running({ kafka: { ...FINE_KAFKA, members: ['somebody-else', 'user-metrics-2-worker-x'] } }),
    does: [],
  },
  'a lost worker of a suspended job is put out of the group as well': {
    given: () => suspended({ pods: [], kafka: { ...FINE_KAFKA, members: [PODS[0]] } }),
    does: ['evictMember'],
  },
  // --- pods that do not come up ------------------------------------------------------------------------------------
  'an image that cannot be pulled stalls and names image and cause': {
    given: () => ({ ...starting(), pods: [waiting(PODS[0], 'ImagePullBackOff', 'manifest unknown'), pod(PODS[1])] }),
    does: [],
    phase: 'Starting',
    holds: { Stalled: 'ImagePullFailed' },
    says: ['streamjob/worker:nope', 'manifest unknown', 'spec.worker.image'],
    tells: ['ImagePullFailed'],
  },
  'a crash loop tells the exit code and the last words': {
    given: () => ({
      ...starting(),
      pods: [
        waiting(PODS[0], 'CrashLoopBackOff', 'back-off', {
          restartCount: 4,
          lastState: { terminated: { exitCode: 1, message: 'boot\nno such bucket' } },
        }),
        pod(PODS[1]),
      ],
    }),
    does: [],
    holds: { Stalled: 'CrashLoop' },
    says: ['code 1', 'no such bucket', 'kubectl logs -n analytics'],
  },
  'a worker killed for its memory asks for more of it': {
    given: () => ({
      ...starting(),
      pods: [
        waiting(PODS[0], 'CrashLoopBackOff', 'back-off', {
          lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
        }),
      ],
    }),
    does: [],
    holds: { Stalled: 'StateTooLarge' },
    says: ['limits.memory'],
  },
  'a worker that ends with code 78 found another plan': {
    given: () => ({
      ...starting(),
      pods: [waiting(PODS[0], 'CrashLoopBackOff', 'back-off', { lastState: { terminated: { exitCode: 78 } } })],
    }),
    does: [],
    holds: { Stalled: 'PlanMismatch' },
  },
  'a missing Secret names it': {
    given: () => ({ ...starting(), pods: [waiting(PODS[0], 'CreateContainerConfigError', 'secret "s3" not found')] }),
    does: [],
    holds: { Stalled: 'StorageUnavailable' },
    says: ['secret "s3" not found', 'AWS_ACCESS_KEY_ID'],
  },
  'a pod without a node tells what the scheduler says': {
    given: () => ({
      ...starting(),
      pods: [
        pod(PODS[0], {
          phase: 'Pending',
          conditions: [
            { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes: Insufficient cpu' },
          ],
        }),
      ],
    }),
    does: [],
    holds: { Stalled: 'Unschedulable' },
    says: ['Insufficient cpu'],
  },
  'pods that quota forbids tell so': {
    given: () => {
      const observed = starting();
      const deployment = {
        ...observed.deployment,
        status: {
          ...observed.deployment?.status,
          conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota' }],
        },
      };
      return { ...observed, deployment: deployment as Observed['deployment'], pods: [] };
    },
    does: [],
    holds: { Stalled: 'Unschedulable' },
    says: ['exceeded quota'],
  },
  'one bad pod beside a ready one only degrades': {
    given: () =>
      running({
        pods: [pod(PODS[0]), waiting(PODS[1], 'ImagePullBackOff', 'manifest unknown')],
        deployment: deploymentOf(childrenOf(job()), { status: { readyReplicas: 1 } }),
      }),
    does: [],
    phase: 'Running',
    holds: { Ready: 'WaitingForWorkers', Degraded: 'ImagePullFailed' },
  },
  // --- what workers say --------------------------------------------------------------------------------------------
  'a worker that cannot reach its store while it starts stalls the job': {
    given: () => ({
      ...starting(),
      workers: [
        said(
          {
            reason: 'StorageUnavailable',
            message: 'bucket streamjobs does not exist',
            retryable: true,
            userAction: 'Create it.',
          },
          { live: false, state: 'starting' },
        ),
      ],
    }),
    does: [],
    holds: { Stalled: 'StorageUnavailable' },
    says: ['bucket streamjobs does not exist', 'Create it.'],
  },
  'a store that is away for a live worker only degrades': {
    given: () => running({ workers: [said({ reason: 'StorageUnavailable', message: 'no answer', retryable: true })] }),
    does: [],
    phase: 'Running',
    holds: { Ready: 'AllTasksLive', Degraded: 'StorageUnavailable' },
  },
  'a poison record fails the job and names where it is': {
    given: () =>
      running({
        workers: [
          said(
            {
              reason: 'PoisonRecord',
              message: 'not JSON',
              topic: 'website-clicks',
              partition: 3,
              offset: 17,
              retryable: false,
            },
            { live: false, state: 'failed' },
          ),
        ],
      }),
    does: [],
    phase: 'Failed',
    holds: { Stalled: 'PoisonRecord' },
    says: ['not JSON', 'website-clicks-3@17'],
    tells: ['PoisonRecord'],
  },
  'an old answer of a worker says nothing about now': {
    given: () =>
      running({
        workers: [
          {
            ...said({ reason: 'PoisonRecord', message: 'x', retryable: false }, { state: 'failed' }),
            atMs: NOW - 120_000,
          },
        ],
      }),
    does: [],
    tells: [],
  },
  'local checkpoints without a volume degrade the job': {
    given: () => {
      const theJob = job({
        spec: spec({ checkpoint: { storage: { local: { path: '/data' } } } }),
        status: runningStatus(),
      });
      const made = childrenOf(theJob);
      return running({ started: theJob, job: theJob, deployment: deploymentOf(made) });
    },
    does: [],
    holds: { Ready: 'AllTasksLive', Degraded: 'StorageUnavailable' },
    says: ['/data', 'podTemplate'],
  },
  'a broker that only the operator cannot reach degrades a running job': {
    given: () =>
      running({
        kafka: { ...FINE_KAFKA, source: { state: 'unreachable', message: 'Kafka at kafka:9092 cannot be reached' } },
      }),
    does: [],
    phase: 'Running',
    holds: { Ready: 'AllTasksLive', Degraded: 'BrokerUnreachable' },
  },
  'a source topic that vanishes stalls a running job': {
    given: () => running({ kafka: { ...FINE_KAFKA, source: { state: 'missing' } } }),
    does: [],
    holds: { Stalled: 'TopicNotFound' },
  },
  'a pod template that the API server refuses stalls with its words': {
    given: () =>
      fresh({
        kafka: FINE_KAFKA,
        lastFailure: { reason: 'InvalidSpec', message: 'spec.template.spec.containers[0].image: Required value' },
      }),
    does: ['setFinalizer', 'applyConfigMap', 'applyServiceAccount', 'applyDeployment'],
    holds: { Stalled: 'InvalidSpec' },
    says: ['Required value'],
  },
  // --- deletion ----------------------------------------------------------------------------------------------------
  'a deleted job first stops its workers': {
    given: () => deleting({ deployment: deploymentOf(childrenOf(job())), pods: [pod(PODS[0])] }),
    does: ['deleteDeployment'],
    phase: 'Deleting',
    tells: ['Deleting'],
  },
  'a deleted job waits for its last pod': {
    given: () => deleting({ pods: [pod(PODS[0])] }),
    does: [],
    phase: 'Deleting',
  },
  'policy retain keeps everything and tells where it is': {
    given: () => deleting(),
    does: ['setFinalizer'],
    tells: ['Deleted'],
  },
  'policy drop deletes group, topic and checkpoints before it lets go': {
    given: () => deleting({ policy: 'drop' }),
    does: ['dropKafkaState', 'dropCheckpoints', 'setFinalizer'],
    phase: 'Deleting',
    tells: ['Deleting', 'Deleted'],
  },
  'a leftover member is put out before the group is dropped': {
    given: () => deleting({ policy: 'drop', kafka: { ...FINE_KAFKA, members: [PODS[0]] } }),
    does: ['evictMember', 'dropKafkaState', 'dropCheckpoints', 'setFinalizer'],
  },
  'after its deadline a deletion ends whatever is left, and says so': {
    given: () =>
      deleting({
        policy: 'drop',
        ago: 61,
        lastFailure: { reason: 'BrokerUnreachable', message: 'Kafka at kafka:9092 cannot be reached' },
      }),
    does: ['setFinalizer'],
    tells: ['DeletionDeadlineExceeded'],
  },
  'after its deadline a deletion does not wait for pods either': {
    given: () => deleting({ ago: 61, pods: [pod(PODS[0])] }),
    does: ['setFinalizer'],
    tells: ['DeletionDeadlineExceeded'],
  },
  'a job with an invalid spec that never ran is deleted at once': {
    given: () => {
      const theJob = job({ spec: { nonsense: true }, metadata: { deletionTimestamp: SECONDS_AGO(1) } });
      return fresh({ job: theJob });
    },
    does: ['setFinalizer'],
    tells: ['Deleted'],
  },
  'a job with an invalid edit is deleted as its last good spec says': {
    given: () => deleting({ spec: { nonsense: true } }),
    does: ['setFinalizer'],
    tells: ['Deleted'],
  },
  'a deletion without our finalizer is none of our business': {
    given: () =>
      running({
        job: job({
          metadata: { deletionTimestamp: SECONDS_AGO(1), finalizers: ['other.dev/x'] },
          status: runningStatus(),
        }),
      }),
    does: [],
  },
};

test.each(Object.entries(ROWS))('%s', (_name, row) => {
  const observed = row.given();
  const actions = plan(observed, NOW);
  const status = ofType(actions, 'patchStatus')[0]?.status ?? observed.job.status;
  const conditions = status?.conditions ?? [];
  const deployment = ofType(actions, 'applyDeployment')[0]?.object as { spec?: { replicas?: number } } | undefined;
  const text = [messageOf(conditions, 'Stalled'), messageOf(conditions, 'Degraded')].join(' ');
  const { given: _given, ...wanted } = row;
  const seen: Record<keyof typeof wanted, unknown> = {
    does: actions.filter((action) => !REPORTS.has(action.type)).map((action) => action.type),
    phase: status?.phase,
    holds: Object.fromEntries(
      (['Ready', 'Stalled', 'Degraded'] as const)
        .filter((type) => type !== 'Ready' || row.holds?.Ready !== undefined)
        .map((type) => [type, reasonWhenTrue(conditions, type)])
        .filter(([, reason]) => reason !== null),
    ),
    says: (row.says ?? []).filter((words) => text.includes(words)),
    tells: ofType(actions, 'emitEvent').map((event) => event.reason),
    replicas: deployment?.spec?.replicas,
  };
  const named = Object.keys(wanted) as (keyof typeof wanted)[];
  expect(Object.fromEntries(named.map((field) => [field, seen[field]])), text).toEqual(wanted);
});

test('every text of every row is at most 1 kB, and no turn spins', () => {
  for (const row of Object.values(ROWS)) {
    const actions = plan(row.given(), NOW);
    const messages = [
      ...ofType(actions, 'emitEvent').map((event) => event.message),
      ...ofType(actions, 'patchStatus').flatMap(({ status }) =>
        (status.conditions ?? []).map((condition) => condition.message),
      ),
    ];
    expect(messages.filter((message) => Buffer.byteLength(message) > 1_024)).toEqual([]);
    expect(ofType(actions, 'requeue').filter((requeue) => requeue.afterMs < 1_000)).toEqual([]);
  }
});

test('the same turn again, after its status was written, writes nothing: no churn', () => {
  for (const [name, row] of Object.entries(ROWS)) {
    const observed = row.given();
    const status = ofType(plan(observed, NOW), 'patchStatus')[0]?.status;
    if (status === undefined) continue;
    const again = plan({ ...observed, job: { ...observed.job, status }, statusWrittenMs: NOW }, NOW + 1_000);
    expect([name, ofType(again, 'patchStatus')]).toEqual([name, []]);
  }
});

test('a finalizer is added to the others, and status is guarded by the incarnation that runs', () => {
  const [status] = ofType(plan(running({ job: withStatus(job(), {}) }), NOW), 'patchStatus');
  expect(status?.status).toMatchObject({ incarnation: 1, observedGeneration: 1, replicas: 2, readyReplicas: 2 });
  expect(job().metadata.finalizers).toContain(FINALIZER);
});

test('an eviction names the group, the instance and its transactional id', () => {
  const actions = plan(running({ kafka: { ...FINE_KAFKA, members: [PODS[1]] }, pods: [pod(PODS[0])] }), NOW);
  expect(ofType(actions, 'evictMember')).toEqual([
    {
      type: 'evictMember',
      bootstrapServers: 'kafka:9092',
      groupId: GROUP_ID,
      instanceId: PODS[1],
      transactionalId: `${GROUP_ID}-${PODS[1]}`,
    },
  ]);
});

test('the shuffle topic has as many replicas as there are brokers, at most three', () => {
  const factors = [1, 2, 3, 9].map(
    (brokers) =>
      ofType(
        plan(fresh({ kafka: { ...FINE_KAFKA, brokers, shuffle: { state: 'missing' } } }), NOW),
        'createShuffleTopic',
      )[0],
  );
  expect(
    factors.map((action) => [action?.replicationFactor, action?.config['min.insync.replicas'], action?.partitions]),
  ).toEqual([
    [1, '1', 32],
    [2, '2', 32],
    [3, '2', 32],
    [3, '2', 32],
  ]);
});

test('a cause that lasts is looked at ever less often, at most every half minute', () => {
  const kafka = { ...FINE_KAFKA, source: { state: 'missing' } } as const;
  const after = (seconds: number): number | undefined => {
    const status = runningStatus({ why: { blockedBy: 'TopicNotFound', since: SECONDS_AGO(seconds) } });
    return ofType(plan(fresh({ job: job({ status }), kafka }), NOW), 'requeue')[0]?.afterMs;
  };
  expect([0, 40, 3_600].map(after)).toEqual([5_000, 10_000, 30_000]);
});

test('secrets of the manifest reach neither status nor events', () => {
  const theJob = job({ spec: spec({ worker: { env: [{ name: 'PASSWORD', value: 'hunter2' }] } }) });
  const actions: Action[] = plan(fresh({ job: theJob, validation: validateStreamJob(theJob) }), NOW);
  expect(JSON.stringify([ofType(actions, 'patchStatus'), ofType(actions, 'emitEvent')])).not.toContain('hunter2');
});

function conditionOf(conditions: readonly Condition[], type: ConditionType): Condition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function reasonWhenTrue(conditions: readonly Condition[], type: ConditionType): string | null {
  const condition = conditionOf(conditions, type);
  return condition?.status === 'True' ? condition.reason : null;
}

function messageOf(conditions: readonly Condition[], type: ConditionType): string {
  return conditionOf(conditions, type)?.message ?? '';
}

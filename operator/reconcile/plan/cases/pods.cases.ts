// Pods that do not come up, and what workers say of themselves.
import {
  FINE_KAFKA,
  NOW,
  PODS,
  childrenOf,
  deploymentOf,
  fresh,
  job,
  pod,
  running,
  runningStatus,
  spec,
} from '../../../testing/job-fixtures.ts';
import type { Observed } from '../../observed.ts';
import { type Row, waiting, starting, said } from './row.cases.ts';

export const POD_ROWS: Record<string, Row> = {
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
    says: ['not JSON', 'website-clicks/3@17'],
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
};

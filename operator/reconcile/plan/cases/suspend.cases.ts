// Suspending, resuming, and workers that are lost.
import {
  FINE_KAFKA,
  PODS,
  childrenOf,
  deploymentOf,
  edited,
  job,
  pod,
  running,
  runningStatus,
} from '../../../testing/job-fixtures.ts';
import { type Row, SECONDS_AGO, suspended } from './row.cases.ts';

export const SUSPEND_ROWS: Record<string, Row> = {
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
};

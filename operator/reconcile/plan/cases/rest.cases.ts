// A job at rest, and hand-made changes to its children.
import {
  FINE_KAFKA,
  PODS,
  childrenOf,
  deploymentOf,
  job,
  pod,
  running,
  runningStatus,
} from '../../../testing/job-fixtures.ts';
import type { Observed } from '../../observed.ts';
import { type Row } from './row.cases.ts';

export const REST_ROWS: Record<string, Row> = {
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
};

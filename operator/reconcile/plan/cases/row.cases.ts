// What a row of the plan's tables says, and the situations that many rows begin with.
import type { ConditionType, Reason } from '../../../../crds/index.ts';
import {
  NOW,
  PODS,
  childrenOf,
  deploymentOf,
  edited,
  job,
  pod,
  running,
  runningStatus,
  spec,
  withStatus,
  workerStatus,
} from '../../../testing/job-fixtures.ts';
import type { Observed, PodObject, WorkerView } from '../../observed.ts';
import type { ActionType } from '../../actions.ts';

export interface Row {
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

export const SECONDS_AGO = (seconds: number): string => new Date(NOW - seconds * 1_000).toISOString();

export const waiting = (name: string, reason: string, message: string, more: object = {}): PodObject =>
  pod(name, {
    phase: 'Pending',
    containerStatuses: [
      { name: 'worker', image: 'streamjob/worker:nope', state: { waiting: { reason, message } }, ...more },
    ],
  });

export const notReady = (observed: Observed): Observed => ({
  ...observed,
  deployment: {
    ...deploymentOf(childrenOf(job())),
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 0 },
  },
});

export const starting = (): Observed =>
  notReady(running({ job: withStatus(job(), runningStatus({ phase: 'Starting' })) }));

export const said = (
  problem: NonNullable<WorkerView['status']>['problem'],
  more: Partial<NonNullable<WorkerView['status']>> = {},
): WorkerView => ({
  pod: PODS[0],
  status: workerStatus({ problem, ...more }),
  atMs: NOW - 1_000,
});

export const suspended = (change: Partial<Observed> = {}): Observed => {
  const theJob = edited({ state: 'suspended' });
  const made = childrenOf(theJob);
  return running({ job: theJob, configMap: made.configMap, deployment: deploymentOf(made), ...change });
};

export const deleting = (
  change: { policy?: string; ago?: number; spec?: unknown } & Partial<Observed> = {},
): Observed => {
  const { policy, ago, spec: given, ...more } = change;
  const theJob = job({
    spec: given ?? spec({ deletion: { policy: policy ?? 'retain', deadline: '60s' } }),
    metadata: { generation: 2, deletionTimestamp: SECONDS_AGO(ago ?? 5) },
    status: runningStatus(),
  });
  return running({ job: theJob, deployment: null, pods: [], ...more });
};

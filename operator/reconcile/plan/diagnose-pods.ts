// Findings about pods that do not come up, in the words of whoever knows why: scheduler, kubelet, or the dying container.
import type { ContainerStatus, DeploymentObject, Observed, PodObject } from '../observed.ts';
import type { Finding } from './finding.ts';

const PULL_REASONS: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'ErrImageNeverPull',
  'RegistryUnavailable',
]);
const CONFIG_REASONS: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
/** Exit code of a worker that found state of another plan. */
const EXIT_PLAN_MISMATCH = 78;

export function diagnosePods(observed: Observed): Finding[] {
  const ready = (observed.deployment?.status?.readyReplicas ?? 0) > 0;
  const severity = ready ? 'degraded' : 'stalled';
  const findings = observed.pods
    .filter((pod) => pod.metadata.deletionTimestamp === undefined)
    .map((pod) => podFinding(pod, severity))
    .filter((finding) => finding !== null);
  const refusal = replicaFailure(observed.deployment, severity);
  return refusal === null ? findings : [...findings, refusal];
}

function podFinding(pod: PodObject, severity: Finding['severity']): Finding | null {
  const unscheduled = pod.status?.conditions?.find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  if (unscheduled?.reason === 'Unschedulable') {
    return {
      severity,
      reason: 'Unschedulable',
      message: `Pod ${pod.metadata.name} cannot be scheduled: ${unscheduled.message ?? 'the scheduler gives no cause'}`,
      waitingFor: 'a node that fits',
      userAction: 'Add nodes, or ask for less in spec.worker.resources or spec.worker.podTemplate.',
    };
  }
  for (const container of [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]) {
    const finding = containerFinding(pod, container, severity);
    if (finding !== null) return finding;
  }
  return null;
}

function containerFinding(pod: PodObject, container: ContainerStatus, severity: Finding['severity']): Finding | null {
  const waiting = container.state?.waiting;
  const reason = waiting?.reason ?? '';
  const kubelet = waiting?.message ?? reason;
  if (PULL_REASONS.has(reason)) {
    return {
      severity,
      reason: 'ImagePullFailed',
      message: `Image ${container.image ?? 'of the worker'} cannot be pulled for pod ${pod.metadata.name}: ${kubelet}`,
      waitingFor: 'the image',
      userAction:
        'Correct spec.worker.image, or give its registry access with imagePullSecrets in spec.worker.podTemplate.',
    };
  }
  if (CONFIG_REASONS.has(reason)) {
    const secret = /secret "/i.test(kubelet);
    return {
      severity,
      reason: secret ? 'StorageUnavailable' : 'CrashLoop',
      message: `Container ${container.name} of pod ${pod.metadata.name} cannot be started: ${kubelet}`,
      waitingFor: secret ? 'the Secret' : 'another try of the kubelet',
      userAction: secret
        ? `Create the Secret in namespace ${pod.metadata.namespace ?? 'default'} with the keys AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`
        : 'Check spec.worker.podTemplate and the image.',
    };
  }
  if (reason === 'CrashLoopBackOff') return crashFinding(pod, container, severity);
  return null;
}

function crashFinding(pod: PodObject, container: ContainerStatus, severity: Finding['severity']): Finding {
  const last = container.lastState?.terminated ?? container.state?.terminated;
  const logs = `kubectl logs -n ${pod.metadata.namespace ?? 'default'} ${pod.metadata.name} --previous`;
  const lastLine = lastWords(last?.message ?? '');
  const where = `Worker ${pod.metadata.name} has ended ${container.restartCount ?? 0} times`;
  const said = lastLine === '' ? '' : `; last words: ${lastLine}`;
  const base = { severity, waitingFor: "the kubelet's next restart" } as const;
  if (last?.reason === 'OOMKilled') {
    return {
      ...base,
      reason: 'StateTooLarge',
      message: `${where}, killed for using more memory than its limit.`,
      userAction: 'Raise spec.worker.resources.limits.memory or spec.parallelism.',
    };
  }
  if (last?.exitCode === EXIT_PLAN_MISMATCH) {
    return {
      ...base,
      reason: 'PlanMismatch',
      message: `${where} with code ${EXIT_PLAN_MISMATCH}: the committed state is of another plan${said}`,
      userAction: 'Undo the change of the spec, or delete the job and create it anew.',
    };
  }
  return {
    ...base,
    reason: 'CrashLoop',
    message: `${where}, last with code ${last?.exitCode ?? 'unknown'}${said}`,
    userAction: `Read its log: ${logs}`,
  };
}

/** The error of a log's end: Node prints its stack and version after it, which say nothing. Else the last line. */
function lastWords(log: string): string {
  const lines = log.trim().split('\n');
  return lines.findLast((line) => /^(Uncaught )?\w*Error( \[\w+\])?: /.test(line)) ?? lines.at(-1) ?? '';
}

function replicaFailure(deployment: DeploymentObject | null, severity: Finding['severity']): Finding | null {
  const failure = deployment?.status?.conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  );
  if (failure === undefined) return null;
  return {
    severity,
    reason: 'Unschedulable',
    message: `Pods cannot be created: ${failure.message ?? failure.reason ?? 'no cause is given'}`,
    waitingFor: 'quota or admission',
    userAction: 'Look at the quota and the pod security rules of the namespace.',
  };
}

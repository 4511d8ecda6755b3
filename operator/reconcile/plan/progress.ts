// Where a job is on its way: phase, and in words what it waits for.
import type { Phase, ProgressReason } from '../../../crds/index.ts';
import type { Observed, PodObject } from '../observed.ts';
import type { Finding } from './finding.ts';
import type { Target } from './target.ts';

export interface Progress {
  readonly phase: Phase;
  readonly reason: ProgressReason;
  readonly message: string;
}

/** `drifted`: a child is not yet what it shall be, so what it reports is about something else. */
export function progressOf(
  observed: Observed,
  target: Target,
  more: { findings: readonly Finding[]; drifted: boolean },
): Progress {
  if (target.suspended) return suspension(observed, target);
  const terminal = more.findings.find((finding) => finding.terminal === true);
  if (terminal !== undefined && terminal.reason !== 'InvalidSpec' && terminal.reason !== 'NotSupportedYet') {
    return { phase: 'Failed', reason: 'AsExpected', message: terminal.message };
  }
  if (observed.deployment === null) return { phase: 'Pending', reason: 'Pending', message: pendingText(more.findings) };
  if (!more.drifted && isSettled(observed, target)) {
    return {
      phase: 'Running',
      reason: 'AllTasksLive',
      message: `${count(target.replicas, 'worker')} ready, all tasks live.`,
    };
  }
  return underWay(observed, target);
}

function suspension(observed: Observed, target: Target): Progress {
  const left = observed.pods.filter(isAlive).length;
  const why = target.resolved.state === 'suspended' ? 'spec.state is suspended' : 'spec.parallelism is 0';
  if (left > 0)
    return { phase: 'Suspending', reason: 'Suspending', message: `${why}; ${count(left, 'worker')} still to stop.` };
  return { phase: 'Suspended', reason: 'Suspended', message: `${why}: no worker runs; offsets and state are kept.` };
}

function underWay(observed: Observed, target: Target): Progress {
  const status = observed.deployment?.status ?? {};
  const previous = observed.job.status;
  const ready = status.readyReplicas ?? 0;
  const wanted = target.replicas;
  const workers = `${ready} of ${count(wanted, 'worker')} ready`;
  const wasRunning = previous?.phase === 'Running' || previous?.phase === 'Rescaling';
  const rescaled = previous?.phase === 'Rescaling' || (previous?.desiredReplicas ?? wanted) !== wanted;
  if (wasRunning && rescaled) {
    const many = ready > wanted ? `${count(ready, 'worker')} ready` : workers;
    return { phase: 'Rescaling', reason: 'Rescaling', message: `${many} while scaling to ${wanted}.` };
  }
  const rolling = (status.updatedReplicas ?? 0) < (status.replicas ?? 0);
  if (wasRunning && rolling)
    return { phase: 'Running', reason: 'RollingUpdate', message: `${workers}; workers are replaced one by one.` };
  // A job that ran goes on running while a lost worker is replaced, as long as anybody is left.
  if (wasRunning && ready > 0)
    return { phase: 'Running', reason: 'WaitingForWorkers', message: `${workers}; the others are being replaced.` };
  return { phase: 'Starting', reason: 'WaitingForWorkers', message: `${workers}.` };
}

/** All workers that are wanted are ready, on the newest template, and none is left over. */
function isSettled(observed: Observed, target: Target): boolean {
  const { deployment } = observed;
  const status = deployment?.status ?? {};
  const seen = (status.observedGeneration ?? 0) >= (deployment?.metadata.generation ?? 0);
  const counts = [status.replicas, status.updatedReplicas, status.readyReplicas].every(
    (value) => (value ?? 0) === target.replicas,
  );
  return seen && counts && observed.pods.filter(isAlive).length === target.replicas;
}

/** Whether the pod can still hold tasks. */
export function isAlive(pod: PodObject): boolean {
  return pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed';
}

function pendingText(findings: readonly Finding[]): string {
  return findings[0]?.message ?? 'The job is about to be started.';
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

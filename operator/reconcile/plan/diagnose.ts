// All findings about a job, from cause to consequence: manifest, topics, what workers say of themselves, pods.
import type { Problem, ProblemReason, WorkerProblem } from '../../../crds/index.ts';
import type { Failure, Observed } from '../observed.ts';
import { diagnoseKafka } from './diagnose-kafka.ts';
import { diagnosePods } from './diagnose-pods.ts';
import type { Finding } from './finding.ts';
import { isMounted } from './pod-template.ts';
import { refusalText } from './refused-changes.ts';
import type { Target, TargetChoice } from './target.ts';

/** An answer older than this says nothing about now. */
export const WORKER_ANSWER_MAX_AGE_MS = 30_000;

export function diagnose(observed: Observed, choice: TargetChoice, now: number): Finding[] {
  const findings = specFindings(choice);
  const { target } = choice;
  if (target === null) return findings;
  if (observed.lastFailure !== null) findings.push(failureFinding(observed.lastFailure, observed));
  findings.push(...diagnoseKafka(observed, target));
  if (target.suspended)
    return findings.filter((finding) => finding.severity === 'stalled' || finding.reason === 'ShuffleTopicDiffers');
  return [
    ...findings,
    ...workerFindings(observed, now),
    ...diagnosePods(observed),
    ...storageFindings(observed, target),
  ];
}

function specFindings(choice: TargetChoice): Finding[] {
  switch (choice.kind) {
    case 'current':
      return [];
    case 'invalid':
      return [invalidFinding(choice.problems, choice.target)];
    case 'lost':
      return [
        {
          severity: 'stalled',
          reason: 'ChangeRefused',
          message: `The job has state of plan ${choice.planHash}, the spec is of another one, and the ConfigMap that held the spec of that state is gone.`,
          waitingFor: 'another change of the spec',
          userAction: 'Undo the last changes of the spec, or delete the job and create it anew.',
        },
      ];
    case 'refused':
      return [
        {
          severity: 'stalled',
          reason: 'ChangeRefused',
          message: refusalText(choice.changes, choice.target.generation),
          waitingFor: 'another change of the spec',
          userAction: 'Undo the change, create a new job, or delete this one and create it anew.',
        },
      ];
  }
}

function invalidFinding(problems: readonly Problem[], running: Target | null): Finding {
  const [first, ...more] = problems;
  const rest =
    more.length === 0 ? '' : ` And ${more.length} more: ${more.map((problem) => problem.message).join('; ')}.`;
  const kept = running === null ? '' : ` Generation ${running.generation} keeps running.`;
  // `not supported yet` is only the answer when nothing else is wrong: correcting a mistake comes first.
  const reason = problems.every((problem) => problem.reason === 'NotSupportedYet') ? 'NotSupportedYet' : 'InvalidSpec';
  const text = first?.message ?? 'the manifest is not valid';
  return {
    severity: 'stalled',
    reason,
    message: `${text}${text.endsWith('.') ? '' : '.'}${kept}${rest}`,
    waitingFor: 'another change of the spec',
    userAction:
      reason === 'NotSupportedYet'
        ? `Leave out ${first?.path ?? 'it'}: this release does not have it.`
        : `Correct ${first?.path ?? 'the manifest'}; streamjob validate FILE shows all problems.`,
    ...(running === null ? { terminal: true } : {}),
  };
}

function failureFinding({ reason, message }: Failure, observed: Observed): Finding {
  const running = (observed.deployment?.status?.readyReplicas ?? 0) > 0;
  const passing = reason === 'InternalError' || (running && reason !== 'InvalidSpec');
  return {
    severity: passing ? 'degraded' : 'stalled',
    reason,
    message,
    waitingFor: 'the next try',
    userAction: ADVICE[reason] ?? "None if it passes; else read the operator's log.",
  };
}

const ADVICE: Partial<Record<ProblemReason, string>> = {
  InvalidSpec: 'Correct spec.worker: the API server judges its parts.',
  NotAuthorized: 'Give the operator this right.',
  BrokerUnreachable: 'Check that the brokers run and that the operator can reach them.',
};

function workerFindings(observed: Observed, now: number): Finding[] {
  const pods = new Set(observed.pods.map((pod) => pod.metadata.name));
  const said: Finding[] = [];
  for (const { pod, status, atMs } of observed.workers) {
    if (status === null || status.problem === null || !pods.has(pod) || now - atMs > WORKER_ANSWER_MAX_AGE_MS) continue;
    said.push(workerFinding(pod, status.problem, { live: status.live, failed: status.state === 'failed' }));
  }
  return said;
}

function workerFinding(pod: string, problem: WorkerProblem, worker: { live: boolean; failed: boolean }): Finding {
  const at = placeOf(problem);
  return {
    severity: worker.live && problem.retryable ? 'degraded' : 'stalled',
    reason: problem.reason,
    message: `${problem.message}${at === '' || problem.message.includes(at) ? '' : ` (${at})`} [worker ${pod}]`,
    waitingFor: problem.retryable ? 'the next try of the worker' : 'you',
    userAction: problem.userAction ?? 'Read the log of the worker.',
    ...(worker.failed && !problem.retryable ? { terminal: true } : {}),
  };
}

function placeOf(problem: WorkerProblem): string {
  if (problem.topic === undefined) return problem.task ?? '';
  const partition = problem.partition === undefined ? '' : `/${problem.partition}`;
  return `${problem.topic}${partition}${problem.offset === undefined ? '' : `@${problem.offset}`}`;
}

/** Local checkpoints in a pod's own file system die with the pod, and no other worker sees them. */
function storageFindings(observed: Observed, target: Target): Finding[] {
  const { storage } = target.resolved.checkpoint;
  if (storage.kind !== 'local' || observed.settings.backend === 'processes') return [];
  const template = observed.deployment?.spec as { template?: Record<string, unknown> } | undefined;
  if (template?.template === undefined || isMounted(template.template, storage.path)) return [];
  return [
    {
      severity: 'degraded',
      reason: 'StorageUnavailable',
      message: `spec.checkpoint.storage.local.path ${storage.path} is on no volume of the worker container: it cannot be written, or is lost with the pod, and no other worker can read it.`,
      userAction:
        'Mount a volume that all workers share there, in spec.worker.podTemplate (container "worker"), or use s3.',
    },
  ];
}

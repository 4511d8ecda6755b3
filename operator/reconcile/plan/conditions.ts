// Conditions in kstatus' meaning: Stalled says that somebody must act, Progressing that it is on its way, Ready that it is there.
import type { Condition, ConditionType, Phase, ProgressReason, Reason } from '../../../crds/index.ts';
import { truncateText } from '../../text.ts';
import { type Finding, worst } from './finding.ts';

export interface ConditionInput {
  readonly phase: Phase;
  readonly findings: readonly Finding[];
  /** What is going on: reason and text of Ready and Progressing when nothing is wrong. */
  readonly progress: { readonly reason: ProgressReason; readonly message: string };
  readonly generation: number;
  readonly previous: readonly Condition[];
  readonly now: number;
}

type Wanted = {
  readonly type: ConditionType;
  readonly status: Condition['status'];
  readonly reason: Reason;
  readonly message: string;
};

const AT_REST: ReadonlySet<Phase> = new Set(['Running', 'Suspended', 'Failed']);

export function conditions(input: ConditionInput): Condition[] {
  const stalled = worst(input.findings, 'stalled');
  const degraded = worst(input.findings, 'degraded');
  const wanted = [
    ready(input, stalled),
    progressing(input, stalled),
    about('Stalled', stalled),
    about('Degraded', degraded),
  ];
  return wanted.map((condition) => stamped(condition, input));
}

function ready({ phase, progress }: ConditionInput, stalled: Finding | null): Wanted {
  if (stalled !== null) return { type: 'Ready', status: 'False', reason: stalled.reason, message: stalled.message };
  return { type: 'Ready', status: phase === 'Running' ? 'True' : 'False', ...progress };
}

function progressing({ phase, progress }: ConditionInput, stalled: Finding | null): Wanted {
  if (stalled !== null)
    return {
      type: 'Progressing',
      status: 'False',
      reason: stalled.reason,
      message: 'Nothing goes on until the cause of Stalled is removed.',
    };
  return { type: 'Progressing', status: AT_REST.has(phase) ? 'False' : 'True', ...progress };
}

function about(type: ConditionType, finding: Finding | null): Wanted {
  if (finding === null) return { type, status: 'False', reason: 'AsExpected', message: '' };
  const advice = finding.message.includes(finding.userAction) ? '' : ` ${finding.userAction}`;
  const separator = advice === '' || /[.!?]$/.test(finding.message) ? '' : '.';
  return { type, status: 'True', reason: finding.reason, message: `${finding.message}${separator}${advice}` };
}

/** The time of the last transition is that of the last change of status, as Kubernetes means it. */
function stamped(wanted: Wanted, { previous, generation, now }: ConditionInput): Condition {
  const before = previous.find((condition) => condition.type === wanted.type);
  const kept = before !== undefined && before.status === wanted.status;
  return {
    type: wanted.type,
    status: wanted.status,
    reason: wanted.reason,
    message: truncateText(wanted.message),
    observedGeneration: generation,
    lastTransitionTime: kept ? before.lastTransitionTime : new Date(now).toISOString(),
  };
}

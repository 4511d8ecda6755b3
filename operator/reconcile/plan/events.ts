// Events tell of changes, so they are made by comparing the status that is with the one that shall be.
import type { Condition, Phase, Reason, StreamJobStatus } from '../../../crds/index.ts';
import { truncateText } from '../../text.ts';
import type { Action } from '../actions.ts';

type EventAction = Extract<Action, { type: 'emitEvent' }>;

export function warning(reason: Reason, message: string): EventAction {
  return { type: 'emitEvent', eventType: 'Warning', reason, message: truncateText(message) };
}

export function notice(reason: Reason, message: string): EventAction {
  return { type: 'emitEvent', eventType: 'Normal', reason, message: truncateText(message) };
}

/** `progress`: what is going on, in words; conditions may speak of something that is in the way instead. */
export function eventsOfChange(before: StreamJobStatus, after: StreamJobStatus, progress: string): EventAction[] {
  const events: EventAction[] = [];
  for (const type of ['Stalled', 'Degraded'] as const) {
    const was = conditionOf(before, type);
    const is = conditionOf(after, type);
    const isNews =
      was?.status !== 'True' || was.reason !== is?.reason || was.observedGeneration !== is.observedGeneration;
    if (is?.status === 'True' && isNews) events.push(warning(is.reason as Reason, is.message));
  }
  const phase = phaseEvent(before.phase, after, progress);
  return phase === null ? events : [...events, phase];
}

function phaseEvent(before: Phase | undefined, after: StreamJobStatus, message: string): EventAction | null {
  if (before === after.phase) return null;
  switch (after.phase) {
    case 'Running':
      return notice(before === 'Rescaling' ? 'Rescaled' : 'AllTasksLive', message);
    case 'Rescaling':
      return notice('Rescaling', message);
    case 'Suspending':
      return notice('Suspending', message);
    case 'Suspended':
      return notice('Suspended', message);
    case 'Starting':
      if (before === 'Suspended' || before === 'Suspending')
        return notice('Resumed', 'The job goes on from its committed offsets.');
      return before === undefined || before === 'Pending' ? notice('Created', 'Workers are being started.') : null;
    case 'Pending':
    case 'Upgrading':
    case 'RollingBack':
    case 'Restoring':
    case 'Failed':
    case 'Deleting':
    case undefined:
      return null;
  }
}

function conditionOf(status: StreamJobStatus, type: Condition['type']): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type);
}

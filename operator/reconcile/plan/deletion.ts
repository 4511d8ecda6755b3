// The end of a job: stop the workers, then keep or drop what they leave, then let the object go. It always ends: after the
// deadline the object goes whatever is left, and an Event says what that is.
import { FINALIZER, type ResolvedJob, canonicalJson, checkpointPrefix, durationMs } from '../../../crds/index.ts';
import type { Action } from '../actions.ts';
import type { Observed } from '../observed.ts';
import { notice, warning } from './events.ts';
import { evictions } from './eviction.ts';
import { isAlive } from './progress.ts';
import { statusChange, statusOf } from './status.ts';
import type { Target, TargetChoice } from './target.ts';

const DEFAULT_DEADLINE_MS = 60_000;
const WAIT_FOR_PODS_MS = 1_000;
const AFTER_FAILURE_MS = 2_000;

export function planDeletion(observed: Observed, choice: TargetChoice, now: number): Action[] {
  const { metadata } = observed.job;
  if (!(metadata.finalizers ?? []).includes(FINALIZER)) return [];
  const target = choice.target;
  const { policy, deadlineMs } = deletionOf(observed, target?.resolved ?? null);
  const deadline = Date.parse(metadata.deletionTimestamp ?? '') + deadlineMs;
  const alive = observed.pods.filter(isAlive).length;
  const actions: Action[] = observed.deployment === null ? [] : [{ type: 'deleteDeployment' }];
  if (target !== null) actions.push(...evictions(observed, target));
  // `>=` also holds for a time that cannot be read: an end is never missed.
  if (!(now < deadline)) {
    return [
      ...actions,
      warning('DeletionDeadlineExceeded', leftText({ observed, target, policy, alive })),
      { type: 'setFinalizer', present: false },
    ];
  }
  if (alive > 0) {
    const message = `${alive} worker${alive === 1 ? '' : 's'} still to stop.`;
    return [
      ...actions,
      ...statusActions(observed, target, { message, now }),
      { type: 'requeue', afterMs: Math.min(WAIT_FOR_PODS_MS, Math.max(0, deadline - now)) },
    ];
  }
  if (target === null || !wasStarted(observed))
    return [
      ...actions,
      notice('Deleted', 'The job had not been started; nothing is left.'),
      { type: 'setFinalizer', present: false },
    ];
  if (policy === 'retain')
    return [...actions, notice('Deleted', keptText(target)), { type: 'setFinalizer', present: false }];
  return [
    ...actions,
    ...statusActions(observed, target, { message: 'Offsets, shuffle topic and checkpoints are being deleted.', now }),
    { type: 'requeue', afterMs: Math.min(AFTER_FAILURE_MS, Math.max(0, deadline - now)) },
    ...dropActions(observed, target),
    notice('Deleted', droppedText(observed, target)),
    { type: 'setFinalizer', present: false },
  ];
}

function dropActions(observed: Observed, target: Target): Action[] {
  const { bootstrapServers } = target.resolved.source.kafka;
  const kafka: Action = {
    type: 'dropKafkaState',
    bootstrapServers,
    groupId: target.groupId,
    shuffleTopic: target.shuffleTopic,
  };
  const { storage } = target.resolved.checkpoint;
  if (isOutOfReach(observed, target)) return [kafka];
  return [kafka, { type: 'dropCheckpoints', storage, prefix: checkpointPrefix(target.incarnationId) }];
}

/** A folder inside the workers' pods is not the operator's to delete. */
function isOutOfReach(observed: Observed, target: Target): boolean {
  return target.resolved.checkpoint.storage.kind === 'local' && observed.settings.backend === 'kubernetes';
}

function droppedText(observed: Observed, target: Target): string {
  const kafka = `Consumer group ${target.groupId}${target.shuffleTopic === null ? '' : ` and topic ${target.shuffleTopic}`}`;
  if (!isOutOfReach(observed, target)) return `${kafka} and the checkpoints ${placeOf(target)} are deleted.`;
  return `${kafka} are deleted. The checkpoints ${placeOf(target)} are on a volume that the operator cannot reach: they are left for you to delete.`;
}

/** Policy and deadline of a valid spec, else of the last good one, else as far as they can be read. */
function deletionOf(
  observed: Observed,
  resolved: ResolvedJob | null,
): { policy: 'retain' | 'drop'; deadlineMs: number } {
  if (observed.validation.ok) return observed.validation.resolved.deletion;
  const raw = (observed.job.spec as { deletion?: { policy?: unknown; deadline?: unknown } } | undefined)?.deletion;
  const deadlineMs = durationMs(raw?.deadline) ?? resolved?.deletion.deadlineMs ?? DEFAULT_DEADLINE_MS;
  // Dropping cannot be undone, so a broken manifest drops only what a whole one had already given up.
  return { policy: resolved?.deletion.policy ?? 'retain', deadlineMs: Math.max(0, deadlineMs) };
}

function wasStarted(observed: Observed): boolean {
  return observed.lastGood !== null || observed.job.status?.planHash !== undefined;
}

function statusActions(observed: Observed, target: Target | null, more: { message: string; now: number }): Action[] {
  const { message, now } = more;
  const progress = { phase: 'Deleting', reason: 'Deleting', message } as const;
  const wanted = statusOf(observed, {
    target,
    findings: [],
    progress,
    started: wasStarted(observed),
    nextAttemptMs: null,
    now,
  });
  const before = observed.job.status ?? {};
  const news = canonicalJson(before.phase ?? '') !== canonicalJson('Deleting');
  const status = statusChange(observed, wanted, now);
  return [
    ...(news ? [notice('Deleting', message)] : []),
    ...(status === null ? [] : [{ type: 'patchStatus', status } as const]),
  ];
}

function keptText(target: Target): string {
  const { bootstrapServers } = target.resolved.source.kafka;
  return (
    `spec.deletion.policy is retain: kept on ${bootstrapServers} are consumer group ${target.groupId}${target.shuffleTopic === null ? '' : ` and topic ${target.shuffleTopic}`}, ` +
    `and the checkpoints ${placeOf(target)}. A job created anew under this name starts fresh; restoreFrom: latest will continue from them once this release supports it. ` +
    `To remove them, delete that group, that topic and that folder.`
  );
}

function leftText(input: { observed: Observed; target: Target | null; policy: string; alive: number }): string {
  const { observed, target, policy, alive } = input;
  const failure = observed.lastFailure?.message.replace(/\.+$/, '');
  const cause = failure === undefined ? '' : ` Last failure: ${failure}.`;
  const pods = alive === 0 ? '' : ` ${alive} worker${alive === 1 ? ' was' : 's were'} still stopping.`;
  const left = target === null ? '' : ` What may be left: ${leftovers(observed, target).join(', ')}.`;
  return `The job is deleted, though cleaning up (policy ${policy}) did not end before its deadline.${pods}${left}${cause}`;
}

/** The topic goes after the group: when it is gone, so is the group. */
function leftovers(observed: Observed, target: Target): string[] {
  const checkpoints = `checkpoints ${placeOf(target)}`;
  if (target.shuffleTopic === null) return [`consumer group ${target.groupId}`, checkpoints];
  if (observed.kafka.shuffle.state === 'missing') return [checkpoints];
  return [`consumer group ${target.groupId}`, `topic ${target.shuffleTopic}`, checkpoints];
}

function placeOf(target: Target): string {
  const { storage } = target.resolved.checkpoint;
  const folder = checkpointPrefix(target.incarnationId);
  if (storage.kind === 'local') return `in ${storage.path.replace(/\/+$/, '')}/${folder}`;
  return `in s3://${storage.bucket}/${storage.prefix === '' ? '' : `${storage.prefix}/`}${folder}`;
}

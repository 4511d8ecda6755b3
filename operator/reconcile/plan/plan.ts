// What to do about a job: a pure, total function of what is seen and of the time. Nothing here reads or writes anything.
import { FINALIZER, jobPrefix, shuffleTopicConfig } from '../../../crds/index.ts';
import type { Action } from '../actions.ts';
import type { Observed } from '../observed.ts';
import { type Children, children } from './children.ts';
import { planDeletion } from './deletion.ts';
import { hasRun, replicationFactor } from './diagnose-kafka.ts';
import { diagnose } from './diagnose.ts';
import { isContained } from './drift.ts';
import { eventsOfChange, warning } from './events.ts';
import { evictions } from './eviction.ts';
import type { Finding } from './finding.ts';
import { type Progress, progressOf } from './progress.ts';
import { statusChange, statusOf } from './status.ts';
import { type Target, chooseTarget } from './target.ts';

/** How often a job is looked at when nothing happens. */
const RUNNING_EVERY_MS = 5_000;
const REST_EVERY_MS = 60_000;
/** A cause that may pass is looked at again after a quarter of the time that it has lasted, within these bounds. */
const RETRY_MIN_MS = 5_000;
const RETRY_MAX_MS = 30_000;

export function plan(observed: Observed, now: number): Action[] {
  const choice = chooseTarget(observed);
  if (observed.job.metadata.deletionTimestamp !== undefined) return planDeletion(observed, choice, now);
  const { target } = choice;
  const findings = diagnose(observed, choice, now);
  const hasFinalizer = (observed.job.metadata.finalizers ?? []).includes(FINALIZER);
  const actions: Action[] = hasFinalizer ? [] : [{ type: 'setFinalizer', present: true }];
  if (target === null) {
    const progress: Progress = { phase: 'Failed', reason: 'Pending', message: findings[0]?.message ?? '' };
    return [...actions, ...reportActions(observed, { target, findings, progress, started: false, now })];
  }
  actions.push(...evictions(observed, target).flatMap(withEvent));
  const wanted = children(observed.job, target, observed.settings);
  // A first start waits for everything it needs; a job that has run is put right at once, its workers wait by themselves.
  const first = observed.deployment === null && !hasRun(observed);
  const blocked =
    first && (observed.kafka.source.state === 'unknown' || findings.some((finding) => finding.blocksStart === true));
  const changes = blocked ? [] : childActions(observed, target, wanted);
  const progress = progressOf(observed, target, { findings, drifted: changes.length > 0 });
  // The configuration is the record of the plan that runs: from the moment it exists the job has state.
  const started = observed.configMap !== null;
  // The report goes first: when a change fails, the next turn fails at the same place, and its cause must get into the status.
  return [
    ...actions,
    ...reportActions(observed, { target, findings, progress, started, now }),
    ...retainedEvent(observed, changes),
    ...changes,
  ];
}

/** In this order: what pods need before they start comes before the pods. */
function childActions(observed: Observed, target: Target, wanted: Children): Action[] {
  const actions: Action[] = [];
  if (!isContained(wanted.configMap, observed.configMap))
    actions.push({ type: 'applyConfigMap', object: wanted.configMap });
  if (!isContained(wanted.serviceAccount, observed.serviceAccount))
    actions.push({ type: 'applyServiceAccount', object: wanted.serviceAccount });
  if (target.shuffleTopic !== null && observed.kafka.shuffle.state === 'missing' && !hasRun(observed))
    actions.push(shuffleTopicAction(observed, target, target.shuffleTopic));
  if (!isContained(wanted.deployment, observed.deployment))
    actions.push({ type: 'applyDeployment', object: wanted.deployment });
  return actions;
}

function shuffleTopicAction(observed: Observed, target: Target, topic: string): Action {
  const factor = replicationFactor(observed.kafka.brokers);
  return {
    type: 'createShuffleTopic',
    bootstrapServers: target.resolved.source.kafka.bootstrapServers,
    topic,
    partitions: target.resolved.maxParallelism,
    replicationFactor: factor,
    config: shuffleTopicConfig(factor),
  };
}

function withEvent(action: Extract<Action, { type: 'evictMember' }>): Action[] {
  return [
    action,
    warning('WorkerLost', `Worker ${action.instanceId} is gone; its partitions are given to the others.`),
  ];
}

/** Said once, when the job is first started. */
function retainedEvent(observed: Observed, changes: readonly Action[]): Action[] {
  const { retainedGroups } = observed.kafka;
  if (changes.length === 0 || observed.configMap !== null || retainedGroups.length === 0) return [];
  const { name, namespace } = observed.job.metadata;
  const text =
    `State of an earlier job is kept under ${jobPrefix(namespace, name)}… (consumer group ${retainedGroups.join(', ')}). ` +
    'This job starts fresh. To continue from it instead, use restoreFrom: latest once this release supports it; to be rid of it, delete those groups.';
  return [{ type: 'emitEvent', eventType: 'Normal', reason: 'RetainedStateFound', message: text }];
}

interface Report {
  readonly target: Target | null;
  readonly findings: readonly Finding[];
  readonly progress: Progress;
  readonly started: boolean;
  readonly now: number;
}

function reportActions(observed: Observed, report: Report): Action[] {
  const { findings, progress, now } = report;
  const afterMs = lookAgainAfter(observed, report);
  const retries = findings.some(
    (finding) =>
      finding.waitingFor !== undefined &&
      finding.reason !== 'ChangeRefused' &&
      finding.reason !== 'InvalidSpec' &&
      finding.reason !== 'NotSupportedYet',
  );
  const wanted = statusOf(observed, { ...report, nextAttemptMs: retries ? now + afterMs : null });
  const status = statusChange(observed, wanted, now);
  const before = observed.job.status ?? {};
  const requeue: Action = {
    type: 'requeue',
    afterMs: progress.phase === 'Running' ? Math.min(afterMs, RUNNING_EVERY_MS) : afterMs,
  };
  return status === null
    ? [requeue]
    : [requeue, { type: 'patchStatus', status }, ...eventsOfChange(before, wanted, progress.message)];
}

function lookAgainAfter(observed: Observed, { findings, progress, now }: Report): number {
  if (findings.length > 0) {
    const since = Date.parse(observed.job.status?.why?.since ?? '');
    const lastedMs = Number.isFinite(since) ? now - since : 0;
    return Math.min(RETRY_MAX_MS, Math.max(RETRY_MIN_MS, lastedMs / 4));
  }
  return progress.phase === 'Suspended' || progress.phase === 'Failed' ? REST_EVERY_MS : RUNNING_EVERY_MS;
}

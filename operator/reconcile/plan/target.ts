// Which job is meant to run: the spec as written when it may, else the last good one; and everything that is named after it.
import {
  type IncarnationId,
  type Problem,
  type ResolvedJob,
  type StreamJobSpec,
  groupId,
  incarnationId,
  planHash,
  shuffleTopic,
} from '../../../crds/index.ts';
import type { Observed, StreamJobObject, LastGood } from '../observed.ts';
import { refusedChanges, type RefusedChange } from './refused-changes.ts';

export interface Target {
  readonly resolved: ResolvedJob;
  /** The spec as written, for the workers' configuration. */
  readonly spec: StreamJobSpec;
  /** Generation that the spec is from. */
  readonly generation: number;
  readonly incarnation: number;
  readonly incarnationId: IncarnationId;
  readonly planHash: string;
  readonly groupId: string;
  /** Null for direct jobs. */
  readonly shuffleTopic: string | null;
  /** Workers that shall run: 0 when suspended. */
  readonly replicas: number;
  readonly suspended: boolean;
}

export type TargetChoice =
  /** The spec as written. */
  | { readonly kind: 'current'; readonly target: Target }
  /** The spec breaks a rule. The last good one goes on, if there is one. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[]; readonly target: Target | null }
  /** The spec is valid, but not for a job that has state. */
  | { readonly kind: 'refused'; readonly changes: readonly RefusedChange[]; readonly target: Target }
  /** The spec is not the one whose state there is, and that one is known no more: its ConfigMap is gone. */
  | { readonly kind: 'lost'; readonly planHash: string; readonly target: null };

export function chooseTarget(observed: Pick<Observed, 'job' | 'validation' | 'lastGood'>): TargetChoice {
  const { job, validation, lastGood } = observed;
  const running = lastGood === null ? null : targetOfLastGood(job, lastGood);
  if (!validation.ok) return { kind: 'invalid', problems: validation.problems, target: running };
  const current = makeTarget(job, {
    resolved: validation.resolved,
    spec: validation.job.spec,
    generation: job.metadata.generation ?? 0,
    incarnation: lastGood?.config.incarnation ?? job.status?.incarnation ?? 1,
  });
  if (lastGood === null || running === null) {
    const known = job.status?.planHash ?? current.planHash;
    return known === current.planHash
      ? { kind: 'current', target: current }
      : { kind: 'lost', planHash: known, target: null };
  }
  const changes = refusedChanges(lastGood.resolved, validation.resolved);
  if (changes.length === 0) return { kind: 'current', target: current };
  // What does not touch state is honoured all the same: a job with a refused change can still be scaled, suspended, deleted.
  const { parallelism, state, deletion } = validation.resolved;
  return {
    kind: 'refused',
    changes,
    target: withReplicas({ ...running, resolved: { ...running.resolved, parallelism, state, deletion } }),
  };
}

function targetOfLastGood(job: StreamJobObject, lastGood: LastGood): Target {
  const { spec, generation, incarnation } = lastGood.config;
  return makeTarget(job, { resolved: lastGood.resolved, spec, generation, incarnation });
}

function makeTarget(
  job: StreamJobObject,
  from: Pick<Target, 'resolved' | 'spec' | 'generation' | 'incarnation'>,
): Target {
  const { name, namespace, uid } = job.metadata;
  const id = incarnationId({ namespace, job: name, uid, number: from.incarnation });
  return withReplicas({
    ...from,
    incarnationId: id,
    planHash: planHash(from.resolved),
    groupId: groupId(id),
    shuffleTopic: from.resolved.mode === 'shuffled' ? shuffleTopic(id) : null,
    replicas: 0,
    suspended: false,
  });
}

function withReplicas(target: Target): Target {
  const suspended = target.resolved.state === 'suspended' || target.resolved.parallelism === 0;
  return { ...target, suspended, replicas: suspended ? 0 : target.resolved.parallelism };
}

// The status that the job shall have. It is written only when it says something new; figures that move all the time are
// refreshed at most every ten seconds.
import { type StreamJobStatus, type Why, canonicalJson, selectorLabels, selectorText } from '../../../crds/index.ts';
import { truncateText } from '../../text.ts';
import type { Observed, WorkerView } from '../observed.ts';
import { conditions } from './conditions.ts';
import { WORKER_ANSWER_MAX_AGE_MS } from './diagnose.ts';
import { type Finding, worst } from './finding.ts';
import { type Progress, isAlive } from './progress.ts';
import type { Target } from './target.ts';

export const FIGURES_EVERY_MS = 10_000;

export interface StatusInput {
  readonly target: Target | null;
  readonly findings: readonly Finding[];
  readonly progress: Progress;
  /** Whether the job has been started: what is told of it then is also what a later change is compared with. */
  readonly started: boolean;
  /** When the next attempt is made, epoch ms; null when nothing is tried. */
  readonly nextAttemptMs: number | null;
  readonly now: number;
}

export function statusOf(observed: Observed, input: StatusInput): StreamJobStatus {
  const { job } = observed;
  const { target, progress, now } = input;
  const generation = job.metadata.generation ?? 0;
  const previous = job.status ?? {};
  const known = target === null || !input.started ? {} : { incarnation: target.incarnation, planHash: target.planHash };
  const why = whyOf(observed, input);
  return {
    // What belongs to later steps of a change is carried along, never dropped.
    ...previous,
    observedGeneration: generation,
    phase: progress.phase,
    ...known,
    replicas: observed.pods.filter((pod) => isAlive(pod) && pod.metadata.deletionTimestamp === undefined).length,
    readyReplicas: observed.deployment?.status?.readyReplicas ?? 0,
    ...(target === null ? {} : { desiredReplicas: target.replicas }),
    selector: selectorText(selectorLabels(job.metadata.name)),
    ...figures(observed, now),
    conditions: conditions({
      phase: progress.phase,
      findings: input.findings,
      progress,
      generation,
      previous: previous.conditions ?? [],
      now,
    }),
    why: why ?? undefined,
  };
}

/** The status to write, or null when what is there says the same. */
export function statusChange(observed: Observed, wanted: StreamJobStatus, now: number): StreamJobStatus | null {
  const current = observed.job.status ?? {};
  if (canonicalJson(current) === canonicalJson(wanted)) return null;
  const onlyFigures = canonicalJson(withoutFigures(current)) === canonicalJson(withoutFigures(wanted));
  const recent = observed.statusWrittenMs !== null && now - observed.statusWrittenMs < FIGURES_EVERY_MS;
  return onlyFigures && recent ? null : wanted;
}

function withoutFigures(status: StreamJobStatus): unknown {
  const { lag: _lag, watermark: _watermark, lastCommitAt: _lastCommitAt, why, ...rest } = status;
  return { ...rest, why: why === undefined ? undefined : { ...why, nextAttemptAt: undefined } };
}

function figures(observed: Observed, now: number): Pick<StreamJobStatus, 'lag' | 'watermark' | 'lastCommitAt'> {
  const pods = new Set(observed.pods.map((pod) => pod.metadata.name));
  const fresh = observed.workers.filter(
    (worker) => pods.has(worker.pod) && now - worker.atMs <= WORKER_ANSWER_MAX_AGE_MS,
  );
  const answers = fresh.map((worker) => worker.status).filter((status) => status !== null);
  if (answers.length === 0) return {};
  const records = answers.reduce((sum, status) => sum + status.lag.records, 0);
  const worstPartition = answers
    .map((status) => status.lag.worstPartition)
    .filter((partition) => partition !== null)
    .toSorted((a, b) => b.records - a.records)[0];
  const watermark = lowestWatermark(fresh);
  const committed = answers.map((status) => status.lastCommitAt).filter((at) => at !== null);
  return {
    lag: {
      records,
      ...(worstPartition === undefined ? {} : { worstPartition }),
      ...(worstPartition === undefined || records === 0
        ? {}
        : { skew: Math.round((Math.min(worstPartition.records, records) / records) * 100) / 100 }),
    },
    ...(watermark === null ? {} : { watermark: new Date(watermark).toISOString() }),
    ...(committed.length === 0 ? {} : { lastCommitAt: new Date(Math.max(...committed)).toISOString() }),
  };
}

/** A worker without tasks has no watermark and holds none back; one with tasks that knows none yet leaves it open. */
function lowestWatermark(workers: readonly WorkerView[]): number | null {
  const busy = workers.filter((worker) => worker.status !== null && worker.status.tasks.length > 0);
  const marks = busy.map((worker) => worker.status?.watermark ?? null);
  return marks.length === 0 || marks.includes(null) ? null : Math.min(...(marks as number[]));
}

function whyOf(observed: Observed, { findings, progress, nextAttemptMs, now }: StatusInput): Why | null {
  const finding = worst(findings, 'stalled') ?? worst(findings, 'degraded');
  const previous = observed.job.status?.why;
  if (finding === null) {
    if (progress.phase === 'Running' || progress.phase === 'Suspended') return null;
    const same = previous?.blockedBy === undefined && previous?.waitingFor === progress.message;
    return { waitingFor: progress.message, since: same ? (previous?.since ?? iso(now)) : iso(now) };
  }
  const same = previous?.blockedBy === finding.reason;
  return {
    blockedBy: finding.reason,
    ...(finding.waitingFor === undefined ? {} : { waitingFor: finding.waitingFor }),
    since: same ? (previous?.since ?? iso(now)) : iso(now),
    ...(nextAttemptMs === null ? {} : { nextAttemptAt: iso(nextAttemptMs) }),
    userAction: truncateText(finding.userAction),
  };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

// How a worker gets on: the /status document of the contract, and the gauges.
import type { ResolvedJob, WorkerConfig, WorkerStatus } from '../crds/index.ts';
import type { WorkerMetrics } from './metrics.ts';
import type { ProblemDetails } from './task/problem.ts';
import type { TaskSlot } from './task/task-slot.ts';
import type { Troubles } from './task/troubles.ts';
import type { Worker } from './task/worker.ts';

export interface ReportInputs {
  readonly config: WorkerConfig;
  readonly job: ResolvedJob;
  readonly instanceId: string;
  readonly worker: Worker | null;
  readonly troubles: Troubles;
  readonly failure: ProblemDetails | null;
  readonly stopping: boolean;
}

export function workerStatus(inputs: ReportInputs): WorkerStatus {
  const { worker, failure, troubles, config } = inputs;
  const slots = worker?.slots ?? [];
  const problem = failure ?? troubles.problem;
  return {
    v: 1,
    job: config.job,
    incarnation: config.incarnation,
    planHash: config.planHash,
    instanceId: inputs.instanceId,
    state:
      failure !== null
        ? 'failed'
        : inputs.stopping
          ? 'stopping'
          : worker === null
            ? 'starting'
            : worker.live
              ? 'running'
              : 'joining',
    live: failure === null && worker !== null && worker.live,
    tasks: slots.flatMap((slot) => (slot.state === 'released' ? [] : [taskStatus(slot, slot.state)])),
    lag: lagOf(slots),
    watermark: watermarkOf(slots),
    lastCommitAt: worker?.lastCommitAtMs ?? null,
    problem: problem === null ? null : { ...problem, retryable: failure === null },
    why: troubles.why ?? loadingWhy(slots),
    counters: {
      records: sum(slots, (slot) => (slot.kind === 'aggregate' ? 0 : slot.task.counters.records)),
      bad: sum(slots, ({ task }) => task.counters.bad),
      late: sum(slots, ({ task }) => task.counters.late),
    },
  };
}

/** Copies what only the tasks know into the gauges, before they are scraped. */
export function refreshGauges(metrics: WorkerMetrics, worker: Worker | null, status: WorkerStatus): void {
  metrics.live.set(status.live ? 1 : 0);
  metrics.tasks.set(status.tasks.length);
  metrics.lastCommit.set((status.lastCommitAt ?? 0) / 1000);
  for (const gauge of [
    metrics.records,
    metrics.late,
    metrics.lateWindows,
    metrics.filterErrors,
    metrics.overflows,
    metrics.lag,
    metrics.position,
    metrics.watermark,
    metrics.stateBytes,
  ])
    gauge.reset();
  for (const slot of worker?.slots ?? []) {
    const labels = { task: slot.name };
    metrics.records.set(labels, slot.task.counters.records);
    metrics.late.set(labels, slot.task.counters.late);
    metrics.lateWindows.set(labels, slot.task.counters.lateWindows);
    metrics.filterErrors.set(labels, slot.task.filterErrors);
    metrics.overflows.set(labels, slot.task.overflows);
    metrics.position.set(labels, slot.task.position);
    metrics.stateBytes.set(labels, slot.task.stateBytes);
    if (slot.highWatermark !== null) metrics.lag.set(labels, lagRecords(slot));
    if (Number.isFinite(slot.task.watermark)) metrics.watermark.set(labels, slot.task.watermark / 1000);
  }
}

function taskStatus(slot: TaskSlot, state: Exclude<TaskSlot['state'], 'released'>): WorkerStatus['tasks'][number] {
  return {
    id: slot.name,
    topic: slot.partition.topic,
    partition: slot.partition.partition,
    state,
    position: slot.task.position,
    committed: slot.committed.offset < 0 ? null : slot.committed.offset,
    highWatermark: slot.highWatermark,
    watermark: Number.isFinite(slot.task.watermark) ? slot.task.watermark : null,
    checkpoint: slot.checkpoint,
  };
}

/** Of the source: records between the workers' positions and the ends of their partitions. */
function lagOf(slots: readonly TaskSlot[]): WorkerStatus['lag'] {
  const sources = slots.filter(({ kind, highWatermark }) => kind !== 'aggregate' && highWatermark !== null);
  const [worst] = sources.toSorted((a, b) => lagRecords(b) - lagRecords(a));
  return {
    records: sum(sources, lagRecords),
    worstPartition:
      worst === undefined || lagRecords(worst) === 0 ? null : { ...worst.partition, records: lagRecords(worst) },
  };
}

function lagRecords(slot: TaskSlot): number {
  return Math.max(0, (slot.highWatermark ?? 0) - slot.task.position);
}

/** Of the results: the slowest task that makes them. Null while one of them has none. */
function watermarkOf(slots: readonly TaskSlot[]): number | null {
  const marks = slots.filter(({ kind }) => kind !== 'ingest').map(({ task }) => task.watermark);
  const lowest = Math.min(...marks);
  return marks.length === 0 || !Number.isFinite(lowest) ? null : lowest;
}

function loadingWhy(slots: readonly TaskSlot[]): string | null {
  const loading = slots.filter(({ state }) => state === 'loading' || state === 'replaying');
  return loading.length === 0 ? null : `restoring ${loading.length} of ${slots.length} tasks`;
}

function sum(slots: readonly TaskSlot[], of: (slot: TaskSlot) => number): number {
  return slots.reduce((total, slot) => total + of(slot), 0);
}

// Every metric of a worker, in one place, initialised to 0. Names: streamjob_<what>_<unit>, counters end in _total.
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30];
const BYTES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

export interface MetricLabels {
  readonly namespace: string;
  readonly job: string;
}

export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>;

export function createWorkerMetrics(labels: MetricLabels) {
  const registry = new Registry();
  registry.setDefaultLabels({ ...labels });
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const counterBy = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers });
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const gaugeBy = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Gauge({ name, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name, help, buckets, registers });
  return {
    registry,
    commits: counter('streamjob_commits_total', 'Transactions committed'),
    commitRetries: counterBy('streamjob_commit_retries_total', 'Transactions that failed and were tried again', [
      'reason',
    ]),
    commitSeconds: histogram(
      'streamjob_commit_duration_seconds',
      'From capture to known outcome, retries included',
      SECONDS,
    ),
    lastCommit: gauge('streamjob_last_commit_timestamp_seconds', 'Wall clock of the last commit'),
    rebalances: counter('streamjob_rebalances_total', 'Assignments taken'),
    restoreSeconds: histogram(
      'streamjob_restore_duration_seconds',
      'From assignment to reading, without replay',
      SECONDS,
    ),
    checkpointSeconds: histogram(
      'streamjob_checkpoint_duration_seconds',
      'Upload and verification of one checkpoint',
      SECONDS,
    ),
    checkpointBytes: histogram('streamjob_checkpoint_size_bytes', 'State of one checkpoint before compression', BYTES),
    checkpointFallbacks: counter(
      'streamjob_checkpoint_fallbacks_total',
      'Restores that passed over a broken checkpoint',
    ),
    records: gaugeBy('streamjob_task_records', 'Records folded since the task was restored', ['task']),
    bad: counterBy('streamjob_bad_records_total', 'Records that could not be used', ['topic', 'partition', 'reason']),
    late: gaugeBy('streamjob_task_late_records', 'Records that came after all of their windows were closed for good', [
      'task',
    ]),
    lateWindows: gaugeBy(
      'streamjob_task_late_windows',
      'Pairs of a record and a window of it that was closed for good, those of late records included',
      ['task'],
    ),
    filterErrors: gaugeBy(
      'streamjob_task_filter_errors',
      'Records that a where could not judge since the task was restored, and left out',
      ['task'],
    ),
    overflows: gaugeBy(
      'streamjob_task_sum_overflows',
      'Integer sums beyond 2^53 - 1 that came out as null since the task was restored',
      ['task'],
    ),
    lag: gaugeBy('streamjob_task_lag_records', 'Records between the position and the high watermark', ['task']),
    position: gaugeBy('streamjob_task_position_offset', 'Next offset to fold', ['task']),
    watermark: gaugeBy('streamjob_task_watermark_seconds', 'Event time that is complete', ['task']),
    stateBytes: gaugeBy('streamjob_task_state_bytes', 'State held in memory', ['task']),
    live: gauge('streamjob_live', '1 when all own tasks are live'),
    tasks: gauge('streamjob_tasks', 'Tasks owned'),
  };
}

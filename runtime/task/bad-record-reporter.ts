// Bad records in the metrics and the log: all of them counted, some of them named.
import type { BadRecordDetails } from './task-context.ts';
import type { WorkerOptions } from './worker-options.ts';

/** A flood of bad records must not become a flood of lines: the first ten of the worker are logged, then ever rarer. */
export function badRecordReporter({
  log,
  metrics,
}: Pick<WorkerOptions, 'log' | 'metrics'>): (details: BadRecordDetails) => void {
  let count = 0;
  return (details) => {
    metrics.bad.inc({ topic: details.topic, partition: details.partition, reason: details.reason });
    count++;
    if (count <= 10 || (count & (count - 1)) === 0) log.warn('bad-record', { ...details, count });
  };
}

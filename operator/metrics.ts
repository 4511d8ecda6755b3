// Every metric of the operator. All are initialised, so that a dashboard shows zero and not "no data".
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import { PHASES } from '../crds/index.ts';
import type { Outcome } from './reconcile/reconciler.ts';

const RESULTS = ['done', 'requeue', 'failed', 'gone'] as const satisfies readonly Outcome['kind'][];
const WATCHED = ['streamjobs', 'deployments', 'configmaps', 'serviceaccounts', 'pods'] as const;

export class OperatorMetrics {
  readonly registry = new Registry();

  readonly reconciles = new Counter({
    name: 'streamjob_operator_reconcile_total',
    help: 'Turns of jobs by outcome.',
    labelNames: ['result'],
    registers: [this.registry],
  });
  readonly reconcileSeconds = new Histogram({
    name: 'streamjob_operator_reconcile_seconds',
    help: 'Duration of one turn of one job.',
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  readonly actions = new Counter({
    name: 'streamjob_operator_actions_total',
    help: 'Actions carried out, by type.',
    labelNames: ['action'],
    registers: [this.registry],
  });
  readonly queueDepth = new Gauge({
    name: 'streamjob_operator_queue_depth',
    help: 'Jobs waiting for their turn.',
    registers: [this.registry],
  });
  readonly apiRequests = new Counter({
    name: 'streamjob_operator_api_requests_total',
    help: 'Requests to the Kubernetes API by method and HTTP status (0: no answer).',
    labelNames: ['method', 'code'],
    registers: [this.registry],
  });
  readonly watchErrors = new Counter({
    name: 'streamjob_operator_watch_errors_total',
    help: 'Lists and watches that failed and were tried again.',
    labelNames: ['resource'],
    registers: [this.registry],
  });
  readonly leader = new Gauge({
    name: 'streamjob_operator_leader',
    help: '1 while this process does the work.',
    registers: [this.registry],
  });
  readonly jobs = new Gauge({
    name: 'streamjob_operator_jobs',
    help: 'Jobs by phase.',
    labelNames: ['phase'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    for (const result of RESULTS) this.reconciles.inc({ result }, 0);
    for (const resource of WATCHED) this.watchErrors.inc({ resource }, 0);
    for (const phase of PHASES) this.jobs.set({ phase }, 0);
    this.queueDepth.set(0);
    this.leader.set(0);
  }

  /** Sets the gauge of jobs; a phase without jobs becomes zero. */
  countJobs(phases: Iterable<string | undefined>): void {
    const counts = new Map<string, number>(PHASES.map((phase) => [phase, 0]));
    for (const phase of phases)
      if (phase !== undefined && counts.has(phase)) counts.set(phase, (counts.get(phase) ?? 0) + 1);
    for (const [phase, count] of counts) this.jobs.set({ phase }, count);
  }
}

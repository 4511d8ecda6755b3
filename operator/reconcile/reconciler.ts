// One turn for one job: observe → plan → apply. Four outcomes: done, look again later, failed (back-off), gone.
import type { Clock } from '../clock.ts';
import { type KafkaAdmins, KafkaError } from '../kafka/index.ts';
import { type KubeErrorCode, KubeApiError } from '../kube/index.ts';
import { errorText } from '../text.ts';
import type { Action, ActionType } from './actions.ts';
import { apply } from './apply.ts';
import type { KafkaObserver } from './kafka-observer.ts';
import { observe } from './observe.ts';
import type { Failure } from './observed.ts';
import { plan } from './plan/plan.ts';
import type { Backend } from './ports.ts';

export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'requeue'; readonly afterMs: number }
  /** Try again with back-off. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The job does not exist any more. */
  | { readonly kind: 'gone' };

export interface ReconcilerOptions {
  readonly backend: Backend;
  readonly kafka: KafkaObserver;
  readonly admins: KafkaAdmins;
  readonly clock: Clock;
  readonly onAction?: (key: string, action: Action) => void;
}

interface Memory {
  statusWrittenMs: number | null;
  lastFailure: Failure | null;
}

/** Actions after which what was seen of Kafka is out of date. */
const CHANGES_KAFKA: ReadonlySet<ActionType> = new Set(['createShuffleTopic', 'dropKafkaState']);

export class Reconciler {
  private readonly options: ReconcilerOptions;
  private readonly memories = new Map<string, Memory>();

  constructor(options: ReconcilerOptions) {
    this.options = options;
  }

  async reconcile(key: string): Promise<Outcome> {
    const { backend, kafka, admins, clock } = this.options;
    const job = backend.job(key);
    if (job === null) {
      this.memories.delete(key);
      kafka.forget(key);
      return { kind: 'gone' };
    }
    const memory = this.memories.get(key) ?? { statusWrittenMs: null, lastFailure: null };
    this.memories.set(key, memory);
    let afterMs: number | null = null;
    try {
      const observed = await observe(key, job, { backend, kafka, ...memory });
      await apply(job, plan(observed, clock.now()), {
        backend,
        admins,
        requeue: (ms) => {
          afterMs = afterMs === null ? ms : Math.min(afterMs, ms);
        },
        onApplied: (action) => {
          if (action.type === 'patchStatus') memory.statusWrittenMs = clock.now();
          if (CHANGES_KAFKA.has(action.type)) kafka.forget(key);
          this.options.onAction?.(key, action);
        },
      });
      memory.lastFailure = null;
      return afterMs === null ? { kind: 'done' } : { kind: 'requeue', afterMs };
    } catch (error) {
      // What passes by itself in a moment is no news for the user.
      const passing = error instanceof KubeApiError && (error.code === 'Conflict' || error.code === 'Unreachable');
      if (!passing) memory.lastFailure = failureOf(error);
      return { kind: 'failed', error };
    }
  }
}

const KUBE_REASONS: Partial<Record<KubeErrorCode, Failure['reason']>> = {
  Invalid: 'InvalidSpec',
  Forbidden: 'NotAuthorized',
  Unauthorized: 'NotAuthorized',
};

function failureOf(error: unknown): Failure {
  const message = errorText(error);
  if (error instanceof KubeApiError) return { reason: KUBE_REASONS[error.code] ?? 'InternalError', message };
  if (!(error instanceof KafkaError)) return { reason: 'InternalError', message };
  switch (error.code) {
    case 'Unreachable':
      return { reason: 'BrokerUnreachable', message };
    case 'NotAuthorized':
      return { reason: 'NotAuthorized', message };
    case 'Refused':
      return { reason: 'BrokerUnsupported', message };
  }
}

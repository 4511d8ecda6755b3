// What a worker is made of: the world, the job, and who it is.
import type { ResolvedJob } from '../../crds/index.ts';
import type { ObjectStore } from '../checkpoint/index.ts';
import type { Clock } from '../clock.ts';
import type { Broker } from '../log/broker.ts';
import type { Logger } from '../logger.ts';
import type { WorkerMetrics } from '../metrics.ts';
import type { Random } from '../random.ts';
import type { Topics } from './prerequisites.ts';
import type { Troubles } from './troubles.ts';

export interface WorkerOptions {
  readonly broker: Broker;
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: WorkerMetrics;
  readonly troubles: Troubles;
  readonly job: ResolvedJob;
  readonly planHash: string;
  readonly incarnation: { readonly id: string; readonly number: number };
  /** Name of the pod: group instance id and end of the transactional id. */
  readonly instanceId: string;
  /** Transactional id of the worker with this instance id. */
  readonly transactionalId: (instanceId: string) => string;
  readonly topics: Topics;
  /** Rows of a print sink, one line each, after their commit. */
  readonly print: (line: string) => void;
  /** A bounded source: true once no record can follow those that are in it. Then every window closes. */
  readonly inputEnded?: () => boolean;
  /** Bytes of state that the worker may hold; absent: no limit. */
  readonly stateLimitBytes?: number;
}

// Aborts what members that are gone have left open, so that nobody waits for their transactions to time out. The leader does it: for
// those whom the map of the last generation names, and for those who committed last and are no members (nobody may know that map).
import { fenceTransactionalId, type GroupAssignment } from '../log/client/index.ts';
import type { WorkerOptions } from './worker-options.ts';

export class DepartedMembers {
  readonly #options: WorkerOptions;
  readonly #signal: AbortSignal;
  readonly #fenced = new Set<string>();
  #committers: ReadonlySet<string> = new Set();

  constructor(options: WorkerOptions, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
  }

  /** Whoever has committed last, as the leader read it before the assignment. */
  committed(instanceIds: ReadonlySet<string>): void {
    this.#committers = instanceIds;
  }

  assigned({ isLeader, map }: GroupAssignment): void {
    for (const instanceId of map.instances) this.#fenced.delete(instanceId);
    const gone = [...this.#committers].filter((instanceId) => !map.instances.includes(instanceId));
    this.#committers = new Set();
    if (isLeader) void this.fence(gone);
  }

  /** A fence that fails costs only time: the transaction times out by itself. So it is told and not thrown. */
  async fence(instanceIds: readonly string[]): Promise<void> {
    const { broker, clock, random, log, job, transactionalId } = this.#options;
    const signal = this.#signal;
    for (const instanceId of instanceIds) {
      if (this.#fenced.has(instanceId)) continue;
      this.#fenced.add(instanceId);
      try {
        await fenceTransactionalId({
          broker,
          clock,
          random,
          transactionalId: transactionalId(instanceId),
          transactionTimeoutMs: job.delivery.transactionTimeoutMs,
          signal,
        });
        log.info('fenced', { instanceId });
      } catch (error) {
        this.#fenced.delete(instanceId);
        if (!signal.aborted) log.warn('fence-failed', { instanceId, error: String(error) });
      }
    }
  }
}

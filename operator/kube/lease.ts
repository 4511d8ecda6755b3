// Leader election on a coordination.k8s.io Lease: of several operators one works. Whether a holder is still alive is judged
// by how long its record has not changed on *our* clock, never by the times written in it: clocks of two nodes may differ.
import { type Clock, sleepUntilAborted } from '../clock.ts';
import type { KubeObject, ObjectMeta } from '../objects.ts';
import { KubeApiError, isKubeError } from './api-error.ts';

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec;
}

/** How the elector reaches its lease; `replace` fails with Conflict when somebody was faster. */
export interface LeasePort {
  find(): Promise<Lease | null>;
  create(lease: Lease): Promise<Lease>;
  replace(lease: Lease): Promise<Lease>;
}

export interface LeaderElectorOptions {
  readonly port: LeasePort;
  readonly clock: Clock;
  readonly name: string;
  readonly namespace: string;
  /** Unique per process, e.g. pod name plus random text. */
  readonly identity: string;
  /** A lease that has not changed for this long may be taken. */
  readonly leaseMs?: number;
  /** A leader that could not renew for this long steps down; shorter than leaseMs, so that two never lead. */
  readonly renewDeadlineMs?: number;
  readonly retryMs?: number;
  readonly onChange?: (event: { readonly type: 'leading' | 'lost' | 'released'; readonly detail: string }) => void;
}

export class LeaderElector {
  private readonly options: Required<Omit<LeaderElectorOptions, 'onChange'>> & Pick<LeaderElectorOptions, 'onChange'>;
  /** The record as last seen, and when on our clock it was first seen in this form. */
  private seen: { readonly lease: Lease; readonly sinceMs: number } | undefined;

  constructor(options: LeaderElectorOptions) {
    this.options = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, ...options };
    if (this.options.renewDeadlineMs >= this.options.leaseMs) {
      throw new RangeError(
        `The renew deadline (${this.options.renewDeadlineMs} ms) must be shorter than the lease (${this.options.leaseMs} ms): two operators would lead at once.`,
      );
    }
  }

  /**
   * Waits for the lease, runs `lead` while it is held, and gives it back at the end. `lead` gets a signal that is aborted
   * when the lease is lost or `signal` is. Resolves `true` when it ended by `signal`, `false` when the lease was lost.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted && !(await this.tryAcquire()))
      await sleepUntilAborted(this.options.clock, this.options.retryMs, signal);
    if (signal.aborted) return true;
    this.options.onChange?.({
      type: 'leading',
      detail: `${this.options.identity} holds ${this.options.namespace}/${this.options.name}`,
    });
    const term = new AbortController();
    const stop = (): void => term.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const renewing = this.renewUntilLost(term);
      await Promise.all([lead(term.signal).finally(() => term.abort(new Error('the work ended'))), renewing]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    if (this.isOurs()) await this.release();
    return signal.aborted;
  }

  /** One attempt to get or keep the lease; false when another holds it or nobody answers. */
  private async tryAcquire(): Promise<boolean> {
    const { port, clock } = this.options;
    try {
      const current = await port.find();
      if (current === null) {
        this.remember(await port.create(this.record(undefined)));
        return true;
      }
      this.remember(current);
      if (!this.mayTake(current, clock.now())) return false;
      this.remember(await port.replace(this.record(current)));
      return true;
    } catch (error) {
      if (error instanceof KubeApiError) return false;
      throw error;
    }
  }

  private mayTake(lease: Lease, nowMs: number): boolean {
    const holder = lease.spec?.holderIdentity ?? '';
    if (holder === '' || holder === this.options.identity) return true;
    const durationMs = (lease.spec?.leaseDurationSeconds ?? this.options.leaseMs / 1_000) * 1_000;
    return this.seen !== undefined && nowMs >= this.seen.sinceMs + durationMs;
  }

  private async renewUntilLost(term: AbortController): Promise<void> {
    const { clock, retryMs, renewDeadlineMs } = this.options;
    let renewedMs = clock.now();
    while (!term.signal.aborted) {
      await sleepUntilAborted(clock, retryMs, term.signal);
      if (term.signal.aborted) return;
      const startedMs = clock.now();
      // The attempt may hang; the deadline must not wait for it.
      const attempt = this.tryAcquire();
      const renewed = await Promise.race([
        attempt,
        this.deadline(renewedMs + renewDeadlineMs - startedMs, term.signal),
      ]);
      if (renewed) renewedMs = startedMs;
      else if (!this.isOurs() || clock.now() - renewedMs >= renewDeadlineMs) {
        const detail = this.isOurs()
          ? `not renewed for ${clock.now() - renewedMs} ms`
          : `taken by ${this.seen?.lease.spec?.holderIdentity ?? 'another'}`;
        this.seen = undefined;
        this.options.onChange?.({ type: 'lost', detail });
        term.abort(new Error(`leadership lost: ${detail}`));
      }
    }
  }

  private async deadline(ms: number, signal: AbortSignal): Promise<false> {
    await sleepUntilAborted(this.options.clock, Math.max(0, ms), signal);
    return false;
  }

  private isOurs(): boolean {
    return this.seen?.lease.spec?.holderIdentity === this.options.identity;
  }

  private async release(): Promise<void> {
    const held = this.seen?.lease;
    if (held === undefined) return;
    try {
      await this.options.port.replace({ ...held, spec: { ...held.spec, holderIdentity: '', leaseDurationSeconds: 1 } });
      this.options.onChange?.({ type: 'released', detail: `${this.options.namespace}/${this.options.name}` });
    } catch (error) {
      // Somebody else has it already, or nobody answers: either way it runs out by itself.
      if (!isKubeError(error)) throw error;
    }
    this.seen = undefined;
  }

  private remember(lease: Lease): void {
    if (this.seen?.lease.metadata.resourceVersion === lease.metadata.resourceVersion && this.seen !== undefined) return;
    this.seen = { lease, sinceMs: this.options.clock.now() };
  }

  private record(current: Lease | undefined): Lease {
    const { identity, leaseMs, name, namespace, clock } = this.options;
    const now = microTime(clock.now());
    const kept = current?.spec?.holderIdentity === identity;
    const metadata: ObjectMeta = current?.metadata ?? { name, namespace };
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata,
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(leaseMs / 1_000),
        acquireTime: kept ? (current.spec?.acquireTime ?? now) : now,
        renewTime: now,
        leaseTransitions: (current?.spec?.leaseTransitions ?? 0) + (kept || current === undefined ? 0 : 1),
      },
    };
  }
}

/** Leases carry microseconds. */
function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}

// Requests to the coordinator of a group or a transactional id: found once, remembered, and looked for again when it moved.
import { BrokerError, type ErrorCode } from '../broker.ts';
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import { backoffMs } from './backoff.ts';
import type { RequestOptions } from './broker-connection.ts';
import type { Cluster } from './cluster.ts';
import { ConnectError, type ConnectionPool, type Purpose } from './connection-pool.ts';
import { isStaleCoordinator } from './error-codes.ts';
import type { RequestSpec } from './request-spec.ts';
import { type CoordinatorKind, findCoordinator } from './requests/find-coordinator.ts';
import type { BrokerAddress } from './requests/metadata.ts';

export interface Coordinated {
  readonly kind: CoordinatorKind;
  /** Group id or transactional id. */
  readonly key: string;
  readonly purpose: Purpose;
}

/** What every answer of a coordinator has: an error for the request, or one per partition. */
export type Answer = { readonly error: ErrorCode } | readonly { readonly error: ErrorCode }[];

export interface CoordinatorParts {
  readonly pool: ConnectionPool;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  /** How long to look for a coordinator before its absence is the answer. */
  readonly findTimeoutMs: number;
}

export class Coordinators {
  readonly #parts: CoordinatorParts;
  readonly #known = new Map<string, BrokerAddress>();

  constructor(parts: CoordinatorParts) {
    this.#parts = parts;
  }

  /**
   * Sends the request once. `refused` makes the answer for a coordinator that could not be found, from the error that
   * says why. Rejects as `BrokerConnection.request`; with UNREACHABLE when nothing was sent.
   */
  async ask<Request, Response extends Answer>(
    to: Coordinated,
    call: { spec: RequestSpec<Request, Response>; request: Request; options: RequestOptions },
    refused: (error: ErrorCode) => Response,
  ): Promise<Response> {
    const id = `${to.kind}/${to.key}`;
    const connection = await this.#connect(id, to, call.options.signal);
    if (typeof connection === 'string') return refused(connection);
    try {
      const answer = await connection.request(call.spec, call.request, call.options);
      if (errorsOf(answer).some(isStaleCoordinator)) this.#known.delete(id);
      return answer;
    } catch (error) {
      if (error instanceof BrokerError && error.retryable) this.#known.delete(id);
      throw error;
    }
  }

  async #connect(id: string, to: Coordinated, signal: AbortSignal | undefined) {
    const { pool, cluster, clock, random, findTimeoutMs } = this.#parts;
    const deadlineMs = clock.monotonicMs() + findTimeoutMs;
    for (let failures = 1; ; failures++) {
      let address = this.#known.get(id);
      let error: ErrorCode = 'NONE';
      if (address === undefined) {
        const found = await cluster.askAny(findCoordinator, to);
        error = found.error;
        address = found.address;
      }
      let cause: ConnectError | null = null;
      if (error === 'NONE') {
        try {
          const connection = await pool.get(address, to.purpose);
          this.#known.set(id, address);
          return connection;
        } catch (failure) {
          if (!(failure instanceof ConnectError)) throw failure;
          this.#known.delete(id);
          cause = failure;
        }
      } else if (error !== 'COORDINATOR_NOT_AVAILABLE' && error !== 'COORDINATOR_LOAD_IN_PROGRESS') {
        return error;
      }
      const waitMs = backoffMs(failures, random);
      if (clock.monotonicMs() + waitMs > deadlineMs) {
        if (cause === null) return error;
        const message = `the coordinator of ${to.kind} ${to.key} cannot be reached. Tried ${cause.message}`;
        throw new BrokerError('UNREACHABLE', message, { cause });
      }
      await clock.sleep(waitMs, signal);
    }
  }
}

function errorsOf(answer: Answer): readonly ErrorCode[] {
  return 'error' in answer ? [answer.error] : answer.map(({ error }) => error);
}

// Connections by address and purpose. A broker serves each connection one request after the other, so whatever may wait long
// (a long poll, a join) has one of its own.
import { BrokerError } from '../broker.ts';
import type { Clock } from '../../clock.ts';
import type { Random } from '../../random.ts';
import { formatAddress } from './addresses.ts';
import { backoffMs } from './backoff.ts';
import { BrokerConnection, type ConnectionOptions } from './broker-connection.ts';
import type { BrokerAddress } from './requests/metadata.ts';

/**
 * control: metadata, coordinators, administration. data: produce, offsets of a log. fetch: long polls. transaction and group:
 * requests to coordinators. join: JoinGroup and SyncGroup, which wait for other members.
 */
export type Purpose = 'control' | 'data' | 'fetch' | 'transaction' | 'group' | 'join';

/** Nothing was sent: no connection to this broker can be had. */
export class ConnectError extends Error {
  readonly address: string;
  constructor(address: string, cause: unknown) {
    super(`${address}: ${rootMessage(cause)}`, { cause });
    this.name = 'ConnectError';
    this.address = address;
  }
}

export interface PoolOptions extends ConnectionOptions {
  readonly clock: Clock;
  readonly random: Random;
}

export class ConnectionPool {
  readonly #options: PoolOptions;
  readonly #connections = new Map<string, Promise<BrokerConnection>>();
  /** Attempts that failed in a row, by address. */
  readonly #failures = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** A usable connection; opens one when there is none. Rejects with ConnectError or a BrokerError (UNSUPPORTED_VERSION, CLOSED). */
  async get(address: BrokerAddress, purpose: Purpose): Promise<BrokerConnection> {
    const key = `${formatAddress(address)}/${purpose}`;
    for (;;) {
      if (this.#closing.signal.aborted) throw closed();
      const existing = this.#connections.get(key);
      if (existing === undefined) break;
      const connection = await existing;
      if (connection.usable) return connection;
      if (this.#connections.get(key) === existing) this.#connections.delete(key);
    }
    const opening = this.#open(address);
    this.#connections.set(key, opening);
    try {
      return await opening;
    } catch (error) {
      if (this.#connections.get(key) === opening) this.#connections.delete(key);
      throw error;
    }
  }

  /** Requests in flight are rejected with BrokerError CLOSED. */
  async close(): Promise<void> {
    this.#closing.abort(closed());
    const opened = await Promise.allSettled(this.#connections.values());
    this.#connections.clear();
    for (const each of opened) {
      if (each.status === 'fulfilled') each.value.destroy(closed());
    }
  }

  async #open(address: BrokerAddress): Promise<BrokerConnection> {
    const { clock, random } = this.#options;
    const name = formatAddress(address);
    const failures = this.#failures.get(name) ?? 0;
    // A broker that is down is asked ever more seldom, however many callers want it.
    if (failures > 0) await clock.sleep(backoffMs(failures, random), this.#closing.signal);
    try {
      const connection = await BrokerConnection.open(address, this.#options);
      this.#failures.delete(name);
      if (this.#closing.signal.aborted) {
        connection.destroy(closed());
        throw closed();
      }
      return connection;
    } catch (error) {
      if (error instanceof BrokerError && (error.code === 'UNSUPPORTED_VERSION' || error.code === 'CLOSED'))
        throw error;
      this.#failures.set(name, failures + 1);
      throw new ConnectError(name, error);
    }
  }
}

function closed(): BrokerError {
  return new BrokerError('CLOSED', 'the connections to Kafka were closed');
}

/** The innermost cause says most: "connect ECONNREFUSED 127.0.0.1:9092", "getaddrinfo ENOTFOUND kafka". */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(rootMessage).join(', ');
  return error.cause === undefined ? error.message : rootMessage(error.cause);
}

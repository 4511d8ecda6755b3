// Connections to one Kafka cluster, opened when first needed. A connection that failed or timed out is thrown away whole:
// after a lost answer nothing that comes later on it can be trusted.
import { Connection } from '@platformatic/kafka';
import { errorText } from '../text.ts';
import { KafkaError } from './kafka-error.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface ConnectionsOptions {
  readonly clientId: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** A request in the library's form. */
export interface Api<Arguments extends unknown[], Answer> {
  readonly async: (connection: Connection, ...args: Arguments) => Promise<Answer>;
}

const DEFAULT_PORT = 9092;

/** `a:9092,b:9093` → addresses; IPv6 in brackets. */
export function parseBootstrap(bootstrapServers: string): readonly Address[] {
  return bootstrapServers
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .map((text) => {
      const match = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text);
      if (match === null) throw new KafkaError('Unreachable', `"${text}" is no broker address: write host:port`);
      const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
      return { host, port: match[2] === undefined ? DEFAULT_PORT : Number(match[2]) };
    });
}

export class Connections {
  private readonly seeds: readonly Address[];
  private readonly options: ConnectionsOptions;
  private readonly open = new Map<string, Promise<Connection>>();

  constructor(bootstrapServers: string, options: ConnectionsOptions) {
    this.seeds = parseBootstrap(bootstrapServers);
    this.options = options;
  }

  /** Sends one request to one broker, or to the first reachable one of the bootstrap list. */
  async call<Arguments extends unknown[], Answer>(
    to: Address | 'any',
    api: Api<Arguments, Answer>,
    args: Arguments,
  ): Promise<Answer> {
    const { connection, address } =
      to === 'any' ? await this.connectAny() : { connection: await this.connect(to), address: to };
    try {
      return await api.async(connection, ...args);
    } catch (error) {
      const response = responseOf(error);
      if (response !== undefined) return response as Answer;
      await this.drop(address);
      throw new KafkaError('Unreachable', `${text(address)} does not answer: ${errorText(error)}`, { cause: error });
    }
  }

  /** Ends every connection, also those in use: their requests fail. */
  async close(): Promise<void> {
    const pending = [...this.open.values()];
    this.open.clear();
    for (const attempt of await Promise.allSettled(pending))
      if (attempt.status === 'fulfilled') await attempt.value.close();
  }

  private async connectAny(): Promise<{ connection: Connection; address: Address }> {
    const causes: string[] = [];
    for (const address of this.seeds) {
      try {
        return { connection: await this.connect(address), address };
      } catch (error) {
        causes.push(error instanceof Error ? error.message : String(error));
      }
    }
    throw new KafkaError('Unreachable', causes.join('; '));
  }

  private async connect(address: Address): Promise<Connection> {
    const key = text(address);
    const known = this.open.get(key);
    if (known !== undefined) {
      const connection = await known;
      if (connection.isConnected()) return connection;
      this.open.delete(key);
    }
    const attempt = this.dial(address);
    this.open.set(key, attempt);
    try {
      return await attempt;
    } catch (error) {
      if (this.open.get(key) === attempt) this.open.delete(key);
      throw new KafkaError('Unreachable', `${key}: ${rootCause(error)}`, { cause: error });
    }
  }

  private async dial(address: Address): Promise<Connection> {
    const connection = new Connection(this.options.clientId, {
      connectTimeout: this.options.connectTimeoutMs,
      requestTimeout: this.options.requestTimeoutMs,
    });
    // Failures reach the waiting requests; without a listener the emitter would end the process.
    connection.on('error', () => undefined);
    await connection.connect(address.host, address.port);
    return connection;
  }

  private async drop(address: Address): Promise<void> {
    const attempt = this.open.get(text(address));
    this.open.delete(text(address));
    const [settled] = await Promise.allSettled([attempt]);
    if (settled?.status === 'fulfilled') await settled.value?.close();
  }
}

/** The library throws when an answer carries an error code; the answer itself is in the error, and codes are data to us. */
function responseOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'response' in error ? error.response : undefined;
}

function rootCause(error: unknown): string {
  let current = error;
  while (current instanceof Error && current.cause !== undefined) current = current.cause;
  return errorText(current);
}

function text(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

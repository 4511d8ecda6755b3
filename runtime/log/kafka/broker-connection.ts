// One connection to one broker: sends requests in order and turns every way of not getting an answer into a BrokerError.
import { Connection, type Reader, Writer } from '@platformatic/kafka';
import { BrokerError } from '../broker.ts';
import { formatAddress } from './addresses.ts';
import { apiVersions, negotiateVersions } from './api-versions.ts';
import type { RequestSpec } from './request-spec.ts';
import type { BrokerAddress } from './requests/metadata.ts';

export interface ConnectionOptions {
  readonly clientId: string;
  readonly connectTimeoutMs: number;
}

export interface RequestOptions {
  /** How long to wait for the answer; then the connection is given up, because its later answers cannot be trusted to come. */
  readonly timeoutMs: number;
  /** Gives up waiting. The broker serves a connection one request after the other, so the connection is given up too. */
  readonly signal?: AbortSignal;
}

/** The library's own time-out is put out of reach: ours differ per request. */
const NEVER_MS = 0x7fffffff;

export class BrokerConnection {
  readonly #connection: Connection;
  readonly #address: string;
  #versions: ReadonlyMap<number, number> = new Map([[apiVersions.apiKey, 0]]);
  #waiting = 0;
  #givenUp = false;
  #reason: BrokerError | null = null;

  private constructor(connection: Connection, address: string) {
    this.#connection = connection;
    this.#address = address;
  }

  /** Connects and agrees on versions. Rejects with the library's error, or BrokerError UNSUPPORTED_VERSION. */
  static async open(address: BrokerAddress, options: ConnectionOptions): Promise<BrokerConnection> {
    const library = new Connection(options.clientId, {
      connectTimeout: options.connectTimeoutMs,
      requestTimeout: NEVER_MS,
    });
    // Without a listener an error event would end the process; whoever waits for an answer is told by its callback.
    library.on('error', () => undefined);
    const connection = new BrokerConnection(library, formatAddress(address));
    try {
      await library.connect(address.host, address.port);
      await connection.#agreeOnVersions(options.connectTimeoutMs);
    } catch (error) {
      connection.destroy(new BrokerError('CLOSED', `the connection to ${formatAddress(address)} could not be set up`));
      throw error;
    }
    return connection;
  }

  /** False once it is lost or given up: open another one. */
  get usable(): boolean {
    return !this.#givenUp && this.#connection.isConnected();
  }

  supports(spec: Pick<RequestSpec<never, unknown>, 'apiKey'>): boolean {
    return this.#versions.has(spec.apiKey);
  }

  /**
   * Resolves with the broker's answer. Rejects with BrokerError UNKNOWN_OUTCOME when the connection is lost or the time is
   * up, CORRUPT when the answer cannot be read, CLOSED after `destroy`, or with the signal's reason.
   */
  request<Request, Response>(
    spec: RequestSpec<Request, Response>,
    request: Request,
    { timeoutMs, signal }: RequestOptions,
  ): Promise<Response> {
    const version = this.#versions.get(spec.apiKey);
    if (version === undefined) {
      return Promise.reject(
        new BrokerError('UNSUPPORTED_VERSION', `the broker at ${this.#address} does not know ${spec.name}`),
      );
    }
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const writer = Writer.create();
    spec.write(writer, request, version);

    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    let settled = false;
    const settle = (finish: () => void): void => {
      // The late answer to a request that was given up ends here.
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      this.#waiting--;
      finish();
      if (this.#givenUp && this.#waiting === 0) this.destroy(givenUp(this.#address));
    };
    const onAbort = (): void => {
      this.#givenUp = true;
      settle(() => reject(signal?.reason));
    };
    const timer = setTimeout(() => this.destroy(noAnswer(spec.name, this.#address, timeoutMs)), timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#waiting++;
    const flexible = spec.apiKey !== apiVersions.apiKey;
    this.#connection.send<Response>(
      spec.apiKey,
      version,
      () => writer,
      (_correlationId, _apiKey, _version, reader) => this.#read(spec, reader, version),
      flexible,
      flexible,
      (error, response) => {
        settle(() => (error === null ? resolve(response as Response) : reject(this.#asBrokerError(spec.name, error))));
      },
    );
    return promise;
  }

  /** Closes at once; requests in flight are rejected with `reason`. */
  destroy(reason: BrokerError): void {
    this.#reason ??= reason;
    this.#givenUp = true;
    // A socket exists from connect() on; the library's close() would wait for a peer that may be gone.
    const socket = this.#connection.socket as Connection['socket'] | undefined;
    socket?.destroy();
  }

  async #agreeOnVersions(timeoutMs: number): Promise<void> {
    const answer = await this.request(apiVersions, null, { timeoutMs });
    if (answer.error !== 'NONE') {
      throw new BrokerError(
        'UNSUPPORTED_VERSION',
        `the broker at ${this.#address} answers ApiVersions with ${answer.error}`,
      );
    }
    this.#versions = negotiateVersions(answer.apis, this.#address);
  }

  #read<Response>(spec: RequestSpec<never, Response>, reader: Reader, version: number): Response {
    try {
      return spec.read(reader, version);
    } catch (cause) {
      throw new BrokerError('CORRUPT', `the answer of ${this.#address} to ${spec.name} v${version} cannot be decoded`, {
        cause,
      });
    }
  }

  #asBrokerError(name: string, error: Error): BrokerError {
    if (error instanceof BrokerError) return error;
    if (this.#reason !== null) return this.#reason;
    return new BrokerError(
      'UNKNOWN_OUTCOME',
      `the connection to ${this.#address} was lost before ${name} was answered; it may or may not have been executed`,
      { cause: error },
    );
  }
}

function noAnswer(name: string, address: string, timeoutMs: number): BrokerError {
  return new BrokerError(
    'UNKNOWN_OUTCOME',
    `${address} gave no answer to ${name} within ${timeoutMs} ms; it may or may not have been executed`,
  );
}

function givenUp(address: string): BrokerError {
  return new BrokerError('CLOSED', `the connection to ${address} was given up`);
}

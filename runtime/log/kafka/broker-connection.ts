// One connection to one broker: sends requests in order and turns every way of not getting an answer into a BrokerError.
import { Reader, Writer } from '@platformatic/kafka';
import { BrokerError } from '../broker.ts';
import { formatAddress } from './addresses.ts';
import { apiVersions, negotiateVersions } from './api-versions.ts';
import { FramePool } from './frame-pool.ts';
import { FramedSocket } from './framed-socket.ts';
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

interface InFlight {
  /** Reads the body of the answer. `release`: nothing refers to the memory of the answer any more. */
  answered(reader: Reader, release: () => void): void;
  failed(error: Error): void;
}

const NO_LENGTH = false;

export class BrokerConnection {
  readonly #address: string;
  readonly #clientId: string;
  #socket: FramedSocket | null = null;
  #versions: ReadonlyMap<number, number> = new Map([[apiVersions.apiKey, 0]]);
  /** By correlation id; answers come in the order of the requests. */
  readonly #inFlight = new Map<number, InFlight>();
  readonly #frames = new FramePool();
  #correlationId = 0;
  #waiting = 0;
  #givenUp = false;
  #reason: BrokerError | null = null;

  private constructor(clientId: string, address: string) {
    this.#clientId = clientId;
    this.#address = address;
  }

  /** Connects and agrees on versions. Rejects with the socket's error, or BrokerError UNSUPPORTED_VERSION. */
  static async open(address: BrokerAddress, options: ConnectionOptions): Promise<BrokerConnection> {
    const connection = new BrokerConnection(options.clientId, formatAddress(address));
    connection.#socket = await FramedSocket.open(address, options.connectTimeoutMs, {
      allocate: (length) => connection.#frames.take(length),
      frame: (bytes) => connection.#onFrame(bytes),
      closed: (error) => connection.#onClosed(error),
    });
    try {
      await connection.#agreeOnVersions(options.connectTimeoutMs);
    } catch (error) {
      connection.destroy(new BrokerError('CLOSED', `the connection to ${formatAddress(address)} could not be set up`));
      throw error;
    }
    return connection;
  }

  /** False once it is lost or given up: open another one. */
  get usable(): boolean {
    return !this.#givenUp && this.#socket?.isOpen === true;
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
    this.#send(spec, request, version, {
      answered: (reader, release) => {
        try {
          const response = this.#read(spec, reader, version, release);
          settle(() => resolve(response));
        } catch (error) {
          settle(() => reject(error));
        }
      },
      failed: (error) => settle(() => reject(this.#asBrokerError(spec.name, error))),
    });
    return promise;
  }

  /** Closes at once; requests in flight are rejected with `reason`. */
  destroy(reason: BrokerError): void {
    this.#reason ??= reason;
    this.#givenUp = true;
    this.#socket?.destroy(reason);
  }

  // oxlint-disable-next-line max-params -- private
  #send<Request>(spec: RequestSpec<Request, unknown>, request: Request, version: number, inFlight: InFlight): void {
    const correlationId = this.#correlationId;
    this.#correlationId = (correlationId + 1) & 0x7fffffff;
    this.#inFlight.set(correlationId, inFlight);
    const writer = Writer.create()
      .appendInt16(spec.apiKey)
      .appendInt16(version)
      .appendInt32(correlationId)
      .appendString(this.#clientId, NO_LENGTH);
    if (hasTaggedHeaders(spec)) writer.appendTaggedFields();
    spec.write(writer, request, version);
    this.#socket?.write(joinSmall(writer.prependLength().buffers));
  }

  #onFrame(bytes: Buffer): void {
    const reader = Reader.from(bytes);
    const correlationId = reader.readInt32();
    const inFlight = this.#inFlight.get(correlationId);
    if (inFlight === undefined)
      throw new Error(`${this.#address} answered request ${correlationId}, which nobody has sent`);
    this.#inFlight.delete(correlationId);
    inFlight.answered(reader, () => this.#frames.give(bytes));
  }

  #onClosed(error: Error): void {
    const waiting = [...this.#inFlight.values()];
    this.#inFlight.clear();
    for (const each of waiting) each.failed(error);
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

  // oxlint-disable-next-line max-params -- private
  #read<Response>(spec: RequestSpec<never, Response>, reader: Reader, version: number, release: () => void): Response {
    try {
      if (hasTaggedHeaders(spec)) reader.readTaggedFields();
      return spec.read(reader, version, release);
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

/** All versions that are used here are flexible, but for the request that asks for versions, whose header never is. */
function hasTaggedHeaders({ apiKey }: Pick<RequestSpec<never, unknown>, 'apiKey'>): boolean {
  return apiKey !== apiVersions.apiKey;
}

const SMALL_BYTES = 4096;

/** The writer makes a buffer of every number: those become one, while batches are sent from where they are. */
function joinSmall(parts: readonly Buffer[]): Buffer[] {
  const joined: Buffer[] = [];
  let from = 0;
  const flush = (to: number): void => {
    if (to > from) joined.push(Buffer.concat(parts.slice(from, to)));
  };
  for (const [index, part] of parts.entries()) {
    if (part.length < SMALL_BYTES) continue;
    flush(index);
    joined.push(part);
    from = index + 1;
  }
  flush(parts.length);
  return joined;
}

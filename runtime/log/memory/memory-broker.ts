// One client's connection to the embedded log: every request is answered asynchronously, in the order of sending, and can be held
// back, lost or repeated by whoever connected it.
import {
  type Broker,
  BrokerError,
  type ClusterMetadata,
  type FetchedPartition,
  type FetchRequest,
  type GroupStamp,
  type JoinRequest,
  type JoinResponse,
  type ProducerIdentity,
  type SyncRequest,
  type ErrorCode,
} from '../broker.ts';
import { FetchPoll } from './fetch-poll.ts';
import * as requests from './requests.ts';

export type BrokerApi = Exclude<keyof Broker, 'close'>;

export interface InterceptedRequest {
  readonly api: BrokerApi;
  readonly payload: unknown;
}

/**
 * Called before a request is executed and after it, before its answer is given. A promise holds the request (or the answer) back
 * while later requests of the client pass it; an error thrown is what the caller gets: in the phase `before` the request was
 * then not executed. A request held back is executed even when its client was closed meanwhile: it was on its way.
 */
export type Intercept = (request: InterceptedRequest, phase: 'before' | 'after') => Promise<void> | void;

export interface MemoryBrokerOptions {
  readonly clientId: string;
  readonly intercept?: Intercept;
}

/** Executes a request; a long poll ends when the signal is aborted. */
type Execute<T> = (givenUp: AbortSignal) => T | Promise<T>;

type Request<K extends BrokerApi> = Parameters<Broker[K]>[0];

export class MemoryBroker implements Broker {
  readonly #state: requests.ClusterState;
  readonly #clientId: string;
  readonly #intercept: Intercept | null;
  readonly #onClose: () => void;
  readonly #inFlight = new Set<(reason: unknown) => void>();
  #closed: BrokerError | null = null;

  constructor(state: requests.ClusterState, options: MemoryBrokerOptions, onClose: () => void = () => undefined) {
    this.#state = state;
    this.#clientId = options.clientId;
    this.#intercept = options.intercept ?? null;
    this.#onClose = onClose;
  }

  metadata(topics: readonly string[]): Promise<ClusterMetadata> {
    return this.#call('metadata', topics, () => this.#state.topics.metadata(topics));
  }

  listOffsets(partitions: Request<'listOffsets'>): ReturnType<Broker['listOffsets']> {
    return this.#call('listOffsets', partitions, () => requests.listOffsets(this.#state, partitions));
  }

  offsetsForLeaderEpochs(partitions: Request<'offsetsForLeaderEpochs'>): ReturnType<Broker['offsetsForLeaderEpochs']> {
    const { topics } = this.#state;
    return this.#call('offsetsForLeaderEpochs', partitions, () => requests.offsetsForLeaderEpochs(topics, partitions));
  }

  /** Rejects with the signal's reason when it is aborted first. */
  fetch(request: FetchRequest, signal: AbortSignal): Promise<readonly FetchedPartition[]> {
    const { topics, timers } = this.#state;
    const poll = (givenUp: AbortSignal): Promise<readonly FetchedPartition[]> => {
      if (!topics.isBroker(request.leaderId))
        throw new BrokerError('UNREACHABLE', `there is no broker ${request.leaderId}`);
      givenUp.throwIfAborted();
      return new FetchPoll(topics, request).run(timers, givenUp);
    };
    return this.#call('fetch', request, poll, signal);
  }

  deleteRecords(offsets: Request<'deleteRecords'>): ReturnType<Broker['deleteRecords']> {
    return this.#call('deleteRecords', offsets, () => requests.deleteRecords(this.#state, offsets));
  }

  initProducerId(request: Request<'initProducerId'>): Promise<ProducerIdentity & { error: ErrorCode }> {
    const { transactionalId, transactionTimeoutMs } = request;
    return this.#call('initProducerId', request, () =>
      this.#state.transactions.initProducerId(transactionalId, transactionTimeoutMs),
    );
  }

  addPartitionsToTxn(request: Request<'addPartitionsToTxn'>): ReturnType<Broker['addPartitionsToTxn']> {
    return this.#call('addPartitionsToTxn', request, () => requests.addPartitions(this.#state, request));
  }

  produce(request: Request<'produce'>): ReturnType<Broker['produce']> {
    return this.#call('produce', request, () => requests.produce(this.#state, request));
  }

  addOffsetsToTxn(request: Request<'addOffsetsToTxn'>): Promise<{ error: ErrorCode }> {
    const { groupId } = request;
    return this.#call('addOffsetsToTxn', request, () => ({
      error: this.#state.transactions.add(request, [{ kind: 'offsets', groupId }]),
    }));
  }

  txnOffsetCommit(request: Request<'txnOffsetCommit'>): ReturnType<Broker['txnOffsetCommit']> {
    return this.#call('txnOffsetCommit', request, () => requests.txnOffsetCommit(this.#state, request));
  }

  endTxn(request: Request<'endTxn'>): Promise<{ error: ErrorCode }> {
    return this.#call('endTxn', request, () => ({ error: this.#state.transactions.commit(request) }));
  }

  offsetFetch(request: Request<'offsetFetch'>): ReturnType<Broker['offsetFetch']> {
    return this.#call('offsetFetch', request, () => requests.offsetFetch(this.#state, request));
  }

  /** Rejects with the signal's reason when it is aborted first; the broker goes on with the join, as a real one does. */
  joinGroup(request: JoinRequest, signal: AbortSignal): Promise<JoinResponse> {
    return this.#call('joinGroup', request, () => this.#state.coordinator.join(request, this.#clientId), signal);
  }

  syncGroup(request: SyncRequest): ReturnType<Broker['syncGroup']> {
    return this.#call('syncGroup', request, () => this.#state.coordinator.sync(request));
  }

  heartbeat(stamp: GroupStamp): Promise<{ error: ErrorCode }> {
    return this.#call('heartbeat', stamp, () => ({ error: this.#state.coordinator.heartbeat(stamp) }));
  }

  leaveGroup(request: Request<'leaveGroup'>): Promise<{ error: ErrorCode }> {
    return this.#call('leaveGroup', request, () => ({ error: this.#state.coordinator.leave(request) }));
  }

  /** Requests without an answer are rejected with CLOSED; what the broker has begun goes on. */
  close(): Promise<void> {
    if (this.#closed !== null) return Promise.resolve();
    this.#closed = new BrokerError('CLOSED', `the connection of ${this.#clientId} was closed`);
    for (const giveUp of Array.from(this.#inFlight)) giveUp(this.#closed);
    this.#onClose();
    return Promise.resolve();
  }

  // oxlint-disable-next-line max-params -- private; the signal belongs to the two long polls only
  #call<T>(api: BrokerApi, payload: unknown, execute: Execute<T>, signal?: AbortSignal): Promise<T> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const given = new AbortController();
    const giveUp = (reason: unknown): void => {
      reject(reason);
      given.abort(reason);
    };
    const onAbort = (): void => giveUp(signal?.reason);
    this.#inFlight.add(giveUp);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#run({ api, payload }, () => execute(given.signal))
      .then(resolve, reject)
      .finally(() => {
        this.#inFlight.delete(giveUp);
        signal?.removeEventListener('abort', onAbort);
      });
    return promise;
  }

  async #run<T>(request: InterceptedRequest, execute: () => T | Promise<T>): Promise<T> {
    // One microtask at least: no caller sees its request executed before the call returns.
    await Promise.resolve();
    const before = this.#intercept?.(request, 'before');
    if (before !== undefined) await before;
    this.#state.timers.runDue();
    const answer = await execute();
    const after = this.#intercept?.(request, 'after');
    if (after !== undefined) await after;
    return answer;
  }
}

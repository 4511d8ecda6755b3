// What a partition remembers of each producer id: epoch, the last five batches (a retry of one of them is answered, not
// appended), and where its open transaction began.
import type { ErrorCode } from '../broker.ts';
import { type BatchHeader, nextSequence, TRANSACTIONAL_BIT } from '../batch/index.ts';

/** A broker remembers this many batches per producer, which is also the most a client may have in flight. */
const REMEMBERED_BATCHES = 5;

interface RememberedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
}

interface ProducerState {
  epoch: number;
  batches: RememberedBatch[];
  /** First offset of the open transaction, null when none is open. */
  transactionFirstOffset: number | null;
  lastUsedMs: number;
}

export type SequenceCheck =
  | { readonly kind: 'append' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number }
  | { readonly kind: 'refused'; readonly error: ErrorCode; readonly message: string };

export class ProducerStates {
  readonly #states = new Map<bigint, ProducerState>();
  readonly #expirationMs: number;

  /** `expirationMs`: `producer.id.expiration.ms`, after which an idle producer is forgotten. */
  constructor(expirationMs: number) {
    this.#expirationMs = expirationMs;
  }

  hasOngoingTransaction(producerId: bigint, epoch: number): boolean {
    const state = this.#states.get(producerId);
    return state !== undefined && state.transactionFirstOffset !== null && state.epoch === epoch;
  }

  /** First offset of the oldest open transaction, null when none is open. */
  firstUnstableOffset(): number | null {
    let first: number | null = null;
    for (const { transactionFirstOffset } of this.#states.values()) {
      if (transactionFirstOffset !== null && (first === null || transactionFirstOffset < first))
        first = transactionFirstOffset;
    }
    return first;
  }

  check(header: BatchHeader, nowMs: number): SequenceCheck {
    this.#expire(header.producerId, nowMs);
    const state = this.#states.get(header.producerId);
    if (state === undefined) return { kind: 'append' };
    if (header.producerEpoch === state.epoch) {
      const lastSequence = lastSequenceOf(header);
      const known = state.batches.find(
        (b) => b.baseSequence === header.baseSequence && b.lastSequence === lastSequence,
      );
      if (known !== undefined) return { kind: 'duplicate', baseOffset: known.baseOffset };
    }
    if (header.producerEpoch < state.epoch) {
      const message = `epoch ${header.producerEpoch} of producer ${header.producerId} is older than ${state.epoch}: it was fenced`;
      return { kind: 'refused', error: 'INVALID_PRODUCER_EPOCH', message };
    }
    const expected = header.producerEpoch > state.epoch ? 0 : followingSequence(state);
    if (header.baseSequence !== expected) {
      const message = `sequence ${header.baseSequence} of producer ${header.producerId}, expected ${expected}`;
      return { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', message };
    }
    if (state.transactionFirstOffset !== null && !isTransactional(header)) {
      const message = `producer ${header.producerId} has an open transaction, its batch is not part of one`;
      return { kind: 'refused', error: 'INVALID_TXN_STATE', message };
    }
    return { kind: 'append' };
  }

  /** Remembers a batch that `check` let through, now appended at `baseOffset`. */
  record(header: BatchHeader, baseOffset: number, nowMs: number): void {
    const state = this.#at(header.producerId, header.producerEpoch);
    state.lastUsedMs = nowMs;
    state.batches.push({ baseSequence: header.baseSequence, lastSequence: lastSequenceOf(header), baseOffset });
    if (state.batches.length > REMEMBERED_BATCHES) state.batches.shift();
    if (isTransactional(header)) state.transactionFirstOffset ??= baseOffset;
  }

  /** Ends the open transaction; returns its first offset, null when the producer wrote nothing here. */
  end(producerId: bigint, epoch: number, nowMs: number): number | null {
    const state = this.#at(producerId, epoch);
    const first = state.transactionFirstOffset;
    state.transactionFirstOffset = null;
    state.lastUsedMs = nowMs;
    return first;
  }

  /** State of the producer, with older epochs' batches forgotten. */
  #at(producerId: bigint, epoch: number): ProducerState {
    let state = this.#states.get(producerId);
    if (state === undefined) {
      state = { epoch, batches: [], transactionFirstOffset: null, lastUsedMs: 0 };
      this.#states.set(producerId, state);
    } else if (epoch > state.epoch) {
      state.epoch = epoch;
      state.batches = [];
    }
    return state;
  }

  #expire(producerId: bigint, nowMs: number): void {
    const state = this.#states.get(producerId);
    if (state === undefined || state.transactionFirstOffset !== null) return;
    if (nowMs - state.lastUsedMs >= this.#expirationMs) this.#states.delete(producerId);
  }
}

function followingSequence(state: ProducerState): number {
  const last = state.batches.at(-1);
  return last === undefined ? 0 : nextSequence(last.lastSequence, 1);
}

function lastSequenceOf(header: BatchHeader): number {
  return nextSequence(header.baseSequence, header.lastOffsetDelta);
}

function isTransactional(header: BatchHeader): boolean {
  return (header.attributes & TRANSACTIONAL_BIT) !== 0;
}

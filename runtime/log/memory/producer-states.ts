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

/** What was sent to a partition before its transaction was known to be open there. */
interface Unverified {
  epoch: number;
  lowestSequence: number;
}

export class ProducerStates {
  readonly #states = new Map<bigint, ProducerState>();
  readonly #unverified = new Map<bigint, Unverified>();
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

  /**
   * A transactional batch came while the producer has no transaction open here. Nothing that follows in sequence is taken before
   * the earliest such batch, also when that one was refused, until something of the transaction is in the log.
   */
  expectVerification({ producerId, producerEpoch, baseSequence }: BatchHeader): void {
    const known = this.#unverified.get(producerId);
    if (known === undefined || producerEpoch > known.epoch) {
      this.#unverified.set(producerId, { epoch: producerEpoch, lowestSequence: baseSequence });
    } else if (producerEpoch === known.epoch) {
      known.lowestSequence = Math.min(known.lowestSequence, baseSequence);
    }
  }

  check(header: BatchHeader, nowMs: number): SequenceCheck {
    this.#expire(header.producerId, nowMs);
    const state = this.#states.get(header.producerId);
    const known = state === undefined ? null : repeated(state, header);
    if (known !== null) return { kind: 'duplicate', baseOffset: known.baseOffset };
    if (state !== undefined && header.producerEpoch < state.epoch) {
      const message = `epoch ${header.producerEpoch} of producer ${header.producerId} is older than ${state.epoch}: it was fenced`;
      return { kind: 'refused', error: 'INVALID_PRODUCER_EPOCH', message };
    }
    const unverified = this.#unverified.get(header.producerId);
    if (unverified !== undefined && header.baseSequence > unverified.lowestSequence) {
      return outOfOrder(header, unverified.lowestSequence);
    }
    if (state === undefined) return { kind: 'append' };
    const expected = header.producerEpoch > state.epoch ? 0 : followingSequence(state);
    if (header.baseSequence !== expected) return outOfOrder(header, expected);
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
    if (!isTransactional(header)) return;
    state.transactionFirstOffset ??= baseOffset;
    this.#unverified.delete(header.producerId);
  }

  /** Ends the open transaction; returns its first offset, null when the producer wrote nothing here. */
  end(producerId: bigint, epoch: number, nowMs: number): number | null {
    const state = this.#at(producerId, epoch);
    const first = state.transactionFirstOffset;
    state.transactionFirstOffset = null;
    this.#unverified.delete(producerId);
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

/** The batch among the last ones that this one repeats, null when it is new. */
function repeated(state: ProducerState, header: BatchHeader): RememberedBatch | null {
  if (header.producerEpoch !== state.epoch) return null;
  const lastSequence = lastSequenceOf(header);
  const same = (each: RememberedBatch): boolean =>
    each.baseSequence === header.baseSequence && each.lastSequence === lastSequence;
  return state.batches.find(same) ?? null;
}

function outOfOrder(header: BatchHeader, expected: number): SequenceCheck {
  const message = `sequence ${header.baseSequence} of producer ${header.producerId}, expected ${expected}`;
  return { kind: 'refused', error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', message };
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

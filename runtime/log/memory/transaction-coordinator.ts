// Transaction coordinator of the embedded log: who holds a transactional id, what its transaction has touched, and how it ends.
//
//   Empty ──add──▶ Ongoing ──end──▶ PrepareCommit ──markers──▶ CompleteCommit ──add──▶ Ongoing
//                     │ └─new epoch or time-out─▶ PrepareAbort ──markers──▶ CompleteAbort ──add──▶ Ongoing
// InitProducerId leads from Empty and the two Complete states back to Empty, always with a higher epoch or a new producer id.
import type { ErrorCode, ProducerIdentity, TopicPartition, TransactionalRequest } from '../broker.ts';
import type { Timer, Timers } from './timers.ts';

export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

const ENTERED_FROM: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  Ongoing: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareCommit: ['Ongoing'],
  PrepareAbort: ['Ongoing'],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
};

/** What EndTxn(commit) is told in each state. */
const COMMIT_ANSWERS: Readonly<Record<TransactionState, ErrorCode>> = {
  Empty: 'INVALID_TXN_STATE',
  Ongoing: 'NONE',
  PrepareCommit: 'CONCURRENT_TRANSACTIONS',
  PrepareAbort: 'INVALID_TXN_STATE',
  CompleteCommit: 'NONE',
  CompleteAbort: 'INVALID_TXN_STATE',
};

/** What a transaction may touch: a partition of a topic, or a group's offsets. */
export type Participant =
  | { readonly kind: 'partition'; readonly at: TopicPartition }
  | { readonly kind: 'offsets'; readonly groupId: string };

export interface TransactionEnd {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly commit: boolean;
}

export interface TransactionCoordinatorOptions {
  /** `transaction.max.timeout.ms`. */
  readonly maxTimeoutMs: number;
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms`: how often time-outs are looked for. */
  readonly scanIntervalMs: number;
  /** `transactional.id.expiration.ms`. */
  readonly idExpirationMs: number;
  /** Time between the decision and the markers; during it the transaction is in one of the Prepare states. */
  readonly markerDelayMs: () => number;
  /** Puts the end of the transaction where the participant lives. */
  readonly writeMarker: (participant: Participant, end: TransactionEnd) => void;
}

interface Transaction {
  readonly transactionalId: string;
  producerId: bigint;
  epoch: number;
  timeoutMs: number;
  state: TransactionState;
  participants: Map<string, Participant>;
  /** Monotonic time of the first participant. */
  startedMs: number;
  /** Wall clock of the last change. */
  changedMs: number;
}

/** The highest epoch a client is given; the one above is kept for fencing. */
const LAST_EPOCH = 32766;

export class TransactionCoordinator {
  readonly #timers: Timers;
  readonly #options: TransactionCoordinatorOptions;
  readonly #transactions = new Map<string, Transaction>();
  readonly #scanOriginMs: number;
  #scan: Timer | null = null;
  #nextProducerId = 0n;

  constructor(timers: Timers, options: TransactionCoordinatorOptions) {
    this.#timers = timers;
    this.#options = options;
    this.#scanOriginMs = timers.nowMs();
  }

  /** InitProducerId(−1, −1). An open transaction is aborted with a higher epoch; the caller then asks again. */
  initProducerId(transactionalId: string, timeoutMs: number): ProducerIdentity & { error: ErrorCode } {
    const refused = { producerId: -1n, producerEpoch: -1 };
    if (transactionalId === '') return { ...refused, error: 'INVALID_REQUEST' };
    if (timeoutMs <= 0 || timeoutMs > this.#options.maxTimeoutMs)
      return { ...refused, error: 'INVALID_TRANSACTION_TIMEOUT' };
    const found = this.#find(transactionalId) ?? this.#create(transactionalId);
    if (!isEnded(found.state)) {
      if (found.state === 'Ongoing') this.#fence(found);
      return { ...refused, error: 'CONCURRENT_TRANSACTIONS' };
    }
    if (found.epoch >= LAST_EPOCH) {
      found.producerId = this.#nextProducerId++;
      found.epoch = -1;
    }
    found.epoch++;
    found.timeoutMs = timeoutMs;
    this.#transition(found, 'Empty');
    return { error: 'NONE', producerId: found.producerId, producerEpoch: found.epoch };
  }

  /** AddPartitionsToTxn and AddOffsetsToTxn. */
  add(request: TransactionalRequest, participants: readonly Participant[]): ErrorCode {
    const found = this.#check(request);
    if (typeof found === 'string') return found;
    if (found.state === 'PrepareCommit' || found.state === 'PrepareAbort') return 'CONCURRENT_TRANSACTIONS';
    if (found.state !== 'Ongoing') {
      found.startedMs = this.#timers.nowMs();
      found.participants = new Map();
    }
    for (const participant of participants) found.participants.set(keyOf(participant), participant);
    this.#transition(found, 'Ongoing');
    this.#scheduleScan();
    return 'NONE';
  }

  /** What a partition leader or group coordinator asks before it takes the first write of a transaction (KIP-890, part 1). */
  verify(request: TransactionalRequest, participant: Participant): ErrorCode {
    const found = this.#check(request);
    if (typeof found === 'string') return found === 'PRODUCER_FENCED' ? 'INVALID_PRODUCER_EPOCH' : found;
    if (found.state === 'PrepareCommit' || found.state === 'PrepareAbort') return 'CONCURRENT_TRANSACTIONS';
    return found.state === 'Ongoing' && found.participants.has(keyOf(participant)) ? 'NONE' : 'INVALID_TXN_STATE';
  }

  /** EndTxn(commit). */
  commit(request: TransactionalRequest): ErrorCode {
    const found = this.#check(request);
    if (typeof found === 'string') return found;
    const answer = COMMIT_ANSWERS[found.state];
    if (found.state === 'Ongoing') this.#end(found, 'PrepareCommit');
    return answer;
  }

  /** State of a transactional id, for tests and diagnosis; null when the id is not known. */
  stateOf(transactionalId: string): TransactionState | null {
    return this.#transactions.get(transactionalId)?.state ?? null;
  }

  #check(request: TransactionalRequest): Transaction | ErrorCode {
    const found = this.#find(request.transactionalId);
    if (found === null || found.producerId !== request.producerId) return 'INVALID_PRODUCER_ID_MAPPING';
    return found.epoch === request.producerEpoch ? found : 'PRODUCER_FENCED';
  }

  #find(transactionalId: string): Transaction | null {
    const found = this.#transactions.get(transactionalId);
    if (found === undefined) return null;
    if (isEnded(found.state) && this.#timers.wallMs() - found.changedMs >= this.#options.idExpirationMs) {
      this.#transactions.delete(transactionalId);
      return null;
    }
    return found;
  }

  #create(transactionalId: string): Transaction {
    const created: Transaction = {
      transactionalId,
      producerId: this.#nextProducerId++,
      epoch: -1,
      timeoutMs: 0,
      state: 'Empty',
      participants: new Map(),
      startedMs: 0,
      changedMs: this.#timers.wallMs(),
    };
    this.#transactions.set(transactionalId, created);
    return created;
  }

  /** Aborts with a higher epoch, so that whatever the old producer has under way is refused. */
  #fence(found: Transaction): void {
    found.epoch++;
    this.#end(found, 'PrepareAbort');
  }

  #end(found: Transaction, decision: 'PrepareCommit' | 'PrepareAbort'): void {
    this.#transition(found, decision);
    const delayMs = this.#options.markerDelayMs();
    if (delayMs > 0) this.#timers.schedule(delayMs, () => this.#complete(found));
    else this.#complete(found);
  }

  #complete(found: Transaction): void {
    const commit = found.state === 'PrepareCommit';
    const end = { producerId: found.producerId, producerEpoch: found.epoch, commit };
    for (const participant of found.participants.values()) this.#options.writeMarker(participant, end);
    found.participants = new Map();
    this.#transition(found, commit ? 'CompleteCommit' : 'CompleteAbort');
  }

  #transition(found: Transaction, to: TransactionState): void {
    if (!ENTERED_FROM[to].includes(found.state))
      throw new Error(`transaction ${found.transactionalId} cannot go from ${found.state} to ${to}`);
    found.state = to;
    found.changedMs = this.#timers.wallMs();
  }

  /** Time-outs are noticed at multiples of the scan interval; no timer runs while no transaction is open. */
  #scheduleScan(): void {
    if (this.#scan !== null) return;
    const { scanIntervalMs } = this.#options;
    const sinceScanMs = (this.#timers.nowMs() - this.#scanOriginMs) % scanIntervalMs;
    this.#scan = this.#timers.schedule(scanIntervalMs - sinceScanMs, () => {
      this.#scan = null;
      this.#abortTimedOut();
    });
  }

  #abortTimedOut(): void {
    const nowMs = this.#timers.nowMs();
    let open = false;
    for (const found of this.#transactions.values()) {
      if (found.state !== 'Ongoing') continue;
      if (nowMs - found.startedMs > found.timeoutMs) this.#fence(found);
      else open = true;
    }
    if (open) this.#scheduleScan();
  }
}

/** Nothing is open: the next InitProducerId may hand out an epoch. */
function isEnded(state: TransactionState): boolean {
  return state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort';
}

function keyOf(participant: Participant): string {
  return participant.kind === 'offsets'
    ? `offsets ${participant.groupId}`
    : `${participant.at.topic}:${participant.at.partition}`;
}

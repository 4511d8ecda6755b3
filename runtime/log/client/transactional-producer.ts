// One transaction at a time: outputs and offsets, all or nothing. An explicit state machine that never sends EndTxn(abort) and
// never takes an unknown outcome for a success: after either, InitProducerId and OffsetFetch say what became of it (W4).
import { type Compression, encodeBatch, nextSequence, type RecordsBuilder } from '../batch/index.ts';
import {
  BrokerError,
  type ErrorCode,
  type GroupStamp,
  type OffsetAndMetadata,
  type ProducePartition,
  type ProducerIdentity,
  type TopicPartition,
  type TransactionalRequest,
} from '../broker.ts';
import { isRetriable } from './error-codes.ts';
import { partitionKey } from './partition-key.ts';
import { initProducerId } from './producer-id.ts';
import { type Attempt, retry, RetryDeadlineError } from './retry.ts';
import { judge, kindOf, TransactionError, type Judgement } from './transaction-error.ts';
import type { ClientParts } from './types.ts';

export type ProducerState = 'needsInit' | 'ready' | 'inTransaction' | 'ending';

/** Every legal step. Any failure but `generation` leads to needsInit. */
export const PRODUCER_TRANSITIONS: Readonly<Record<ProducerState, readonly ProducerState[]>> = {
  needsInit: ['ready'],
  ready: ['inTransaction', 'needsInit'],
  inTransaction: ['ending', 'needsInit'],
  ending: ['ready', 'needsInit'],
};

export interface TransactionalProducerOptions extends ClientParts {
  readonly transactionalId: string;
  /** The broker aborts a transaction that is open longer; nothing in one is retried beyond it either. */
  readonly transactionTimeoutMs: number;
  readonly compression?: Compression;
  /** How long a topic that the brokers do not know is asked for again. Default 3,000. */
  readonly unknownTopicGraceMs?: number;
  /** Told why the producer waits, and null when that is over. */
  readonly waiting?: (why: string | null) => void;
}

export interface ProduceRecords extends TopicPartition {
  readonly records: RecordsBuilder;
}

/** What one InitProducerId began. Results of an earlier one must not touch it. */
interface Session {
  readonly identity: ProducerIdentity;
  /** Next sequence number by partition. */
  readonly sequences: Map<string, number>;
  /** In the open transaction. */
  readonly partitions: Set<string>;
  readonly groups: Set<string>;
  openedMs: number;
}

interface PendingBatch extends ProducePartition {
  readonly nextSequence: number;
}

/**
 * `produce` and `sendOffsets` of one transaction may run side by side (that saves a round trip); `commit` only after both.
 * All throw TransactionError; see its kinds for what to do.
 */
export class TransactionalProducer {
  readonly #options: TransactionalProducerOptions;
  #state: ProducerState = 'needsInit';
  #session: Session | null = null;
  /** The coordinator answers CONCURRENT_TRANSACTIONS to a second request on one transaction: they take turns. */
  #coordinatorTurn: Promise<void> = Promise.resolve();

  constructor(options: TransactionalProducerOptions) {
    this.#options = options;
  }

  get state(): ProducerState {
    return this.#state;
  }

  /** Resolves or aborts what was open, fences all earlier users of the id, starts the sequences at 0. Tries until it succeeds. */
  async initialise(signal: AbortSignal): Promise<void> {
    this.#session = null;
    this.#state = 'needsInit';
    const { waiting } = this.#options;
    const identity = await initProducerId({
      ...this.#options,
      signal,
      ...(waiting === undefined ? {} : { onWait: waiting }),
    });
    this.#session = { identity, sequences: new Map(), partitions: new Set(), groups: new Set(), openedMs: 0 };
    this.#move('ready');
  }

  /**
   * Writes one batch per partition, acknowledged by all in-sync replicas. A batch whose outcome is unknown is sent again as it
   * is, within the transaction: its sequence number lets the leader recognise it, and the transaction is still undecided.
   */
  async produce(partitions: readonly ProduceRecords[]): Promise<void> {
    const filled = partitions.filter(({ records }) => records.count > 0);
    if (new Set(filled.map(partitionKey)).size < filled.length)
      throw new RangeError('one produce takes at most one batch per partition; send the others in a further produce');
    const session = this.#currentSession('produce');
    if (filled.length === 0) return;
    this.#open(session);
    await this.#guarded(session, async () => {
      await this.#addPartitions(session, filled);
      await this.#send(
        session,
        filled.map((each) => this.#encode(session, each)),
      );
    });
  }

  /** Adds the offsets under exactly this stamp. Repeat it with a new stamp, in the same transaction, after `generation`. */
  async sendOffsets(stamp: GroupStamp, offsets: readonly OffsetAndMetadata[]): Promise<void> {
    const session = this.#currentSession('sendOffsets');
    if (offsets.length === 0) return;
    this.#open(session);
    await this.#guarded(session, async () => {
      await this.#addGroup(session, stamp.groupId);
      const request = { ...this.#request(session), group: stamp, offsets };
      // A refusal is an answer; without an answer the offsets may have been taken, and that is never guessed.
      await this.#retry(session, 'throw', async () =>
        this.#verdict(session, {
          step: `TxnOffsetCommit (generation ${stamp.generation}, member ${stamp.instanceId})`,
          asked: offsets,
          answers: await this.#options.broker.txnOffsetCommit(request),
          // Waiting does not cure it: the stamp must change.
          retriable: (code) => code !== 'REBALANCE_IN_PROGRESS',
        }),
      );
    });
  }

  /** Commits what was produced and sent; does nothing when that is nothing. */
  async commit(): Promise<void> {
    const session = this.#currentSession('commit');
    if (this.#state === 'ready') return;
    this.#move('ending');
    await this.#guarded(session, async () => {
      const request = { ...this.#request(session), commit: true } as const;
      // Sent again after a refusal only: CONCURRENT_TRANSACTIONS says that the commit is under way, and the next answer is OK.
      await this.#retry(session, 'throw', async () => {
        const { error } = await this.#options.broker.endTxn(request);
        return this.#single('EndTxn', error);
      });
      session.partitions.clear();
      session.groups.clear();
      this.#move('ready');
    });
  }

  async #addPartitions(session: Session, all: readonly TopicPartition[]): Promise<void> {
    await this.#inTurn(async () => {
      const partitions = all
        .filter((each) => !session.partitions.has(partitionKey(each)))
        .map(({ topic, partition }) => ({ topic, partition }));
      if (partitions.length === 0) return;
      const request = { ...this.#request(session), partitions };
      // Adding a partition twice is the same as once, so an unknown outcome is asked again.
      await this.#retry(session, 'retry', async () =>
        this.#verdict(session, {
          step: 'AddPartitionsToTxn',
          asked: partitions,
          answers: await this.#options.broker.addPartitionsToTxn(request),
          retriable: () => true,
        }),
      );
      for (const each of partitions) session.partitions.add(partitionKey(each));
    });
  }

  async #addGroup(session: Session, groupId: string): Promise<void> {
    await this.#inTurn(async () => {
      if (session.groups.has(groupId)) return;
      await this.#retry(session, 'retry', async () => {
        const { error } = await this.#options.broker.addOffsetsToTxn({ ...this.#request(session), groupId });
        return this.#single('AddOffsetsToTxn', error);
      });
      session.groups.add(groupId);
    });
  }

  #encode(session: Session, { topic, partition, records }: ProduceRecords): PendingBatch {
    const baseSequence = session.sequences.get(partitionKey({ topic, partition })) ?? 0;
    const { compression } = this.#options;
    const stamp = { ...session.identity, baseSequence, transactional: true };
    const batch = encodeBatch(records, compression === undefined ? stamp : { ...stamp, compression });
    return { topic, partition, batch, nextSequence: nextSequence(baseSequence, records.count) };
  }

  async #send(session: Session, batches: readonly PendingBatch[]): Promise<void> {
    let pending = batches;
    await this.#retry(session, 'retry', async (attempt) => {
      const answers = await this.#options.broker.produce({
        transactionalId: this.#options.transactionalId,
        timeoutMs: Math.max(1, Math.floor(this.#remainingMs(session))),
        partitions: pending.map(({ topic, partition, batch }) => ({ topic, partition, batch })),
      });
      // Only a batch that was sent before can be there already. As a first answer it means that somebody else writes with our id.
      const settled = answers.map((answer) =>
        answer.error === 'DUPLICATE_SEQUENCE_NUMBER' && attempt > 0 ? { ...answer, error: 'NONE' } : answer,
      );
      const verdict = this.#verdict(session, {
        step: 'Produce',
        asked: pending,
        answers: settled,
        retriable: () => true,
      });
      const written = new Set(settled.filter(({ error }) => error === 'NONE').map(partitionKey));
      for (const each of pending)
        if (written.has(partitionKey(each))) session.sequences.set(partitionKey(each), each.nextSequence);
      pending = pending.filter((each) => !written.has(partitionKey(each)));
      return verdict;
    });
  }

  #verdict(session: Session, judgement: Judgement): Attempt<null> {
    const { unknownTopicGraceMs = 3_000 } = this.#options;
    const elapsedMs = this.#options.clock.monotonicMs() - session.openedMs;
    const verdict = judge({
      ...judgement,
      // A topic may be too new for this broker, or gone for good.
      retriable: (code) =>
        isRetriable(code) &&
        judgement.retriable(code) &&
        (code !== 'UNKNOWN_TOPIC_OR_PARTITION' || elapsedMs < unknownTopicGraceMs),
    });
    if (verdict.kind === 'failed') throw verdict.error;
    return verdict.kind === 'ok' ? { value: null } : { again: verdict.code, what: judgement.step };
  }

  #single(step: string, error: ErrorCode): Attempt<null> {
    if (error === 'NONE') return { value: null };
    if (isRetriable(error)) return { again: error, what: step };
    const message = `${step} of ${this.#options.transactionalId}: ${error}`;
    throw new TransactionError({ kind: kindOf(error), code: error, message, partitions: [] });
  }

  async #retry(
    session: Session,
    unknownOutcome: 'retry' | 'throw',
    attempt: (number: number) => Promise<Attempt<null>>,
  ): Promise<void> {
    const { clock, random, waiting } = this.#options;
    const deadlineMs = this.#remainingMs(session);
    const onWait = waiting === undefined ? {} : { onWait: waiting };
    // A refusal is an answer: it ends the waiting, although the content may pass in another transaction.
    const refusal = await retry<TransactionError | null>(
      async (number) => {
        try {
          return await attempt(number);
        } catch (error) {
          if (error instanceof TransactionError) return { value: error };
          throw error;
        }
      },
      { clock, random, deadlineMs, unknownOutcome, ...onWait },
    );
    if (refusal !== null) throw refusal;
  }

  #remainingMs(session: Session): number {
    const elapsedMs = this.#options.clock.monotonicMs() - session.openedMs;
    return Math.max(0, this.#options.transactionTimeoutMs - elapsedMs);
  }

  #request(session: Session): TransactionalRequest {
    return { transactionalId: this.#options.transactionalId, ...session.identity };
  }

  async #inTurn(run: () => Promise<void>): Promise<void> {
    const before = this.#coordinatorTurn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#coordinatorTurn = promise;
    try {
      await before;
      await run();
    } finally {
      resolve();
    }
  }

  async #guarded(session: Session, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      const failure = asTransactionError(error, this.#options.transactionalId);
      const stillOpen = failure instanceof TransactionError && failure.kind === 'generation';
      if (!stillOpen && this.#session === session) this.#fail();
      throw failure;
    }
  }

  #currentSession(step: string): Session {
    if (this.#state === 'ending') throw new Error(`${step} was called while a commit is in flight`);
    if (this.#session !== null && this.#state !== 'needsInit') return this.#session;
    const message = `${step} of ${this.#options.transactionalId}: an earlier step failed, initialise() comes first`;
    throw new TransactionError({ kind: 'fenced', code: 'NOT_INITIALISED', message, partitions: [] });
  }

  #open(session: Session): void {
    if (this.#state !== 'ready') return;
    session.openedMs = this.#options.clock.monotonicMs();
    this.#move('inTransaction');
  }

  #fail(): void {
    this.#session = null;
    if (this.#state !== 'needsInit') this.#move('needsInit');
  }

  #move(to: ProducerState): void {
    if (!PRODUCER_TRANSITIONS[this.#state].includes(to))
      throw new Error(`transactional producer: no step leads from ${this.#state} to ${to}`);
    this.#state = to;
  }
}

function asTransactionError(error: unknown, transactionalId: string): unknown {
  if (error instanceof TransactionError) return error;
  if (error instanceof RetryDeadlineError) {
    const kind = kindOf(error.code) === 'rejected' ? 'rejected' : 'fenced';
    return new TransactionError({ kind, code: error.code, message: error.message, partitions: [] }, { cause: error });
  }
  if (error instanceof BrokerError) {
    const message = `transaction of ${transactionalId}: ${error.message}`;
    return new TransactionError({ kind: 'fenced', code: error.code, message, partitions: [] }, { cause: error });
  }
  return error;
}

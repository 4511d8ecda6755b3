// The commit cycle: one transaction at a time carries outputs, offsets and metadata of all live tasks. While it is in flight the
// tasks go on folding into the next buffers. State is a pure fold, so a failed transaction does not make it wrong: what it held is
// kept and sent again, unless the broker says that it was committed after all, or that a task is no longer ours.
import type { Clock } from '../clock.ts';
import type { Broker, CommittedOffset, GroupStamp, OffsetAndMetadata } from '../log/broker.ts';
import { fetchCommitted, TransactionError, type TransactionalProducer, partitionKey } from '../log/client/index.ts';
import type { Random } from '../random.ts';
import { decodeCommitMetadata, encodeCommitMetadata, type CommitMetadata } from './commit-metadata.ts';
import { Outputs } from './outputs.ts';
import type { TaskSlot, VerifiedCheckpoint } from './task-slot.ts';

export interface CommitEntry {
  readonly slot: TaskSlot;
  readonly offset: number;
  /** Of the last record before `offset`, −1 when it is not known. */
  readonly leaderEpoch: number;
  readonly seq: number;
  readonly previous: { readonly offset: number; readonly seq: number };
  readonly metadata: string;
  /** The checkpoint that this commit names for the first time. */
  readonly names: VerifiedCheckpoint | null;
  /** State at `offset`, to be uploaded once the commit is known. */
  readonly snapshot: Uint8Array | null;
}

export interface CommitReport {
  readonly entries: readonly CommitEntry[];
  readonly outputs: Outputs;
  readonly durationMs: number;
  readonly attempts: number;
}

export interface CommitHost {
  slots(): readonly TaskSlot[];
  /** Null while this worker is no member. */
  stamp(): GroupStamp | null;
  /** Resolves when no join is in flight. */
  whenSettled(signal: AbortSignal): Promise<GroupStamp>;
  /** Is a snapshot of the task due with this commit? */
  wantsSnapshot(slot: TaskSlot): boolean;
  committed(report: CommitReport): void;
  /** What the broker has does not follow from what we did: load the task anew. */
  disagrees(slot: TaskSlot, committed: CommittedOffset): void;
  /** A commit failed and will be tried again. Null when it went through. */
  failing(error: TransactionError | null, attempt: number): void;
  /** What a commit waits for, null when that is over. */
  waiting(why: string | null): void;
}

export interface CommitCycleOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly producer: TransactionalProducer;
  readonly groupId: string;
  readonly head: Pick<CommitMetadata, 'inc' | 'plan' | 'by'>;
  readonly host: CommitHost;
}

interface Transaction {
  entries: readonly CommitEntry[];
  outputs: Outputs;
}

export class CommitCycle {
  readonly #options: CommitCycleOptions;
  #outputs = new Outputs();
  #inFlight = false;

  constructor(options: CommitCycleOptions) {
    this.#options = options;
  }

  /** The buffers that tasks fold into: those of the next transaction. */
  get outputs(): Outputs {
    return this.#outputs;
  }

  get inFlight(): boolean {
    return this.#inFlight;
  }

  /** Commits all that there is. False when there was nothing. One call at a time. Throws what is not a matter of trying again. */
  async commit(signal: AbortSignal): Promise<boolean> {
    if (this.#inFlight) throw new Error('a commit is in flight already');
    const transaction = this.#capture();
    if (transaction.entries.length === 0) return false;
    this.#inFlight = true;
    try {
      await this.#drive(transaction, signal);
    } finally {
      this.#inFlight = false;
    }
    return true;
  }

  /** Forgets what a task has put into the open buffers. */
  drop(slot: TaskSlot): void {
    this.#outputs = this.#outputs.without(new Set([slot.number]));
  }

  // Synchronous: offsets, metadata, outputs and snapshots are one cut through all tasks.
  #capture(): Transaction {
    const { host, head } = this.#options;
    const outputs = this.#outputs;
    const entries: CommitEntry[] = [];
    for (const slot of host.slots()) {
      if (!slot.commits) continue;
      outputs.owner = slot.number;
      const contributes = slot.task.flush(outputs);
      const offset = slot.task.position;
      const names = slot.verified !== null && slot.verified.id !== slot.checkpoint ? slot.verified : null;
      const snapshot = host.wantsSnapshot(slot) ? slot.task.snapshot() : null;
      if (!contributes && names === null && snapshot === null && offset === slot.committed.offset) continue;
      const metadata = slot.metadata(head);
      const previous = slot.committed;
      entries.push({
        slot,
        offset,
        leaderEpoch: slot.leaderEpochs.before(offset),
        seq: metadata.seq,
        previous,
        metadata: encodeCommitMetadata(metadata),
        names,
        snapshot,
      });
    }
    if (entries.length > 0) this.#outputs = new Outputs(outputs.pool);
    return { entries, outputs };
  }

  async #drive(transaction: Transaction, signal: AbortSignal): Promise<void> {
    const { clock, random, host } = this.#options;
    const started = clock.monotonicMs();
    for (let attempt = 1; ; attempt++) {
      const stamp = host.stamp() ?? (await host.whenSettled(signal));
      this.#dropLost(transaction);
      if (transaction.entries.length === 0) return;
      const failure = await this.#transact(transaction, stamp, signal);
      if (failure === null || (await this.#wasCommitted(transaction, signal))) {
        host.failing(null, attempt);
        this.#settle({ ...transaction, attempts: attempt, durationMs: clock.monotonicMs() - started });
        return;
      }
      host.failing(failure, attempt);
      if (failure.code === 'INVALID_TIMESTAMP')
        // Brokers refuse timestamps too far from their own clock; the row matters more than its timestamp.
        transaction.outputs = transaction.outputs.withTimestamp(failure.partitions, clock.now());
      const backoffMs = Math.min(5 * 2 ** attempt, failure.kind === 'rejected' ? 5_000 : 250);
      await clock.sleep(backoffMs * (0.5 + random.next() / 2), signal);
    }
  }

  /** Null when the transaction is known to be committed. */
  async #transact(
    { entries, outputs }: Transaction,
    begun: GroupStamp,
    signal: AbortSignal,
  ): Promise<TransactionError | null> {
    const { producer, host } = this.#options;
    const offsets = entries.map(
      ({ slot, offset, leaderEpoch, metadata }): OffsetAndMetadata => ({
        ...slot.partition,
        offset,
        leaderEpoch,
        metadata,
      }),
    );
    try {
      for (const round of outputs.rounds()) await producer.produce(round);
      for (let stamp = begun; ; stamp = await host.whenSettled(signal)) {
        // A task that was taken away while the transaction was open must not be committed under the new generation.
        if (entries.some(({ slot }) => !slot.commits)) return lostMeanwhile(entries);
        try {
          await producer.sendOffsets(stamp, offsets);
          break;
        } catch (error) {
          if (!(error instanceof TransactionError) || error.kind !== 'generation') throw error;
        }
      }
      await producer.commit();
      return null;
    } catch (error) {
      if (error instanceof TransactionError) return error;
      throw error;
    }
  }

  /** After a failure only the broker can say: resolves the open transaction, then asks for the committed offsets. */
  async #wasCommitted(transaction: Transaction, signal: AbortSignal): Promise<boolean> {
    const { broker, clock, random, producer, groupId, host } = this.#options;
    await producer.initialise(signal);
    this.#dropLost(transaction);
    if (transaction.entries.length === 0) return false;
    const partitions = transaction.entries.map(({ slot }) => slot.partition);
    const onWait = (why: string | null): void => host.waiting(why);
    const answer = await fetchCommitted({ broker, clock, random, groupId, partitions, signal, onWait });
    const byKey = new Map(answer.map((offset) => [partitionKey(offset), offset]));
    const found = transaction.entries.flatMap((entry) => {
      const offset = byKey.get(partitionKey(entry.slot.partition));
      return offset === undefined || !entry.slot.commits ? [] : [{ entry, offset }];
    });
    // The metadata names who committed: the like of what we sent, by somebody else, is not ours.
    const isOurs = ({ entry, offset }: (typeof found)[number]): boolean =>
      offset.offset === entry.offset && offset.metadata === entry.metadata;
    const isAsBefore = ({ entry: { previous }, offset }: (typeof found)[number]): boolean =>
      offset.offset === previous.offset && decodeCommitMetadata(offset.metadata)?.seq === previous.seq;
    // All or nothing: where one went through, another that is as before was undone since.
    const committed = found.some(isOurs);
    for (const each of found)
      if (!(committed ? isOurs(each) : isAsBefore(each))) host.disagrees(each.entry.slot, each.offset);
    this.#dropLost(transaction);
    return committed;
  }

  #dropLost(transaction: Transaction): void {
    const lost = transaction.entries.filter(({ slot }) => !slot.commits);
    if (lost.length === 0) return;
    transaction.entries = transaction.entries.filter(({ slot }) => slot.commits);
    transaction.outputs = transaction.outputs.without(new Set(lost.map(({ slot }) => slot.number)));
  }

  #settle(report: CommitReport): void {
    for (const { slot, offset, seq, names } of report.entries) {
      slot.committed = { offset, seq };
      if (names !== null) slot.checkpoint = names.id;
    }
    this.#options.host.committed(report);
    // After a failure an older request may still be on its way with some of these bytes.
    if (report.attempts === 1) report.outputs.recycle();
  }
}

function lostMeanwhile(entries: readonly CommitEntry[]): TransactionError {
  const names = entries.filter(({ slot }) => !slot.commits).map(({ slot }) => slot.name);
  return new TransactionError({
    kind: 'fenced',
    code: 'TASK_LOST',
    message: `tasks ${names.join(', ')} were taken away while the transaction was open`,
    partitions: [],
  });
}

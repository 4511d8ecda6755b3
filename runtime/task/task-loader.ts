// Brings a task to life: the committed offset says up to where its outputs are out, the named checkpoint gives the state, and the
// log between the two is folded silently.
import type { BrokenCheckpoint } from '../checkpoint/index.ts';
import type { Clock } from '../clock.ts';
import type { Broker, CommittedOffset } from '../log/broker.ts';
import { fetchCommitted, partitionKey } from '../log/client/index.ts';
import { LeaderEpochs } from '../log/leader-epochs.ts';
import type { Random } from '../random.ts';
import { checkOurs, type BaselineOptions } from './baseline.ts';
import { chainOf, type Checkpointer } from './checkpointer.ts';
import { checkNotTruncated, findLogStart } from './check-log.ts';
import { decodeCommitMetadata, type CommitMetadata } from './commit-metadata.ts';
import { FatalProblem } from './problem.ts';
import type { TaskSlot } from './task-slot.ts';

export interface TaskLoaderOptions {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly random: Random;
  readonly groupId: string;
  readonly identity: Pick<BaselineOptions, 'incarnation' | 'planHash'>;
  readonly checkpointer: Checkpointer;
  /** A checkpoint was passed over: worth telling people. */
  fellBack(slot: TaskSlot, broken: readonly BrokenCheckpoint[], to: string): void;
}

export class TaskLoader {
  readonly #options: TaskLoaderOptions;

  constructor(options: TaskLoaderOptions) {
    this.#options = options;
  }

  /**
   * Leaves the slot `live` or `replaying`, its task at the offset from which to read.
   * Throws FatalProblem, PlanMismatch; StoreError and BrokerError mean: try again.
   */
  async load(slot: TaskSlot, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { committed, metadata } = await this.#committed(slot, signal);
      await checkNotTruncated(this.#options, { slot, signal }, committed);
      slot.base = metadata.base;
      slot.leaderEpochs = new LeaderEpochs(committed.leaderEpoch);
      slot.committed = { offset: committed.offset, seq: metadata.seq };
      slot.checkpoint = metadata.ckpt;
      const start = await this.#start(slot, metadata, signal);
      if (start === null) {
        // The named checkpoint is gone. Before that is believed: does the commit still name it? A slow loader may have been overtaken.
        const again = await this.#committed(slot, signal);
        if (again.metadata.seq !== metadata.seq) continue;
        throw this.#missing(slot, metadata);
      }
      if (signal.aborted) return;
      slot.task.restore(start.offset, start.snapshot, metadata);
      // At the base there is no state yet, so there is nothing to store.
      slot.snapshotOffset = slot.chain[0]?.offset ?? metadata.base;
      this.#options.checkpointer.stagger(slot);
      slot.replayTo = committed.offset;
      slot.to(start.offset < committed.offset ? 'replaying' : 'live');
      return;
    }
  }

  async #committed(
    slot: TaskSlot,
    signal: AbortSignal,
  ): Promise<{ committed: CommittedOffset; metadata: CommitMetadata }> {
    const { broker, clock, random, groupId, identity } = this.#options;
    const [committed] = await fetchCommitted({ broker, clock, random, groupId, partitions: [slot.partition], signal });
    const metadata = committed === undefined ? null : decodeCommitMetadata(committed.metadata);
    if (committed === undefined || committed.offset < 0)
      throw new FatalProblem({
        reason: 'OffsetsLost',
        message: `task ${slot.name}: ${partitionKey(slot.partition)} has no committed offset in group ${groupId}, although the job has begun`,
        userAction: 'delete and re-create the job to start over; results after the lost offsets will be written again',
        task: slot.name,
        ...slot.partition,
      });
    checkOurs(identity, committed);
    if (metadata === null) throw new Error(`metadata of ${slot.name} was accepted and cannot be read`);
    return { committed, metadata };
  }

  async #start(
    slot: TaskSlot,
    metadata: CommitMetadata,
    signal: AbortSignal,
  ): Promise<{ offset: number; snapshot: Uint8Array | null } | null> {
    const { checkpointer } = this.#options;
    if (slot.kind === 'ingest') return { offset: slot.committed.offset, snapshot: null };
    if (metadata.ckpt === null) return { offset: metadata.base, snapshot: null };
    const logStart = await findLogStart(this.#options, { slot, signal });
    // A fold from before the first decision that is written down would lack some.
    const range = { minOffset: Math.max(logStart, metadata.fw?.from ?? 0), maxOffset: slot.committed.offset };
    const { checkpoint, broken } = await checkpointer.load(slot.name, metadata.ckpt, range);
    if (checkpoint !== null) {
      if (broken.length > 0) this.#options.fellBack(slot, broken, `checkpoint ${checkpoint.id}`);
      slot.chain = chainOf(checkpoint);
      return { offset: checkpoint.offset, snapshot: checkpoint.snapshot };
    }
    // Without any checkpoint the whole log since the base makes the same state, as long as it is all there.
    if (range.minOffset > metadata.base) return null;
    this.#options.fellBack(slot, broken, `a replay from offset ${metadata.base}`);
    slot.chain = [];
    return { offset: metadata.base, snapshot: null };
  }

  #missing(slot: TaskSlot, metadata: CommitMetadata): FatalProblem {
    return new FatalProblem({
      reason: 'CheckpointMissing',
      message: `task ${slot.name}: checkpoint ${metadata.ckpt} cannot be read and no older one fits the log, which no longer begins at ${metadata.base}`,
      userAction: 'restore the objects of the bucket, or delete and re-create the job to start over',
      task: slot.name,
      ...slot.partition,
      offset: slot.committed.offset,
    });
  }
}

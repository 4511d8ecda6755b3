// One task in the hands of this worker: its place in the life cycle and what is known of its commits and checkpoints.
import type { TopicPartition } from '../log/broker.ts';
import { LeaderEpochs } from '../log/leader-epochs.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import { taskName, type TaskKind } from './task-id.ts';
import type { Task } from './task.ts';

/**
 *   loading ──► replaying ──► live ──► draining ──► released
 *      └────────────┴───────────┴─────────┴────────────▲   (taken away, or never finished loading)
 */
export const TRANSITIONS = {
  /** Finding the committed offset and the state that belongs to it. */
  loading: ['replaying', 'live', 'released'],
  /** Folding silently up to the committed offset. */
  replaying: ['live', 'loading', 'released'],
  /** Folding and committing. */
  live: ['draining', 'loading', 'released'],
  /** Folds no more; waits until its last offset and its checkpoint are committed. */
  draining: ['released', 'loading'],
  /** No longer ours: nothing of it may be committed. */
  released: [],
} as const satisfies Record<string, readonly string[]>;

export type SlotState = keyof typeof TRANSITIONS;

export interface VerifiedCheckpoint {
  readonly id: string;
  readonly offset: number;
}

export class TaskSlot {
  /** Unique in this process: marks the task's records in the outputs. */
  readonly number: number;
  readonly partition: TopicPartition;
  readonly name: string;
  readonly kind: TaskKind;
  task: Task;
  #state: SlotState = 'loading';

  /** What the broker is known to have committed. */
  committed: { offset: number; seq: number } = { offset: -1, seq: -1 };
  base = 0;
  /** Of what was read since the committed offset, and of the record before that. */
  leaderEpochs = new LeaderEpochs();
  /** While replaying: where it ends. */
  replayTo = 0;
  /** Named by the newest commit that is known to have succeeded. */
  checkpoint: string | null = null;
  /** Retained checkpoints, newest (the named one) first. */
  chain: readonly VerifiedCheckpoint[] = [];
  /** Uploaded and verified, not yet named. */
  verified: VerifiedCheckpoint | null = null;
  /** Offset of the newest snapshot taken, verified or not. */
  snapshotOffset = -1;
  snapshotAtMs = 0;
  /** Monotonic; after a failed upload. */
  snapshotRetryAtMs = 0;
  uploading = false;
  /** The final checkpoint could not be stored: hand over without it. */
  withoutFinalCheckpoint = false;
  highWatermark: number | null = null;
  /** What the reader answered to the assignment: items of an earlier one are not ours. */
  readerEpoch = -1;
  /** Aborted when the slot is released, to end a load under way. */
  readonly gone = new AbortController();

  constructor(number: number, partition: TopicPartition, task: Task) {
    this.number = number;
    this.partition = partition;
    this.task = task;
    this.kind = task.kind;
    this.name = taskName(task.kind, partition.partition);
  }

  get state(): SlotState {
    return this.#state;
  }

  /** May its work be committed? */
  get commits(): boolean {
    return this.#state === 'live' || this.#state === 'draining';
  }

  to(state: SlotState): void {
    if (!(TRANSITIONS[this.#state] as readonly string[]).includes(state))
      throw new Error(`task ${this.name} cannot go from ${this.#state} to ${state}`);
    this.#state = state;
  }

  /** Is there any state that a checkpoint could hold? */
  get hasFolded(): boolean {
    return this.task.position > this.base;
  }

  /** The whole metadata of its next commit. */
  metadata(head: Pick<CommitMetadata, 'inc' | 'plan' | 'by'>): CommitMetadata {
    const own = this.task.metadata(this.chain.at(-1)?.offset ?? this.base);
    return {
      ...head,
      ...own,
      base: this.base,
      ckpt: this.verified?.id ?? this.checkpoint,
      seq: this.committed.seq + 1,
    };
  }
}

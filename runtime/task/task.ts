// What the worker loop knows of a task: a fold over one log. Its state is a pure function of the records before `position` (and of
// the decisions in the commit metadata); nothing here does I/O, and outputs go into buffers that the commit cycle sends.
import type { RecordBatch } from '../log/batch/index.ts';
import type { SilentFetch } from '../window/index.ts';
import type { CommitMetadata } from './commit-metadata.ts';
import type { Outputs } from './outputs.ts';
import type { TaskKind } from './task-id.ts';

/** The part of the commit metadata that the task itself answers for. */
export type TaskMetadata = Pick<CommitMetadata, 'wm' | 'idle' | 'quiet' | 'since' | 'em' | 'fw'>;

/** A watermark behind which no window can end: the input is over. Later than any time that a record may have. */
export const END_OF_TIME_MS = Number.MAX_SAFE_INTEGER;

export interface FoldRange {
  /** Batches in log order; records before `position` in them are skipped. */
  readonly batches: readonly RecordBatch[];
  /** Where the log goes on after the batches: past markers and aborted batches too. */
  readonly nextOffset: number;
  /** Fold nothing at or after this offset. */
  readonly limit: number;
}

export interface TaskCounters {
  records: number;
  bad: number;
  /** All of their windows were closed for good. */
  late: number;
  /** Pairs of a record and a window of it that was closed for good, those of late records included. */
  lateWindows: number;
  filtered: number;
  nullValues: number;
}

export interface Task {
  readonly kind: TaskKind;
  /** Next offset to fold. */
  readonly position: number;
  /** Watermark, epoch ms; −Infinity before the first record. */
  readonly watermark: number;
  /** Something waits that others should see soon: results, or a watermark that closes a window. */
  readonly urgent: boolean;
  /** Bytes of state held. */
  readonly stateBytes: number;
  readonly counters: Readonly<TaskCounters>;
  /** Records that a filter could not judge, since the task was restored: a missing field, types that cannot be compared. */
  readonly filterErrors: number;
  /** Integer sums that left ±(2^53 − 1) and came out as null, since the task was restored. */
  readonly overflows: number;
  /** Decisions wait until checkpoints make older ones superfluous. */
  readonly wantsSnapshot: boolean;

  /** Where the fold goes on, with the state that belongs to it (null: none, the fold is at its base). */
  restore(position: number, snapshot: Uint8Array | null, metadata: CommitMetadata): void;
  /** Folds what is in range. `outputs` null: silently, the outputs are known to be out already. Throws FatalProblem. */
  fold(range: FoldRange, outputs: Outputs | null): void;
  /** A fetch answered, before what it brought is folded. */
  observe(fetch: SilentFetch): void;
  /** Appends what is held back until a commit. True when the commit must name this task even if its offset did not move. */
  flush(outputs: Outputs): boolean;
  /** `keepFrom`: no fold will begin before this offset any more. */
  metadata(keepFrom: number): TaskMetadata;
  /** A copy of the state at `position`; null for a task that keeps none outside its metadata. */
  snapshot(): Uint8Array | null;
}

export function emptyCounters(): TaskCounters {
  return { records: 0, bad: 0, late: 0, lateWindows: 0, filtered: 0, nullValues: 0 };
}

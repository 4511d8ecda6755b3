// Checkpoints of the tasks of one worker: when one is due, its upload off the loop after its commit is known, what is retained, and
// loading with fall-back. A checkpoint is named in a commit only after its upload was verified.
import {
  parseCheckpointId,
  StoreError,
  type BrokenCheckpoint,
  type CheckpointStore,
  type LoadedCheckpoint,
} from '../checkpoint/index.ts';
import type { Clock } from '../clock.ts';
import type { CommitEntry } from './commit-cycle.ts';
import type { TaskSlot } from './task-slot.ts';

export interface CheckpointerHost {
  /** Null when the store works again. */
  storeFailing(error: StoreError | null): void;
  /** An upload is verified: its name is due in a commit. */
  verified(slot: TaskSlot, report: { sizeBytes: number; durationMs: number }): void;
  /** Checkpoints that are no longer retained were deleted, or not (the error). */
  removed(slot: TaskSlot, ids: readonly string[], error: StoreError | null): void;
  generation(): number;
}

export interface CheckpointerOptions {
  readonly store: CheckpointStore;
  readonly clock: Clock;
  readonly planHash: string;
  readonly intervalMs: number;
  readonly retain: number;
  readonly host: CheckpointerHost;
}

/** A final checkpoint is tried this often before the task is handed over without it. */
const FINAL_ATTEMPTS = 3;
/** After a failure one that is wanted at once is wanted again only after this: a copy of the state with every commit helps nobody. */
const RETRY_MS = 1_000;

export class Checkpointer {
  readonly #options: CheckpointerOptions;
  readonly #uploads = new Set<Promise<void>>();

  constructor(options: CheckpointerOptions) {
    this.#options = options;
  }

  /** Staggered by task, so that the tasks of a worker do not upload all at once. */
  isDue(slot: TaskSlot): boolean {
    if (slot.kind === 'ingest' || slot.uploading) return false;
    if (slot.task.wantsSnapshot && slot.state === 'live') {
      const isUnnamed = slot.verified !== null && slot.verified.id !== slot.checkpoint;
      return !isUnnamed && this.#options.clock.monotonicMs() >= slot.snapshotRetryAtMs;
    }
    if (slot.task.position === slot.snapshotOffset) return false;
    if (slot.state === 'draining') return !slot.withoutFinalCheckpoint;
    return this.#options.clock.monotonicMs() - slot.snapshotAtMs >= this.#options.intervalMs;
  }

  /** First checkpoint after a part of the interval that differs from task to task. */
  stagger(slot: TaskSlot): void {
    const share = ((slot.partition.partition * 7) % 16) / 16;
    slot.snapshotAtMs = this.#options.clock.monotonicMs() - share * this.#options.intervalMs;
  }

  /** The commit of `entry` is known to have succeeded: its state may be stored. */
  async store(entry: CommitEntry): Promise<void> {
    const { slot, snapshot } = entry;
    if (snapshot === null || slot.state === 'released') return;
    slot.uploading = true;
    slot.snapshotOffset = entry.offset;
    slot.snapshotAtMs = this.#options.clock.monotonicMs();
    const upload = this.#upload(slot, entry.offset, snapshot).finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
    await upload;
  }

  /** The commit of `entry` named a checkpoint: what falls out of the retained ones is deleted. */
  async named(entry: CommitEntry): Promise<void> {
    const { slot, names } = entry;
    if (names === null) return;
    const chain = [names, ...slot.chain.filter(({ id }) => id !== names.id)];
    slot.chain = chain.slice(0, this.#options.retain);
    const dropped = chain.slice(this.#options.retain).map(({ id }) => id);
    try {
      await this.#options.store.remove(slot.name, dropped);
      this.#options.host.removed(slot, dropped, null);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#options.host.removed(slot, dropped, error);
    }
  }

  /** Waits for the uploads under way. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#uploads);
  }

  /**
   * The newest usable checkpoint: the named one, else the next older one at or after `minOffset` (the start of the log).
   * `broken` tells what was passed over. Throws StoreError.
   */
  async load(
    task: string,
    named: string,
    range: { minOffset: number; maxOffset: number },
  ): Promise<{ checkpoint: LoadedCheckpoint | null; broken: readonly BrokenCheckpoint[] }> {
    const { store, planHash } = this.#options;
    const broken: BrokenCheckpoint[] = [];
    const first = await store.load(task, named, planHash);
    if (!('reason' in first)) return { checkpoint: first, broken };
    broken.push(first);
    for (const id of await store.candidates(task, range)) {
      if (id === named) continue;
      const found = await store.load(task, id, planHash);
      if (!('reason' in found)) return { checkpoint: found, broken };
      broken.push(found);
    }
    return { checkpoint: null, broken };
  }

  async #upload(slot: TaskSlot, offset: number, snapshot: Uint8Array): Promise<void> {
    const { store, clock, planHash, retain, host } = this.#options;
    const started = clock.monotonicMs();
    const previous = slot.chain.slice(0, retain - 1).map(({ id }) => id);
    for (let attempt = 1; ; attempt++) {
      try {
        const request = { task: slot.name, offset, generation: host.generation(), planHash, snapshot, previous };
        const id = await store.save(request);
        slot.verified = { id, offset };
        slot.uploading = false;
        host.storeFailing(null);
        host.verified(slot, { sizeBytes: snapshot.length, durationMs: clock.monotonicMs() - started });
        return;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        host.storeFailing(error);
        if (slot.state === 'draining' && attempt < FINAL_ATTEMPTS) {
          await clock.sleep(200 * attempt);
          continue;
        }
        slot.uploading = false;
        slot.snapshotRetryAtMs = clock.monotonicMs() + RETRY_MS;
        // Tried again when the next one is due; a task that is being handed over goes without, and is replayed instead.
        slot.snapshotOffset = slot.chain[0]?.offset ?? slot.base;
        slot.withoutFinalCheckpoint = slot.state === 'draining';
        return;
      }
    }
  }
}

/** The chain of retained checkpoints as a new owner knows it. */
export function chainOf(checkpoint: LoadedCheckpoint): TaskSlot['chain'] {
  return [checkpoint.id, ...checkpoint.previous].flatMap((id) => {
    const parsed = parseCheckpointId(id);
    return parsed === null ? [] : [{ id, offset: parsed.offset }];
  });
}

// The windows of a task together with what becomes of them: rows in the outputs, bytes in a snapshot.
import {
  decodeSnapshot,
  encodeSnapshot,
  KeyTablePool,
  type PartialsSection,
  type TableLayout,
  type TaskSnapshot,
} from '../state/index.ts';
import { WindowState, type KeyedInput } from '../window/index.ts';
import type { Outputs } from './outputs.ts';
import { ResultWriter } from './result-writer.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskCounters } from './task.ts';

export class AggregateWindows {
  readonly #context: TaskContext;
  readonly #task: string;
  readonly #layout: TableLayout;
  readonly #writer: ResultWriter;
  readonly #windows: WindowState;
  #maxEventTimeMs = Number.NEGATIVE_INFINITY;
  /** Rows were written that no commit has taken yet. */
  rowsWaiting = false;

  constructor(context: TaskContext, task: string) {
    const { plan } = context;
    this.#context = context;
    this.#task = task;
    this.#layout = plan.windowLayout;
    const aggregates = plan.newAggregates();
    this.#writer = new ResultWriter(context, plan.newRowWriter(aggregates));
    this.#windows = new WindowState({ window: plan.window, aggregates, pool: new KeyTablePool(this.#layout) });
  }

  get sizeBytes(): number {
    return this.#windows.sizeBytes;
  }

  /** False when the window of the partials is closed. */
  merge(partials: PartialsSection): boolean {
    if (partials.maxEventTimeMs > this.#maxEventTimeMs) this.#maxEventTimeMs = partials.maxEventTimeMs;
    return this.#windows.mergePartials(partials);
  }

  /** False when the record is late. */
  add(record: KeyedInput): boolean {
    if (record.eventTimeMs > this.#maxEventTimeMs) this.#maxEventTimeMs = record.eventTimeMs;
    return this.#windows.add(record);
  }

  /** Closes what the watermark completes. `outputs` null: the rows are out already. */
  advance(watermarkMs: number, outputs: Outputs | null): void {
    this.#windows.advance(watermarkMs, (pane) => {
      if (outputs !== null) {
        this.#writer.write(pane, Math.max(this.#maxEventTimeMs, watermarkMs), outputs);
        this.rowsWaiting = true;
      }
      this.#windows.release(pane);
    });
  }

  snapshot(about: Pick<TaskSnapshot, 'offset' | 'watermarkMs' | 'sources'> & { counters: TaskCounters }): Uint8Array {
    return encodeSnapshot({
      ...about,
      planHash: this.#context.planHash,
      taskId: this.#task,
      maxEventTimeMs: this.#maxEventTimeMs,
      panes: this.#windows.openPanes(),
      counters: { ...about.counters },
    });
  }

  /** Only into a fresh one. */
  restore(bytes: Uint8Array): TaskSnapshot {
    const state = decodeSnapshot(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), this.#layout);
    this.#maxEventTimeMs = state.maxEventTimeMs;
    this.#windows.watermarkMs = state.watermarkMs;
    for (const { startMs, table } of state.panes) this.#windows.restorePane(startMs, table);
    return state;
  }
}

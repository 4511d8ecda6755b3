// Partial aggregates that arrive when all of their windows are closed for good: how many records they stand for, and what the late
// topic gets of them.
import type { KeyWriter } from '../job/index.ts';
import type { PartialsSection, ShuffleBlockReader } from '../state/index.ts';
import { type OriginalRecord, sessionColumns, type TaskWindows } from '../window/index.ts';
import type { LateRecords } from './late-records.ts';
import type { Outputs } from './outputs.ts';
import type { TaskContext } from './task-context.ts';

export interface LateRow {
  readonly row: number;
  readonly windows: Pick<TaskWindows, 'missedBounds'>;
  readonly outputs: Outputs | null;
}

export class LatePartials {
  readonly #lateRecords: LateRecords;
  readonly #keys: KeyWriter;
  /** Cell of the original record of a session fragment; −1: there is none. */
  readonly #originalCell: number;

  constructor({ plan, job }: TaskContext, lateRecords: LateRecords) {
    this.#lateRecords = lateRecords;
    this.#keys = plan.newKeyWriter();
    this.#originalCell =
      plan.window.kind === 'session' && job.lateData !== null ? sessionColumns(plan.newAggregates()).original : -1;
  }

  /** The row of the partials that are open is late; answers the number of its records. */
  write({ partials, sourcePartition: partition }: ShuffleBlockReader, { row, windows, outputs }: LateRow): number {
    const count = partials.recordCounts[row]!;
    if (outputs === null || !this.#lateRecords.areWritten) return count;
    const original = this.#originalCell < 0 ? null : (partials.cells[this.#originalCell]?.[row] ?? null);
    if (original !== null)
      this.#lateRecords.write({ ...(original as OriginalRecord), partition }, windows.missedBounds, outputs);
    else {
      const base = partials.baseOffset;
      const offsets = [base + partials.firstOffsetDeltas[row]!, base + partials.lastOffsetDeltas[row]!] as const;
      const key = this.#keyOf(partials, row);
      this.#lateRecords.writePartial({ partition, key, count, offsets }, windows.missedBounds, outputs);
    }
    return count;
  }

  #keyOf({ buffer, keysStart, keyOffsets }: PartialsSection, row: number): unknown {
    const start = keysStart + keyOffsets[row]!;
    const size = keyOffsets[row + 1]! - keyOffsets[row]!;
    const to = Buffer.alloc(this.#keys.maxBytes(size) + 2);
    to[0] = 0x7b;
    const end = this.#keys.writeFields(buffer, start, { to, at: 1 });
    to[end] = 0x7d;
    return JSON.parse(to.toString('utf8', 0, end + 1));
  }
}

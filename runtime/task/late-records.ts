// Records that came after all of their windows were closed for good: counted always, and written as they came to the job's late topic,
// with the windows that they missed.
import type { OriginalRecord } from '../window/index.ts';
import type { Outputs } from './outputs.ts';
import { putAside } from './put-aside.ts';
import type { TaskContext } from './task-context.ts';

export class LateRecords {
  readonly #context: TaskContext;

  constructor(context: TaskContext) {
    this.#context = context;
  }

  /** Whether anybody wants to see the records: without, nothing needs to be kept of them. */
  get areWritten(): boolean {
    return this.#context.job.lateData !== null;
  }

  /** `missed`: bounds of the windows as pairs. `outputs` null: it was written before. */
  write(
    record: OriginalRecord & { readonly partition: number },
    missed: readonly number[],
    outputs: Outputs | null,
  ): void {
    const { job, sourceTopic, latePartitions } = this.#context;
    if (outputs === null || job.lateData === null) return;
    putAside(this.#context, outputs, {
      record: { ...record, topic: sourceTopic },
      topic: job.lateData.topic,
      partitions: latePartitions,
      about: { windows: JSON.stringify(pairs(missed)) },
    });
  }

  /**
   * Pre-aggregated records whose window was closed by a decision while they were under way: the originals are gone, so one record
   * says how many they were and between which offsets they lie.
   */
  writePartial(
    partial: {
      readonly partition: number;
      readonly key: unknown;
      readonly count: number;
      readonly offsets: readonly [number, number];
    },
    missed: readonly number[],
    outputs: Outputs | null,
  ): void {
    const { partition, key, count, offsets } = partial;
    const value = Buffer.from(JSON.stringify({ partial: true, key, count, offsets }));
    this.write({ partition, offset: offsets[0], timestampMs: -1, key: null, value, headers: [] }, missed, outputs);
  }
}

function pairs(bounds: readonly number[]): [number, number][] {
  return bounds.flatMap((bound, i): [number, number][] => (i % 2 === 0 ? [[bound, bounds[i + 1]!]] : []));
}

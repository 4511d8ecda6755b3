// What happens to records that cannot be used: counted always; then skipped, put aside with their origin, or the end of the job.
import { badRecordMessage, type RecordReader } from '../job/index.ts';
import type { RecordCursor } from '../log/batch/index.ts';
import { originalOf, putAside } from './put-aside.ts';
import type { Outputs } from './outputs.ts';
import { FatalProblem } from './problem.ts';
import type { BadRecordDetails, TaskContext } from './task-context.ts';

export class BadRecords {
  readonly #context: TaskContext;
  readonly #where: Pick<BadRecordDetails, 'task' | 'topic' | 'partition'>;

  constructor(context: TaskContext, where: Pick<BadRecordDetails, 'task' | 'topic' | 'partition'>) {
    this.#context = context;
    this.#where = where;
  }

  /** The record under the cursor is bad, for the reason that the reader holds. `outputs` null: it was dealt with before. Throws FatalProblem. */
  handle(reader: RecordReader, cursor: RecordCursor, outputs: Outputs | null): void {
    if (outputs === null) return;
    const { onBadRecord } = this.#context.job;
    const bad = reader.describeBad(cursor);
    const { reason } = bad;
    const message = badRecordMessage(bad);
    const details = { ...this.#where, offset: cursor.offset, reason, message };
    this.#context.onBadRecord(details);
    if (onBadRecord.kind === 'deadLetter')
      putAside(this.#context, outputs, {
        record: { ...this.#where, ...originalOf(cursor) },
        topic: onBadRecord.topic,
        partitions: this.#context.deadLetterPartitions,
        about: { reason, error: message },
      });
    if (onBadRecord.kind === 'fail')
      throw new FatalProblem({
        reason: 'PoisonRecord',
        message: `record ${details.topic}/${details.partition}@${details.offset} cannot be used (${reason}): ${message}; spec.onBadRecord is fail`,
        userAction:
          'correct the producer, then set spec.onBadRecord to skip or to a deadLetter topic to go on behind this record',
        task: details.task,
        topic: details.topic,
        partition: details.partition,
        offset: details.offset,
      });
  }
}

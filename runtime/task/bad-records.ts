// What happens to records that cannot be used: counted always; then skipped, put aside with their origin, or the end of the job.
import { badRecordMessage, type RecordReader } from '../job/index.ts';
import { readHeaders, type RecordCursor } from '../log/batch/index.ts';
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
    if (onBadRecord.kind === 'deadLetter') this.#putAside(onBadRecord.topic, details, cursor, outputs);
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

  // The wall clock is its timestamp (brokers refuse odd ones); the original one is a header.
  #putAside(topic: string, details: BadRecordDetails, cursor: RecordCursor, outputs: Outputs): void {
    const { buffer, keyStart, keyEnd, valueStart, valueEnd } = cursor;
    const header = (key: string, value: string | number) => ({
      key: `streamjob.${key}`,
      value: Buffer.from(String(value)),
    });
    outputs
      .topic(topic)
      .builder(details.partition % this.#context.deadLetterPartitions)
      .append({
        timestampMs: this.#context.clock.now(),
        key: keyStart < 0 ? null : buffer.subarray(keyStart, keyEnd),
        value: valueStart < 0 ? null : buffer.subarray(valueStart, valueEnd),
        headers: [
          ...readHeaders(cursor),
          header('reason', details.reason),
          header('error', details.message),
          header('topic', details.topic),
          header('partition', details.partition),
          header('offset', details.offset),
          header('timestamp', cursor.timestampMs),
        ],
      });
  }
}

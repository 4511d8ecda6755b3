// Rows of a closed window into the outputs: a record in each Kafka sink, a line for each print sink.
import { resultTimestampMs, type ResultRowWriter, type RowSink } from '../job/index.ts';
import { murmur2Partition } from '../log/batch/index.ts';
import type { WindowRows } from '../window/index.ts';
import type { Outputs } from './outputs.ts';
import type { TaskContext } from './task-context.ts';

/** The value of one row at a time, as text. */
class LineSink implements RowSink {
  buffer: Buffer = Buffer.allocUnsafe(4096);
  line = '';

  // oxlint-disable-next-line max-params -- the shape of RowSink
  beginRecord(_timestampMs: number, _key: Uint8Array, _keyStart: number, _keyEnd: number, valueLength: number): number {
    if (valueLength > this.buffer.length) this.buffer = Buffer.allocUnsafe(valueLength * 2);
    return 0;
  }

  endRecord(valueEnd = this.buffer.length): void {
    this.line = this.buffer.toString('utf8', 0, valueEnd);
  }
}

export class ResultWriter {
  readonly #context: TaskContext;
  readonly #rows: ResultRowWriter;
  readonly #lines = new LineSink();

  constructor(context: TaskContext, rows: ResultRowWriter) {
    this.#context = context;
    this.#rows = rows;
  }

  /** `highestSeenMs`: no result is stamped later than what the task has seen of event time. */
  write(results: WindowRows, highestSeenMs: number, outputs: Outputs): void {
    const { clock, kafkaSinks, printSinks } = this.#context;
    const rows = this.#rows;
    const { count } = results;
    const nowMs = clock.now();
    rows.begin(results);
    for (const { topic, partitions } of kafkaSinks) {
      const output = outputs.topic(topic);
      for (let i = 0; i < count; i++) {
        const row = results.rows === null ? i : results.rows[i]!;
        // As Java's and most other producers choose it, so that a consumer may join results with what others write.
        const keyEnd = rows.writeKey(row);
        const partition = murmur2Partition(rows.recordKey, 0, keyEnd, partitions);
        rows.write(row, output.builder(partition), resultTimestampMs(endOf(results, row), highestSeenMs, nowMs));
      }
    }
    for (let sink = 0; sink < printSinks; sink++)
      for (let i = 0; i < count; i++) {
        const row = results.rows === null ? i : results.rows[i]!;
        rows.write(row, this.#lines, nowMs);
        outputs.print(this.#lines.line);
      }
  }
}

/** Exclusive end of the window of a row; +Infinity for the global window. */
function endOf({ ends, endMs }: WindowRows, row: number): number {
  if (ends !== null) return ends[row]!;
  return Number.isNaN(endMs) ? Number.POSITIVE_INFINITY : endMs;
}

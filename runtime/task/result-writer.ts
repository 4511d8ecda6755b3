// Rows of a closed window into the outputs: a record in each Kafka sink, a line for each print sink.
import { resultTimestampMs, type ResultRowWriter, type RowSink } from '../job/index.ts';
import { murmur2Partition } from '../log/batch/index.ts';
import type { Pane } from '../window/index.ts';
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
  write(pane: Pane, highestSeenMs: number, outputs: Outputs): void {
    const { clock, kafkaSinks, printSinks } = this.#context;
    const rows = this.#rows;
    const timestampMs = resultTimestampMs(pane.endMs, highestSeenMs, clock.now());
    for (const { topic, partitions } of kafkaSinks) {
      const output = outputs.topic(topic);
      for (let row = 0; row < pane.table.rowCount; row++) {
        // As Java's and most other producers choose it, so that a consumer may join results with what others write.
        const keyEnd = rows.writeKey(pane, row);
        const partition = murmur2Partition(rows.recordKey, 0, keyEnd, partitions);
        rows.write(pane, row, output.builder(partition), timestampMs);
      }
    }
    for (let sink = 0; sink < printSinks; sink++)
      for (let row = 0; row < pane.table.rowCount; row++) {
        rows.write(pane, row, this.#lines, timestampMs);
        outputs.print(this.#lines.line);
      }
  }
}

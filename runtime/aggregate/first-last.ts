// first and last: the scalar with the smallest or the greatest event time, null over no input. Of several at that time first
// keeps the one that arrived earliest and last the one that arrived latest.
import { scalarJsonBound } from '../scalar/index.ts';
import type { ByteReader, ByteWriter, CellType } from '../state/index.ts';
import { type CellFunction, cellFunction } from './cell-aggregate.ts';
import { readScalarText, ScalarTextWriter, scalarText, scalarTextBytes, writeScalarText } from './scalar-text.ts';

class TimedScalar {
  /** NaN: no input yet. */
  timeMs = Number.NaN;
  /** Canonical bytes. */
  text = '';
}

const OBJECT_BYTES = 64;

const TYPE: CellType<TimedScalar> = {
  name: 'timedScalar',
  write(writer: ByteWriter, cell: TimedScalar): void {
    writer.f64(cell.timeMs);
    writeScalarText(writer, cell.text);
  },
  read(reader: ByteReader): TimedScalar {
    const cell = new TimedScalar();
    cell.timeMs = reader.f64();
    if (!Number.isFinite(cell.timeMs)) reader.fail(`${cell.timeMs} is no event time`);
    cell.text = readScalarText(reader);
    return cell;
  },
};

/** `replaces(next, kept)`: whether a value of that time takes the place of the kept one, which is older; `kept` may be NaN. */
function timedScalar(replaces: (nextMs: number, keptMs: number) => boolean): CellFunction {
  const json = new ScalarTextWriter();
  return cellFunction<TimedScalar>({
    type: TYPE,
    empty: 'null',
    create: () => new TimedScalar(),
    add(cell, { eventTimeMs, scalarBytes, scalarStarts, scalarEnds }, index) {
      if (!replaces(eventTimeMs, cell.timeMs)) return;
      cell.timeMs = eventTimeMs;
      cell.text = scalarText(scalarBytes, scalarStarts[index]!, scalarEnds[index]!);
    },
    merge(cell, from) {
      if (!replaces(from.timeMs, cell.timeMs)) return;
      cell.timeMs = from.timeMs;
      cell.text = from.text;
    },
    sizeBytes: (cell) => OBJECT_BYTES + scalarTextBytes(cell.text),
    maxResultBytes: (cell) => scalarJsonBound(cell.text.length),
    writeResult: (cell, to, at) => json.writeJson(cell.text, to, at),
  });
}

export function first(): CellFunction {
  return timedScalar((nextMs, keptMs) => !(nextMs >= keptMs));
}

export function last(): CellFunction {
  return timedScalar((nextMs, keptMs) => !(nextMs < keptMs));
}

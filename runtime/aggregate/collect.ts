// collect: the values by event time, then arrival, as a JSON array; beyond `limit` the latest are left out. `[]` over no input.
import { scalarJsonBound, writeScalarJson } from '../scalar/index.ts';
import type { ByteReader, ByteWriter, CellType } from '../state/index.ts';
import { type CellFunction, cellFunction } from './cell-aggregate.ts';
import { EarliestScalars, surplusOf } from './earliest-scalars.ts';
import { scalarEnd } from './scalar-end.ts';

/** `limit` ≥ 1. */
export function collect(limit: number): CellFunction {
  return cellFunction<EarliestScalars>({
    type: typeOf(limit),
    empty: '[]',
    create: () => new EarliestScalars(),
    add(cell, { eventTimeMs, scalarBytes, scalarStarts }, index) {
      cell.add(eventTimeMs, scalarBytes, scalarStarts[index]!, limit);
    },
    merge: (cell, from) => cell.addAll(from, limit),
    sizeBytes: (cell) => cell.sizeBytes,
    // Linear in the size, so the bound of all bytes at once covers each value; quotes and commas come on top.
    maxResultBytes: (cell) => scalarJsonBound(cell.used) + 4 * cell.count + 2,
    writeResult(cell, to, start) {
      const order = cell.order();
      let at = start;
      to[at++] = 0x5b;
      for (let i = 0; i < Math.min(limit, order.length); i++) {
        const index = order[i]!;
        if (i > 0) to[at++] = 0x2c;
        at = writeScalarJson(cell.bytes, cell.startOf(index), cell.ends[index]!, { to, at });
      }
      to[at++] = 0x5d;
      return at;
    },
  });
}

function typeOf(limit: number): CellType<EarliestScalars> {
  return {
    name: 'earliestScalars',
    write(writer: ByteWriter, cell: EarliestScalars): void {
      writer.u32(cell.count);
      writer.f64(cell.cutoffMs);
      writer.array(cell.times, cell.count);
      writer.bytes(cell.bytes, 0, cell.used);
    },
    read(reader: ByteReader): EarliestScalars {
      const count = reader.u32();
      const cutoffMs = reader.f64();
      if (count < 1 || count * 9 > reader.end - reader.position) {
        reader.fail(`it claims ${count} collected values, its ${reader.end - reader.position} bytes hold others`);
      }
      if (count >= limit + surplusOf(limit) || Number.isFinite(cutoffMs) !== count >= limit || Number.isNaN(cutoffMs)) {
        reader.fail(`${count} collected values cut off at ${cutoffMs} cannot come of a limit of ${limit}`);
      }
      const times = new Float64Array(count);
      reader.array(times, count);
      const cell = new EarliestScalars();
      const { buffer, end } = reader;
      for (let i = 0; i < count; i++) {
        const at = reader.position;
        const next = scalarEnd(buffer, at, end);
        if (next < 0) reader.fail(`no collected scalar begins at ${at}`);
        if (!Number.isFinite(times[i]!)) reader.fail(`${times[i]} is no event time`);
        reader.take(next - at);
        cell.add(times[i]!, buffer, at, Number.POSITIVE_INFINITY);
      }
      // As it was when it was written, or it would turn away other values than the one that was never written.
      cell.cutoffMs = cutoffMs;
      return cell;
    },
  };
}

// countDistinct: how many different scalars, exactly; types are kept apart (1 and "1" are two), numbers go by value (1 and 1.0 are
// one). Over no input it is 0, not null.
import type { ByteReader, ByteWriter, CellType } from '../state/index.ts';
import { type CellFunction, cellFunction } from './cell-aggregate.ts';
import { DistinctScalars } from './distinct-scalars.ts';
import { scalarEnd } from './scalar-end.ts';
import { MAX_NUMBER_BYTES, writeNumber } from './write-number.ts';

const TYPE: CellType<DistinctScalars> = {
  name: 'distinctScalars',
  write(writer: ByteWriter, cell: DistinctScalars): void {
    writer.bytes(cell.bytes, 0, cell.used);
  },
  read(reader: ByteReader): DistinctScalars {
    const { buffer, end } = reader;
    const cell = new DistinctScalars(end - reader.position);
    if (reader.position === end) reader.fail('a set of distinct values is empty');
    while (reader.position < end) {
      const at = reader.position;
      const next = scalarEnd(buffer, at, end);
      if (next < 0) reader.fail(`no scalar begins at ${at}`);
      reader.take(next - at);
      if (!cell.add(buffer, at, next)) reader.fail(`the value at ${at} comes twice in a set`);
    }
    return cell;
  },
};

export function countDistinct(): CellFunction {
  return cellFunction<DistinctScalars>({
    type: TYPE,
    empty: '0',
    create: () => new DistinctScalars(),
    add(cell, { scalarBytes, scalarStarts, scalarEnds }, index) {
      cell.add(scalarBytes, scalarStarts[index]!, scalarEnds[index]!);
    },
    merge: (cell, from) => cell.addAll(from),
    sizeBytes: (cell) => cell.sizeBytes,
    maxResultBytes: () => MAX_NUMBER_BYTES,
    writeResult: (cell, to, at) => writeNumber(to, at, cell.count),
  });
}

// topK: the k largest numbers, duplicates kept, in descending order. A cell is a heap with the smallest of them on top, which
// grows with its content: most numbers are turned away by one comparison.
import type { ByteReader, ByteWriter, CellType } from '../state/index.ts';
import { type CellFunction, cellFunction } from './cell-aggregate.ts';
import { MAX_NUMBER_BYTES, writeNumber } from './write-number.ts';

class LargestNumbers {
  count = 0;
  /** No element of `values[0, count)` is smaller than its parent at (i − 1) >> 1. */
  values = new Float64Array(4);
}

const OBJECT_BYTES = 250;

/** `k` ≥ 1. */
export function topK(k: number): CellFunction {
  return cellFunction<LargestNumbers>({
    type: typeOf(k),
    empty: '[]',
    create: () => new LargestNumbers(),
    add: (cell, { inputs }, index) => addValue(cell, inputs[index]!, k),
    merge(cell, { values, count }) {
      for (let i = 0; i < count; i++) addValue(cell, values[i]!, k);
    },
    sizeBytes: (cell) => OBJECT_BYTES + cell.values.byteLength,
    maxResultBytes: (cell) => 2 + cell.count * (MAX_NUMBER_BYTES + 1),
    writeResult(cell, to, start) {
      const ascending = cell.values.slice(0, cell.count).sort();
      let at = start;
      to[at++] = 0x5b;
      for (let i = ascending.length - 1; i >= 0; i--) {
        if (i < ascending.length - 1) to[at++] = 0x2c;
        at = writeNumber(to, at, ascending[i]!);
      }
      to[at++] = 0x5d;
      return at;
    },
  });
}

function addValue(cell: LargestNumbers, value: number, k: number): void {
  if (cell.count === k) {
    if (value > cell.values[0]!) sink(cell.values, cell.count, value);
    return;
  }
  if (cell.count === cell.values.length) {
    const larger = new Float64Array(Math.min(k, cell.count * 2));
    larger.set(cell.values);
    cell.values = larger;
  }
  const { values } = cell;
  let at = cell.count++;
  for (let parent = (at - 1) >> 1; at > 0 && values[parent]! > value; parent = (at - 1) >> 1) {
    values[at] = values[parent]!;
    at = parent;
  }
  values[at] = value;
}

/** Puts `value` in the place of the smallest and restores the order of the heap. */
function sink(values: Float64Array, count: number, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child + 1 < count && values[child + 1]! < values[child]!) child++;
    if (child >= count || values[child]! >= value) break;
    values[at] = values[child]!;
    at = child;
  }
  values[at] = value;
}

function typeOf(k: number): CellType<LargestNumbers> {
  return {
    name: 'largestNumbers',
    /** In ascending order, which is a heap, too. */
    write(writer: ByteWriter, cell: LargestNumbers): void {
      writer.array(cell.values.slice(0, cell.count).sort(), cell.count);
    },
    read(reader: ByteReader): LargestNumbers {
      const count = (reader.end - reader.position) / 8;
      if (!Number.isInteger(count) || count < 1 || count > k) {
        reader.fail(`${reader.end - reader.position} bytes are not 1 to ${k} numbers`);
      }
      const cell = new LargestNumbers();
      const capacity = Math.min(k, 2 ** Math.ceil(Math.log2(Math.max(count, 4))));
      cell.values = new Float64Array(Math.max(capacity, 4));
      reader.array(cell.values, count);
      for (let i = 0; i < count; i++) {
        if (!(cell.values[i]! >= cell.values[Math.max(i - 1, 0)]!)) reader.fail('its numbers are not in order');
      }
      cell.count = count;
      return cell;
    },
  };
}

// What the tests of aggregates share: records made of plain values, tables of one row, and results as a sink would get them.
import { expect } from 'vitest';
import { ScalarWriter } from '../scalar/index.ts';
import { ByteReader, ByteWriter, KeyTable } from '../state/index.ts';
import type { AggregateInputs } from './aggregate-inputs.ts';
import { AggregateSet } from './aggregate-set.ts';
import { type AggregateSpec, takesScalar } from './aggregate-spec.ts';

export type Scalar = number | string | boolean;

export interface Item {
  /** Null is an input that is not there. */
  readonly value: Scalar | null;
  readonly timeMs: number;
}

const KEY = Buffer.from('k');

export function item(value: Scalar | null, timeMs = 0): Item {
  return { value, timeMs };
}

/** The input of one aggregate, as a record reader gives it. */
export function inputsOf({ value, timeMs }: Item, spec: AggregateSpec): AggregateInputs {
  const scalars = new ScalarWriter(16);
  // Bytes of another field in front: positions matter.
  scalars.encodeText(KEY, 0, 1);
  const start = scalars.length;
  if (takesScalar(spec.fn)) {
    if (typeof value === 'number') scalars.encodeNumber(value);
    else if (typeof value === 'string') scalars.encodeText(Buffer.from(value), 0, Buffer.byteLength(value));
    else if (value !== null) scalars.encodeBoolean(value);
  }
  const isNumber = !takesScalar(spec.fn) && spec.fn !== 'count';
  return {
    eventTimeMs: timeMs,
    inputs: Float64Array.of(value === null ? Number.NaN : isNumber ? Number(value) : 1),
    scalarBytes: scalars.bytes,
    scalarStarts: Int32Array.of(start),
    scalarEnds: Int32Array.of(scalars.length),
  };
}

/** One aggregate over tables of one row. */
export class World {
  readonly set: AggregateSet;
  readonly spec: AggregateSpec;

  constructor(spec: AggregateSpec) {
    this.spec = spec;
    this.set = new AggregateSet([spec]);
  }

  fold(items: readonly Item[], into: KeyTable = this.empty()): KeyTable {
    for (const next of items) this.set.add(into, 0, inputsOf(next, this.spec));
    return into;
  }

  empty(): KeyTable {
    const table = new KeyTable({ ...this.layout, provenance: false, epochs: false });
    table.upsert(KEY, 0, 1, 1);
    return table;
  }

  /** Merges the parts one after the other into an empty table. */
  merged(...parts: readonly KeyTable[]): KeyTable {
    const table = this.empty();
    for (const from of parts) {
      this.set.merge(table, { from, fromRows: null, rows: Int32Array.of(0), count: 1 });
    }
    return table;
  }

  /** The table as it is after it was written and read. */
  restored(table: KeyTable): KeyTable {
    const copy = this.empty();
    for (let i = 0; i < copy.columns.length; i++) {
      if (table.columns[i]!.length > 0) copy.materialize(i)[0] = table.columns[i]![0]!;
    }
    for (const index of this.layout.cells.keys()) {
      const bytes = this.cellBytes(table, index);
      if (bytes !== null) copy.cells[index]![0] = this.readCell(bytes, index);
    }
    return copy;
  }

  /** What is persisted of the cell, null when there is none. */
  cellBytes(table: KeyTable, index = 0): Buffer | null {
    const cell = table.cells[index]![0] ?? null;
    if (cell === null) return null;
    const writer = new ByteWriter(1);
    this.layout.cells[index]!.type.write(writer, cell);
    return writer.take();
  }

  readCell(bytes: Buffer, index = 0): object {
    // Not from the first byte, as in a table.
    const shifted = Buffer.concat([Buffer.from('...'), bytes, Buffer.from('...')]);
    const reader = new ByteReader('cell').open(shifted, 3, 3 + bytes.length);
    const cell = this.layout.cells[index]!.type.read(reader);
    reader.finish();
    return cell;
  }

  /** The result as text, written between guards that must stay as they are. */
  text(table: KeyTable): string {
    const bound = this.set.maxResultBytes(table, 0, 0);
    const to = Buffer.alloc(bound + 8, '#');
    const end = this.set.writeResult(table, 0, 0, to, 4);
    expect(end - 4).toBeLessThanOrEqual(bound);
    expect(to.toString('latin1', 0, 4)).toBe('####');
    expect(to.toString('latin1', bound + 4)).toBe('####');
    return to.toString('utf8', 4, end);
  }

  value(table: KeyTable): unknown {
    return JSON.parse(this.text(table)) as unknown;
  }

  private get layout(): Pick<AggregateSet, 'columns' | 'cells'> {
    return { columns: this.set.columns, cells: this.set.cells };
  }
}

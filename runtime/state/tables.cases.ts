// Random tables for the tests of this folder: every kind of layout, rows with and without cells, keys that have several rows.
import * as fc from 'fast-check';
import type { CellType, TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';

export interface Note {
  readonly text: string;
}

/** A cell of any size, also of no bytes at all. */
export const NOTE: CellType<Note> = {
  name: 'note',
  write: (writer, { text }) => writer.bytes(Buffer.from(text), 0, Buffer.byteLength(text)),
  read(reader) {
    const at = reader.take(reader.left);
    const text = reader.buffer.toString('utf8', at, reader.end);
    if (text.includes('!')) reader.fail('a note must not shout');
    return { text };
  },
};

export const layouts: fc.Arbitrary<TableLayout> = fc.record({
  columns: fc
    .array(fc.record({ zero: fc.constantFrom(0, -0, 7, Number.NaN), lazy: fc.boolean() }), { maxLength: 4 })
    .map((columns) => columns.map((column, index) => ({ name: `c${index}`, ...column }))),
  cells: fc
    .integer({ min: 0, max: 2 })
    .map((count) => Array.from({ length: count }, (_, index) => ({ name: `n${index}`, type: NOTE }))),
  provenance: fc.boolean(),
  epochs: fc.boolean(),
});

const numbers = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1, Number.NaN));
const notes = fc.option(
  fc.string({ maxLength: 9 }).map((text) => ({ text: text.replaceAll('!', '?') })),
  { nil: null },
);

/** Lazy columns are there in about half of the tables; offsets rise by row; a table has at most 60 rows. */
export function tablesOf(layout: TableLayout, minRows = 0): fc.Arbitrary<KeyTable> {
  const row = fc.record({
    key: fc.string({ maxLength: 12 }),
    values: fc.array(numbers, { minLength: 4, maxLength: 4 }),
    notes: fc.array(notes, { minLength: 2, maxLength: 2 }),
    records: fc.integer({ min: 1, max: 3 }),
    epoch: fc.nat(),
  });
  return fc
    .record({ rows: fc.array(row, { minLength: minRows, maxLength: 60 }), lazy: fc.boolean() })
    .map(({ rows, lazy }) => {
      const table = new KeyTable(layout);
      for (const [index, { key, values, notes: texts, records, epoch }] of rows.entries()) {
        const bytes = Buffer.from(key);
        const at = table.append(bytes, 0, bytes.length, hashOf(bytes));
        for (const [column, { lazy: isLazy }] of layout.columns.entries())
          if (!isLazy || lazy) table.materialize(column)[at] = values[column]!;
        for (const [cell, cells] of table.cells.entries()) {
          cells[at] = texts[cell]!;
          table.cellBytes += texts[cell]?.text.length ?? 0;
        }
        if (layout.provenance) for (let i = 0; i < records; i++) table.note(at, 5_000_000_000 + index * 3 + i);
        if (layout.epochs) table.epochs[at] = epoch;
      }
      return table;
    });
}

/** Of any layout. */
export const tables: fc.Arbitrary<KeyTable> = layouts.chain((layout) => tablesOf(layout));

/** Poor on purpose: many keys share a hash, so rows are told apart by their bytes. */
export const hashOf = (key: Buffer): number => (key.length === 0 ? 0 : Math.imul(key[0]! & 7, 0x12345671));

/** What a table means, apart from the memory it holds. */
export function contentOf(table: KeyTable): unknown {
  const { layout } = table;
  return {
    cellBytes: table.cellBytes,
    rows: Array.from({ length: table.rowCount }, (_, row) => ({
      key: keyOf(table, row),
      hash: table.hashes[row],
      newest: table.find(table.keyBytes, table.keyOffsets[row]!, table.keyOffsets[row + 1]!, table.hashes[row]!),
      columns: table.columns.map((column) => (column.length === 0 ? 'absent' : column[row])),
      cells: table.cells.map((cells) => cells[row]),
      provenance: layout.provenance && [table.recordCounts[row], table.firstOffsets[row], table.lastOffsets[row]],
      epoch: layout.epochs && table.epochs[row],
    })),
  };
}

export function keyOf(table: KeyTable, row: number): string {
  return table.keyBytes.toString('latin1', table.keyOffsets[row], table.keyOffsets[row + 1]);
}

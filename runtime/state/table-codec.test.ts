import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { decodeTable, encodeTable } from './table-codec.ts';

const layoutOf = (provenance: boolean): TableLayout => ({
  columns: [
    { name: 'sum', zero: Number.NaN, lazy: false },
    { name: 'high', zero: 0, lazy: true },
  ],
  cells: [],
  provenance,
  epochs: false,
});

const arbitraryTable = fc
  .record({
    provenance: fc.boolean(),
    lazy: fc.boolean(),
    rows: fc.uniqueArray(fc.tuple(fc.string(), fc.double(), fc.integer()), { selector: ([key]) => key, maxLength: 60 }),
  })
  .map(({ provenance, lazy, rows }) => {
    const table = new KeyTable(layoutOf(provenance));
    for (const [index, [text, value, hash]] of rows.entries()) {
      const key = Buffer.from(text);
      const row = table.upsert(key, 0, key.length, hash);
      table.columns[0]![row] = value;
      if (lazy) table.materialize(1)[row] = index;
      if (provenance) table.note(row, 5_000_000_000 + index);
    }
    return table;
  });

/** What a table means, apart from the memory it holds. */
function contentOf(table: KeyTable): unknown {
  return Array.from({ length: table.rowCount }, (_, row) => ({
    key: table.keyBytes.toString('hex', table.keyOffsets[row], table.keyOffsets[row + 1]),
    hash: table.hashes[row],
    columns: table.columns.map((column) => (column.length === 0 ? 'absent' : column[row])),
    provenance: [table.recordCounts[row], table.firstOffsets[row], table.lastOffsets[row]],
  }));
}

describe('table codec', () => {
  test('a table comes back with its rows, hashes and columns, and its keys are found again', () => {
    fc.assert(
      fc.property(arbitraryTable, (table) => {
        const back = decodeTable(encodeTable(table), table.layout);
        expect(contentOf(back)).toEqual(contentOf(table));
        for (let row = 0; row < table.rowCount; row++) {
          expect(
            back.upsert(table.keyBytes, table.keyOffsets[row]!, table.keyOffsets[row + 1]!, table.hashes[row]!),
          ).toBe(row);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('any flipped bit and any cut is refused', () => {
    fc.assert(
      fc.property(arbitraryTable, fc.nat(), fc.integer({ min: 0, max: 7 }), (table, position, bit) => {
        const bytes = encodeTable(table);
        const at = position % bytes.length;
        expect(() => decodeTable(bytes.subarray(0, at), table.layout)).toThrow(/Cannot read the state table/);
        bytes[at] = bytes[at]! ^ (1 << bit);
        expect(() => decodeTable(bytes, table.layout)).toThrow(/Cannot read the state table: checksum is/);
      }),
      { numRuns: 60 },
    );
  });

  test('a table of another plan is refused', () => {
    const bytes = encodeTable(new KeyTable(layoutOf(false)));
    expect(() => decodeTable(bytes, { columns: [], cells: [], provenance: false, epochs: false })).toThrow(
      /it has 2 columns, this job keeps 0: it belongs to another plan/,
    );
    expect(() => decodeTable(bytes, layoutOf(true))).toThrow(/another plan/);
  });
});

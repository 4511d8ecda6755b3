import { crc32c } from '@node-rs/crc32';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { decodeTable, encodedSizeBound, encodeTable } from './table-codec.ts';
import { contentOf, NOTE, tables } from './tables.cases.ts';

const LAYOUT: TableLayout = {
  columns: [{ name: 'sum', zero: Number.NaN, lazy: false }],
  cells: [{ name: 'note', type: NOTE }],
  provenance: false,
  epochs: true,
};
const ROWS_AT = 6;
const KEY_BYTES_AT = 10;
const PRESENCE_AT = 22;

function small(): KeyTable {
  const table = new KeyTable(LAYOUT);
  const key = Buffer.from('key');
  const row = table.upsert(key, 0, 3, 77);
  table.columns[0]![row] = 4;
  table.cells[0]![row] = { text: 'quiet' };
  return table;
}

/** Changes bytes and makes the checksum right again: what somebody else could have written. */
function forged(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  copy.writeUInt32LE(crc32c(copy.subarray(0, -4)), copy.length - 4);
  return copy;
}

describe('table codec', () => {
  test('a table comes back with rows, hashes, columns, cells and epochs, and the newest row of every key is found', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const bytes = encodeTable(table);
        const back = decodeTable(bytes, table.layout);
        expect(contentOf(back)).toEqual(contentOf(table));
        expect(encodeTable(back).equals(bytes)).toBe(true);
        expect(table.layout.cells.length > 0 || bytes.length <= encodedSizeBound(table)).toBe(true);
      }),
    );
  });

  test('a table that came back goes on: new keys, known keys, further rows of a key', () => {
    fc.assert(
      fc.property(tables, fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.boolean())), (table, more) => {
        const back = decodeTable(encodeTable(table), table.layout);
        for (const [key, again] of more) {
          const bytes = Buffer.from(key);
          for (const each of [table, back])
            if (again) each.append(bytes, 0, bytes.length, 9);
            else each.upsert(bytes, 0, bytes.length, 9);
        }
        expect(contentOf(back)).toEqual(contentOf(table));
      }),
    );
  });

  test('any flipped bit and any cut is refused', () => {
    fc.assert(
      fc.property(tables, fc.nat(), fc.integer({ min: 0, max: 7 }), (table, position, bit) => {
        const bytes = encodeTable(table);
        const at = position % bytes.length;
        expect(() => decodeTable(bytes.subarray(0, at), table.layout)).toThrow(/Cannot read the state table/);
        bytes[at] = bytes[at]! ^ (1 << bit);
        expect(() => decodeTable(bytes, table.layout)).toThrow(/Cannot read the state table: checksum is/);
      }),
      { numRuns: 60 },
    );
  });

  test.for([
    [
      'more rows than the bytes hold',
      (b: Buffer) => b.writeUInt32LE(2 ** 32 - 1, ROWS_AT),
      /it claims 4294967295 rows/,
    ],
    [
      'more key bytes than there are',
      (b: Buffer) => b.writeUInt32LE(2 ** 31, KEY_BYTES_AT),
      /2147483648 bytes of keys/,
    ],
    [
      'fewer key bytes than the keys',
      (b: Buffer) => b.writeUInt32LE(2, KEY_BYTES_AT),
      /key 0 ends at 3, not in \[0, 2\]/,
    ],
    ['a column that is left out', (b: Buffer) => b.writeUInt8(0, PRESENCE_AT), /a column is missing/],
    ['another version', (b: Buffer) => b.writeUInt8(1, 0), /format is version 1, this build reads 2/],
    ['a cell that makes no sense', (b: Buffer) => b.write('!', b.length - 5), /a note must not shout/],
    ['a cell that is longer than the rest', (b: Buffer) => b.writeUInt32LE(99, b.length - 13), /98 bytes expected/],
    ['a cell that is shorter', (b: Buffer) => b.writeUInt32LE(3, b.length - 13), /bytes too many/],
  ] as const)('%s: refused, although the checksum is right', ([, change, message]) => {
    const bytes = forged(encodeTable(small()), change);
    expect(() => decodeTable(bytes, LAYOUT)).toThrow(message);
  });

  test('a table of another plan is refused', () => {
    const bytes = encodeTable(small());
    for (const other of [{ columns: [] }, { cells: [] }, { provenance: true }, { epochs: false }])
      expect(() => decodeTable(bytes, { ...LAYOUT, ...other })).toThrow(
        /its rows have 1 columns, 1 cells .* another plan/,
      );
  });
});

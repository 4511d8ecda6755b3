import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_ARENA_BYTES } from './key-index.ts';
import { KeyTablePool } from './key-table-pool.ts';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { NOTE } from './tables.cases.ts';

const LAYOUT: TableLayout = {
  columns: [
    { name: 'sum', zero: Number.NaN, lazy: false },
    { name: 'high', zero: 7, lazy: true },
  ],
  cells: [],
  provenance: true,
  epochs: false,
};

/** Poor on purpose: many keys share a hash, so rows are told apart by their bytes. */
const weakHash = (key: Buffer): number => (key.length === 0 ? 0 : (key[0]! & 3) << 5);

const keyOf = (table: KeyTable, row: number): string =>
  table.keyBytes.toString('latin1', table.keyOffsets[row], table.keyOffsets[row + 1]);

function put(table: KeyTable, text: string, hash?: number): number {
  const key = Buffer.from(`..${text}..`, 'latin1');
  return table.upsert(key, 2, key.length - 2, hash ?? weakHash(key.subarray(2, -2)));
}

describe('KeyTable', () => {
  test('finds every key again and keeps rows in order of insertion, as a Map does', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ maxLength: 6 }).map((text) => Buffer.from(text).toString('latin1')),
          { maxLength: 300 },
        ),
        (keys) => {
          const table = new KeyTable(LAYOUT);
          const model = new Map<string, number>();
          for (const key of keys) {
            if (!model.has(key)) model.set(key, model.size);
            expect(put(table, key)).toBe(model.get(key));
          }
          expect(table.rowCount).toBe(model.size);
          expect([...model.keys()].map((_, row) => keyOf(table, row))).toEqual([...model.keys()]);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('append makes a further row, and upsert and find give the newest one, as a Map of last rows does', () => {
    const keys = fc.oneof(fc.string({ maxLength: 3 }), fc.string({ minLength: 4, maxLength: 4 }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(keys, fc.constantFrom('append', 'upsert', 'find')), { maxLength: 300 }),
        (calls) => {
          const table = new KeyTable(LAYOUT);
          const newest = new Map<string, number>();
          const rows: string[] = [];
          for (const [text, call] of calls) {
            const key = Buffer.from(text);
            const known = newest.get(text);
            const isNew = call === 'append' || (call === 'upsert' && known === undefined);
            expect(table[call](key, 0, key.length, weakHash(key))).toBe(isNew ? rows.length : (known ?? -1));
            if (!isNew) continue;
            newest.set(text, rows.length);
            rows.push(key.toString('latin1'));
          }
          expect(rows.map((_, row) => keyOf(table, row))).toEqual(rows);
        },
      ),
    );
  });

  test('many keys with many rows each survive every growth', () => {
    const table = new KeyTable(LAYOUT);
    for (let row = 0; row < 5000; row++) {
      const key = Buffer.from(`key-${row % 700}`);
      expect(table.append(key, 0, key.length, (row % 700) * 0x01000193)).toBe(row);
    }
    for (let i = 0; i < 700; i++) {
      const key = Buffer.from(`key-${i}`);
      expect(table.find(key, 0, key.length, i * 0x01000193)).toBe(i + 4900 < 5000 ? i + 4900 : i + 4200);
    }
  });

  test('cells start at null and are counted in the size of the table until it is cleared', () => {
    const table = new KeyTable({ ...LAYOUT, cells: [{ name: 'note', type: NOTE }], epochs: true });
    const before = table.sizeBytes;
    const row = put(table, 'a');
    expect([table.cells[0]![row], table.epochs[row]]).toEqual([null, 0]);
    table.cells[0]![row] = { text: 'x' };
    table.cellBytes += 100;
    table.epochs[row] = 7;
    expect(table.sizeBytes).toBe(before + 108);
    table.clear();
    expect(table.sizeBytes).toBe(before);
    put(table, 'b');
    expect([table.cells[0]![0], table.epochs[0]]).toEqual([null, 0]);
  });

  test('new rows start at zero in every column, also after growth and after clear', () => {
    const table = new KeyTable(LAYOUT);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 1000; i++) {
        const row = put(table, `k${i}`, i * 64);
        expect(table.columns[0]![row]).toBeNaN();
        table.columns[0]![row] = i;
        if (i === 500) table.materialize(1);
        expect([undefined, 7]).toContain(table.columns[1]![row]);
        if (i >= 500) table.columns[1]![row] = -1;
        expect(table.recordCounts[row]).toBe(0);
        table.note(row, 10 + i);
        table.note(row, 20 + i);
      }
      const row = put(table, 'k999', 999 * 64);
      expect([
        table.columns[0]![row],
        table.recordCounts[row],
        table.firstOffsets[row],
        table.lastOffsets[row],
      ]).toEqual([999, 2, 1009, 1019]);
      expect(table.columns[1]![3]).toBe(7);
      table.clear();
      expect(table.rowCount).toBe(0);
      expect(table.columns[1]).toHaveLength(0);
    }
  });

  test('hashes that agree in their low bits, as those of one shuffle partition do, spread over the slots', () => {
    const table = new KeyTable({ columns: [], cells: [], provenance: false, epochs: false }, 1 << 14);
    for (let i = 0; i < 1 << 14; i++) put(table, `key-${i}`, i * 4096);
    expect(table.longestProbe).toBeLessThan(200);
  });

  test('long keys and the empty key are keys', () => {
    const table = new KeyTable(LAYOUT);
    const long = 'x'.repeat(5000);
    expect([
      put(table, long),
      put(table, ''),
      put(table, `${long.slice(1)}y`),
      put(table, long),
      put(table, ''),
    ]).toEqual([0, 1, 2, 0, 1]);
    expect(table.keyByteCount).toBe(10_000);
    expect(table.sizeBytes).toBeGreaterThan(10_000);
  });

  test('a table that would outgrow its arena says what to do', () => {
    const table = new KeyTable({ columns: [], cells: [], provenance: false, epochs: false });
    table.keyOffsets[0] = MAX_ARENA_BYTES - 3;
    expect(() => put(table, 'four')).toThrow(
      /keys need 1073741825 bytes, at most 1073741824 fit\. Raise maxParallelism/,
    );
  });
});

describe('KeyTablePool', () => {
  test('gives cleared tables back and drops those beyond its limits', () => {
    const pool = new KeyTablePool(LAYOUT, { maxTables: 1, maxTableBytes: 1 << 14 });
    const first = pool.take();
    put(first, 'a');
    const second = pool.take();
    const huge = pool.take();
    for (let i = 0; i < 2000; i++) put(huge, `k${i}`, i);
    pool.give(huge);
    pool.give(first);
    pool.give(second);
    expect(pool.take()).toBe(first);
    expect(first.rowCount).toBe(0);
    expect([first, second, huge]).not.toContain(pool.take());
  });
});

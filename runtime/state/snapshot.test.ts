import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { decodeSnapshot, encodeSnapshot, type TaskSnapshot } from './snapshot.ts';
import { encodeTable } from './table-codec.ts';

const LAYOUT: TableLayout = {
  columns: [{ name: 'count', zero: 0, lazy: false }],
  cells: [],
  provenance: false,
  epochs: false,
};
const FIXTURE = new URL('fixtures/snapshot-v1.bin', import.meta.url);

function tableOf(rows: readonly (readonly [key: string, count: number])[]): KeyTable {
  const table = new KeyTable(LAYOUT);
  for (const [index, [key, count]] of rows.entries()) {
    const bytes = Buffer.from(key);
    table.columns[0]![table.upsert(bytes, 0, bytes.length, index * 31)] = count;
  }
  return table;
}

const comparable = (snapshot: TaskSnapshot): unknown => ({
  ...snapshot,
  panes: snapshot.panes.map(({ startMs, table }) => [startMs, encodeTable(table).toString('hex')]),
});

const wm = fc.oneof(fc.integer(), fc.constant(Number.NEGATIVE_INFINITY));
const snapshots = fc.record({
  planHash: fc.constant('12ab00ff'),
  taskId: fc.string(),
  offset: fc.maxSafeNat(),
  maxEventTimeMs: wm,
  watermarkMs: wm,
  sources: fc.array(fc.option(fc.record({ watermarkMs: wm, idle: fc.boolean(), quiet: fc.boolean() })), {
    maxLength: 5,
  }),
  panes: fc.array(
    fc.record({
      startMs: fc.integer(),
      table: fc.uniqueArray(fc.tuple(fc.string(), fc.nat()), { selector: ([key]) => key, maxLength: 20 }).map(tableOf),
    }),
    { maxLength: 4 },
  ),
  counters: fc.record({ late: fc.nat(), bad: fc.nat() }),
});

describe('snapshots', () => {
  test('a snapshot comes back as it was', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        expect(comparable(decodeSnapshot(encodeSnapshot(snapshot), LAYOUT))).toEqual(comparable(snapshot));
      }),
    );
  });

  test('any flipped bit and any cut is refused, and the message says which checkpoint', () => {
    fc.assert(
      fc.property(snapshots, fc.nat(), fc.nat({ max: 7 }), (snapshot, position, bit) => {
        const bytes = encodeSnapshot(snapshot);
        const at = position % bytes.length;
        expect(() => decodeSnapshot(bytes.subarray(0, at), LAYOUT, 'checkpoint 17-3-ab')).toThrow(
          /Cannot read the checkpoint 17-3-ab: /,
        );
        bytes[at] = bytes[at]! ^ (1 << bit);
        expect(() => decodeSnapshot(bytes, LAYOUT, 'checkpoint 17-3-ab')).toThrow(
          /Cannot read the checkpoint 17-3-ab: checksum is 0x/,
        );
      }),
      { numRuns: 60 },
    );
  });

  test('the bytes of version 1 are what they were', () => {
    const known: TaskSnapshot = {
      planHash: 'deadbeef',
      taskId: 'aggregate-7',
      offset: 9_007_199_254_740_991,
      maxEventTimeMs: 59_000,
      watermarkMs: Number.NEGATIVE_INFINITY,
      sources: [
        { watermarkMs: 58_999, idle: false, quiet: false },
        null,
        { watermarkMs: Number.NEGATIVE_INFINITY, idle: true, quiet: true },
      ],
      panes: [
        {
          startMs: -60_000,
          table: tableOf([
            ['u1', 3],
            ['', 1],
          ]),
        },
        { startMs: 0, table: tableOf([]) },
      ],
      counters: { late: 2 },
    };
    const bytes = encodeSnapshot(known);
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(FIXTURE, bytes);
    const fixture = readFileSync(FIXTURE);
    expect(bytes.toString('hex')).toBe(fixture.toString('hex'));
    expect(comparable(decodeSnapshot(fixture, LAYOUT))).toEqual(comparable(known));
  });
});

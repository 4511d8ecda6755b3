import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableLayout } from './columns.ts';
import { KeyTable } from './key-table.ts';
import { decodeSnapshot, encodeSnapshot, type TaskSnapshot } from './snapshot.ts';
import { encodeTable } from './table-codec.ts';
import { layouts, NOTE, tablesOf } from './tables.cases.ts';

const LAYOUT: TableLayout = {
  columns: [{ name: 'count', zero: 0, lazy: false }],
  cells: [{ name: 'last', type: NOTE }],
  provenance: false,
  epochs: true,
};
const FIXTURE = new URL('fixtures/snapshot-v2.bin', import.meta.url);

function tableOf(rows: readonly (readonly [key: string, count: number, last: string | null])[]): KeyTable {
  const table = new KeyTable(LAYOUT);
  for (const [index, [key, count, last]] of rows.entries()) {
    const bytes = Buffer.from(key);
    const row = table.append(bytes, 0, bytes.length, index * 31);
    table.columns[0]![row] = count;
    table.epochs[row] = index;
    table.cells[0]![row] = last === null ? null : { text: last };
    table.cellBytes += last?.length ?? 0;
  }
  return table;
}

const comparable = (snapshot: TaskSnapshot): unknown => ({
  ...snapshot,
  panes: snapshot.panes.map(({ startMs, table }) => [startMs, encodeTable(table).toString('hex')]),
});

const wm = fc.oneof(fc.integer(), fc.constant(Number.NEGATIVE_INFINITY));
const snapshotsOf = (layout: TableLayout): fc.Arbitrary<TaskSnapshot> =>
  fc.record({
    planHash: fc.constant('12ab00ff'),
    taskId: fc.string(),
    offset: fc.maxSafeNat(),
    maxEventTimeMs: wm,
    watermarkMs: wm,
    sources: fc.array(fc.option(fc.record({ watermarkMs: wm, idle: fc.boolean(), quiet: fc.boolean() })), {
      maxLength: 5,
    }),
    panes: fc.array(fc.record({ startMs: fc.integer(), table: tablesOf(layout) }), { maxLength: 4 }),
    epoch: fc.nat(),
    flushedEpoch: fc.nat(),
    fired: fc.array(fc.record({ startMs: fc.integer(), endMs: fc.integer(), epoch: fc.nat() }), { maxLength: 3 }),
    counters: fc.record({ late: fc.nat(), bad: fc.nat() }),
  });
const snapshots = layouts.chain((layout) => fc.record({ layout: fc.constant(layout), snapshot: snapshotsOf(layout) }));

describe('snapshots', () => {
  test('a snapshot comes back as it was', () => {
    fc.assert(
      fc.property(snapshots, ({ layout, snapshot }) => {
        expect(comparable(decodeSnapshot(encodeSnapshot(snapshot), layout))).toEqual(comparable(snapshot));
      }),
    );
  });

  test('any flipped bit and any cut is refused, and the message says which checkpoint', () => {
    fc.assert(
      fc.property(snapshots, fc.nat(), fc.nat({ max: 7 }), ({ layout, snapshot }, position, bit) => {
        const bytes = encodeSnapshot(snapshot);
        const at = position % bytes.length;
        expect(() => decodeSnapshot(bytes.subarray(0, at), layout, 'checkpoint 17-3-ab')).toThrow(
          /Cannot read the checkpoint 17-3-ab: /,
        );
        bytes[at] = bytes[at]! ^ (1 << bit);
        expect(() => decodeSnapshot(bytes, layout, 'checkpoint 17-3-ab')).toThrow(
          /Cannot read the checkpoint 17-3-ab: checksum is 0x/,
        );
      }),
      { numRuns: 60 },
    );
  });

  test('the bytes of version 2 are what they were', () => {
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
            ['u1', 3, 'x'],
            ['', 1, null],
            ['u1', 2, ''],
          ]),
        },
        { startMs: 0, table: tableOf([]) },
      ],
      counters: { late: 2 },
      epoch: 9,
      flushedEpoch: 7,
      fired: [{ startMs: -120_000, endMs: -60_000, epoch: 4 }],
    };
    const bytes = encodeSnapshot(known);
    if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(FIXTURE, bytes);
    const fixture = readFileSync(FIXTURE);
    expect(bytes.toString('hex')).toBe(fixture.toString('hex'));
    expect(comparable(decodeSnapshot(fixture, LAYOUT))).toEqual(comparable(known));
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyTable } from '../../state/index.ts';
import { ChangedRows } from './changed-rows.ts';

function tableOf(rows: number): KeyTable {
  const table = new KeyTable({ columns: [], cells: [], provenance: false, epochs: true });
  for (let row = 0; row < rows; row++) table.append(Buffer.from(`key ${row}`), 0, 5, row);
  return table;
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('mark', 'unmark'), row: fc.nat({ max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('take', 'follow'), row: fc.constant(0) }) },
);

test('what is marked comes out once, in order of rows, whether few or many are', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.constantFrom(20, 400), (steps, rows) => {
      const table = tableOf(rows);
      let changes = new ChangedRows();
      let model = new Set<number>();
      const came: number[][] = [];
      const expected: number[][] = [];
      for (const { kind, row } of [...steps, { kind: 'take', row: 0 }]) {
        if (kind === 'mark') {
          changes.mark(table, row);
          model.add(row);
        } else if (kind === 'unmark') {
          changes.unmark(table, row);
          model.delete(row);
        } else if (kind === 'take') {
          came.push([...changes.take(table)]);
          expected.push([...model].sort((a, b) => a - b));
          model = new Set();
        } else {
          // Another one, that has nothing but the table.
          const { epoch } = changes;
          changes = new ChangedRows();
          changes.epoch = epoch;
          changes.follow(table);
        }
        expect([changes.count, changes.isMarked(table, row)]).toEqual([model.size, model.has(row)]);
      }
      expect(came).toEqual(expected);
    }),
    { numRuns: 400 },
  );
});

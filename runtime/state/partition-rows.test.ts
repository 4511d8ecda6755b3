import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyTable } from './key-table.ts';
import { RowPartitioner, shufflePartition } from './partition-rows.ts';

test('rows are split by the partition of their hash and keep their order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uniqueArray(fc.integer(), { maxLength: 200 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 40 }),
      (tables, partitionCount) => {
        const partitioner = new RowPartitioner(partitionCount);
        for (const hashes of tables) {
          const table = new KeyTable({ columns: [], cells: [], provenance: false, epochs: false });
          for (const hash of hashes) table.upsert(Buffer.from(`k${hash}`), 0, 2, hash);
          partitioner.split(table);
          const rowsOf = (s: number) => [
            ...partitioner.rows.subarray(partitioner.starts[s], partitioner.starts[s + 1]),
          ];
          for (let s = 0; s < partitionCount; s++)
            expect(rowsOf(s)).toEqual(
              [...table.hashes.subarray(0, table.rowCount).keys()].filter(
                (row) => shufflePartition(table.hashes[row]!, partitionCount) === s,
              ),
            );
        }
      },
    ),
    { numRuns: 50 },
  );
});

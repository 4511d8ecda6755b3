import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueHeap } from './due-heap.ts';

interface Entry {
  readonly dueMs: number;
  readonly row: number;
}

const step = fc.record({
  kind: fc.constantFrom('push', 'push', 'push', 'pop', 'postpone', 'renumber'),
  dueMs: fc.integer({ min: -5, max: 15 }),
});

test('the entry that is due first comes first, of several the one of the lowest row', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const heap = new DueHeap();
      let model: Entry[] = [];
      let nextRow = 0;
      for (const { kind, dueMs } of steps) {
        model.sort((a, b) => a.dueMs - b.dueMs || a.row - b.row);
        if (kind === 'push') {
          model.push({ dueMs, row: nextRow });
          heap.push(dueMs, nextRow++);
        } else if (kind === 'pop' && model.length > 0) {
          model.shift();
          heap.pop();
        } else if (kind === 'postpone' && model.length > 0) {
          const { dueMs: before, row } = model.shift()!;
          const later = Math.max(before, dueMs);
          model.push({ dueMs: later, row });
          heap.postpone(later);
        } else if (kind === 'renumber') {
          // Every third row is gone, and so are its entries.
          const rowOf = Int32Array.from({ length: nextRow }, (_, row) =>
            row % 3 === 0 ? -1 : row - Math.floor(row / 3) - 1,
          );
          heap.renumber(rowOf);
          model = model.flatMap((entry) => {
            const row = rowOf[entry.row]!;
            return row < 0 ? [] : { ...entry, row };
          });
          nextRow -= Math.ceil(nextRow / 3);
        }
        model.sort((a, b) => a.dueMs - b.dueMs || a.row - b.row);
        expect([heap.size, heap.firstDueMs]).toEqual([model.length, model[0]?.dueMs ?? Number.POSITIVE_INFINITY]);
        expect(model.length === 0 ? null : heap.firstRow).toBe(model[0]?.row ?? null);
      }
    }),
  );
});

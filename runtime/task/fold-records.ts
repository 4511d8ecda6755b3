// The loop that every fold is: the records of the range that are not folded yet, in log order.
import type { RecordCursor } from '../log/batch/index.ts';
import type { FoldRange } from './task.ts';

/**
 * Calls `each` with the cursor on every record from `task.position` up to the limit, then moves the position: never back, and past
 * markers too. A task that throws has to move it by itself if what it has folded is to count.
 */
export function foldRecords(
  task: { position: number },
  cursor: RecordCursor,
  { batches, nextOffset, limit }: FoldRange,
  each: () => void,
): void {
  for (const batch of batches) {
    cursor.reset(batch);
    while (cursor.next()) {
      if (cursor.offset < task.position) continue;
      if (cursor.offset >= limit) break;
      each();
    }
    task.position = Math.max(task.position, Math.min(batch.nextOffset, limit));
  }
  task.position = Math.max(task.position, Math.min(nextOffset, limit));
}

// One number for each key of the panes that are being merged, so that a key is hashed once per pane and not once per merge. The
// directory is a table whose columns hold the result of a merge: it can be emitted as it is.
import { type KeyTable, type KeyTablePool } from '../state/index.ts';
import type { Pane } from './pane.ts';

/** Below this many keys the ones that are gone are not worth looking for. */
const MIN_ROWS_TO_COMPACT = 1024;

export class KeyDirectory {
  table: KeyTable;
  /** Keys of the window merged last. */
  lastCount = 0;
  private readonly pool: KeyTablePool;
  /** Which numbering the rows of a pane have to be of. */
  private mapping = 0;

  constructor(pool: KeyTablePool) {
    this.pool = pool;
    this.table = pool.take();
  }

  get rowCount(): number {
    return this.table.rowCount;
  }

  get sizeBytes(): number {
    return this.table.sizeBytes;
  }

  /** Gives every row of the pane its number. */
  map(pane: Pane): void {
    if (pane.mapping !== this.mapping) {
      pane.mapping = this.mapping;
      pane.mapped = 0;
    }
    const { rowCount, keyBytes, keyOffsets, hashes } = pane.table;
    if (pane.mapped === rowCount) return;
    if (pane.ids.length < rowCount) {
      const ids = new Int32Array(rowCount + (pane.mapped === 0 ? 0 : rowCount >> 2));
      ids.set(pane.ids.subarray(0, pane.mapped));
      pane.ids = ids;
    }
    const { table } = this;
    const { ids } = pane;
    for (let row = pane.mapped; row < rowCount; row++)
      ids[row] = table.upsert(keyBytes, keyOffsets[row]!, keyOffsets[row + 1]!, hashes[row]!);
    pane.mapped = rowCount;
  }

  /** Lets keys go that none of the panes holds, when there may be many. */
  compact(panes: readonly Pane[]): void {
    const old = this.table;
    if (old.rowCount < MIN_ROWS_TO_COMPACT || old.rowCount < 2 * this.lastCount) return;
    const fresh = this.pool.take();
    const numbers = new Int32Array(old.rowCount).fill(-1);
    const before = this.mapping;
    this.mapping++;
    for (const pane of panes) {
      if (pane.mapping !== before) continue;
      pane.mapping = this.mapping;
      const { ids, mapped } = pane;
      for (let i = 0; i < mapped; i++) {
        const id = ids[i]!;
        let number = numbers[id]!;
        if (number < 0) {
          number = fresh.upsert(old.keyBytes, old.keyOffsets[id]!, old.keyOffsets[id + 1]!, old.hashes[id]!);
          numbers[id] = number;
        }
        ids[i] = number;
      }
    }
    this.table = fresh;
    this.pool.give(old);
  }

  reset(): void {
    this.mapping++;
    this.lastCount = 0;
    this.pool.give(this.table);
    this.table = this.pool.take();
  }
}

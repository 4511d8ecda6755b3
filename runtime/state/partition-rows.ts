// Which rows of a pre-aggregate go to which shuffle partition: one counting sort over the stored hashes, no key is touched.
import type { KeyTable } from './key-table.ts';

/** Rows of partition s are `rows[starts[s], starts[s + 1])`, in order of insertion. Reused: valid until the next call. */
export class RowPartitioner {
  readonly partitionCount: number;
  readonly starts: Int32Array;
  rows: Int32Array = new Int32Array(1024);
  private readonly next: Int32Array;

  constructor(partitionCount: number) {
    this.partitionCount = partitionCount;
    this.starts = new Int32Array(partitionCount + 1);
    this.next = new Int32Array(partitionCount);
  }

  split(table: KeyTable): void {
    const { starts, next, partitionCount } = this;
    const { rowCount, hashes } = table;
    if (rowCount > this.rows.length) this.rows = new Int32Array(rowCount * 2);
    starts.fill(0);
    for (let row = 0; row < rowCount; row++) {
      const after = shufflePartition(hashes[row]!, partitionCount) + 1;
      starts[after] = starts[after]! + 1;
    }
    for (let partition = 0; partition < partitionCount; partition++) {
      next[partition] = starts[partition]!;
      starts[partition + 1] = starts[partition + 1]! + starts[partition]!;
    }
    for (let row = 0; row < rowCount; row++) {
      const partition = shufflePartition(hashes[row]!, partitionCount);
      const at = next[partition]!;
      this.rows[at] = row;
      next[partition] = at + 1;
    }
  }
}

/** Partition of a key by its murmur2, as Kafka's Java clients would choose it. */
export function shufflePartition(hash: number, partitionCount: number): number {
  return (hash & 0x7fffffff) % partitionCount;
}

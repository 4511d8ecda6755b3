// Which batches of a fetch belong to aborted transactions. The broker names producer and first offset of each; a transaction
// ends at its producer's abort marker. The same producer may abort, commit and abort again inside one fetch.
import type { AbortedTransaction } from '../broker.ts';

/** One pass over the batches of one fetched partition, in log order. */
export class AbortedFilter {
  readonly #waiting: readonly AbortedTransaction[];
  readonly #aborting = new Set<bigint>();
  #next = 0;

  /** @param aborted ordered by first offset, as the port gives them */
  constructor(aborted: readonly AbortedTransaction[]) {
    this.#waiting = aborted;
  }

  /** True when the transactional data batch that ends at `lastOffset` was aborted. */
  isAborted(producerId: bigint, lastOffset: number): boolean {
    this.#admit(lastOffset);
    return this.#aborting.has(producerId);
  }

  /** An abort marker of this producer stands at `offset`: what it writes next is another transaction. */
  endAborted(producerId: bigint, offset: number): void {
    this.#admit(offset);
    this.#aborting.delete(producerId);
  }

  #admit(upToOffset: number): void {
    for (;;) {
      const head = this.#waiting[this.#next];
      if (head === undefined || head.firstOffset > upToOffset) return;
      this.#aborting.add(head.producerId);
      this.#next++;
    }
  }
}

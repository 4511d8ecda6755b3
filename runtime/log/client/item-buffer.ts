// Items between the fetch loops and the one who folds: in the order of their arrival, counted in bytes per partition.
import { partitionKey } from './partition-key.ts';
import type { ReaderItem } from './types.ts';

export class ItemBuffer {
  #items: ReaderItem[] = [];
  #sizeBytes = 0;
  readonly #partitionBytes = new Map<string, number>();

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isEmpty(): boolean {
    return this.#items.length === 0;
  }

  bytesOf(key: string): number {
    return this.#partitionBytes.get(key) ?? 0;
  }

  push(item: ReaderItem): void {
    this.#items.push(item);
    this.#count(item, 1);
  }

  /** The oldest items, at least one if there is any; ends once they are `maxBytes`. */
  take(maxBytes: number): readonly ReaderItem[] {
    let end = 0;
    for (let bytes = 0; end < this.#items.length && bytes < maxBytes; end++) bytes += sizeOf(this.#items[end]);
    const taken = this.#items.slice(0, end);
    this.#items = this.#items.slice(end);
    for (const item of taken) this.#count(item, -1);
    return taken;
  }

  /** Forgets all items of one partition. */
  drop(key: string): void {
    const dropped = this.#items.filter((item) => partitionKey(item) === key);
    if (dropped.length === 0) return;
    this.#items = this.#items.filter((item) => partitionKey(item) !== key);
    for (const item of dropped) this.#count(item, -1);
  }

  #count(item: ReaderItem, sign: 1 | -1): void {
    const bytes = sizeOf(item) * sign;
    const key = partitionKey(item);
    this.#sizeBytes += bytes;
    this.#partitionBytes.set(key, this.bytesOf(key) + bytes);
  }
}

function sizeOf(item: ReaderItem | undefined): number {
  return item?.kind === 'chunk' ? item.bytes : 0;
}

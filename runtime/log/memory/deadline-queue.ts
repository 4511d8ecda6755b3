// A queue of moments in time, earliest first and first come first served among equals: what makes timers of the embedded log,
// and the virtual clock under them, run in one and the same order in every run.

export interface Deadline<T> {
  readonly atMs: number;
  readonly value: T;
}

interface Entry<T> extends Deadline<T> {
  readonly order: number;
  state: 'waiting' | 'cancelled' | 'taken';
}

/** Binary heap with lazy removal: adding and taking cost O(log n), cancelling O(1). */
export class DeadlineQueue<T> {
  readonly #heap: Entry<T>[] = [];
  #added = 0;
  #cancelled = 0;

  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** Returns a function that takes the entry out again; it does nothing once the entry was taken. */
  add(atMs: number, value: T): () => void {
    const entry: Entry<T> = { atMs, value, order: this.#added++, state: 'waiting' };
    this.#heap.push(entry);
    this.#up(this.#heap.length - 1);
    return () => {
      if (entry.state !== 'waiting') return;
      entry.state = 'cancelled';
      this.#cancelled++;
    };
  }

  /** The earliest entry, left in place; null when there is none. */
  peek(): Deadline<T> | null {
    this.#dropCancelled();
    return this.#heap[0] ?? null;
  }

  /** Takes the earliest entry if it is due at `nowMs`. */
  takeDue(nowMs: number): Deadline<T> | null {
    const first = this.peek();
    if (first === null || first.atMs > nowMs) return null;
    const taken = this.#pop();
    taken.state = 'taken';
    return taken;
  }

  #dropCancelled(): void {
    while (this.#heap[0]?.state === 'cancelled') {
      this.#pop();
      this.#cancelled--;
    }
  }

  #pop(): Entry<T> {
    const first = this.#at(0);
    const last = this.#heap.pop() as Entry<T>;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#down(0);
    }
    return first;
  }

  #up(start: number): void {
    let child = start;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!before(this.#at(child), this.#at(parent))) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  #down(start: number): void {
    let parent = start;
    for (;;) {
      const left = 2 * parent + 1;
      if (left >= this.#heap.length) return;
      const right = left + 1;
      const child = right < this.#heap.length && before(this.#at(right), this.#at(left)) ? right : left;
      if (!before(this.#at(child), this.#at(parent))) return;
      this.#swap(child, parent);
      parent = child;
    }
  }

  #at(index: number): Entry<T> {
    return this.#heap[index] as Entry<T>;
  }

  #swap(a: number, b: number): void {
    const entry = this.#at(a);
    this.#heap[a] = this.#at(b);
    this.#heap[b] = entry;
  }
}

function before<T>(a: Entry<T>, b: Entry<T>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

// Object store in memory: for the embedded mode and for tests.
import type { ObjectStore, StoredObject } from './object-store.ts';

export class MemoryStore implements ObjectStore {
  readonly location = 'memory';
  readonly #objects = new Map<string, Uint8Array>();

  create(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    if (this.#objects.has(key)) return Promise.resolve('exists');
    this.#objects.set(key, body.slice());
    return Promise.resolve('created');
  }

  get(key: string): Promise<Uint8Array | null> {
    return Promise.resolve(this.#objects.get(key)?.slice() ?? null);
  }

  list(prefix: string): Promise<readonly StoredObject[]> {
    const found = [...this.#objects].filter(([key]) => key.startsWith(prefix));
    return Promise.resolve(
      found.map(([key, body]) => ({ key, sizeBytes: body.length })).sort((a, b) => (a.key < b.key ? -1 : 1)),
    );
  }

  remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#objects.delete(key);
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

// An object store in memory that tells which tasks are reading a checkpoint: unpacking it takes a thread, which no virtual clock sees.
import { MemoryStore, type ObjectStore } from '../../runtime/checkpoint/index.ts';

export class RestoreWatch implements ObjectStore {
  readonly location = 'memory';
  /** Names of tasks whose objects were read; whoever knows that a task has been restored takes it out. */
  readonly reading = new Set<string>();
  readonly #store = new MemoryStore();

  create(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    return this.#store.create(key, body);
  }

  get(key: string): Promise<Uint8Array | null> {
    const task = /\/tasks\/([^/]+)\//.exec(key)?.[1];
    if (task !== undefined) this.reading.add(task);
    return this.#store.get(key);
  }

  list(prefix: string): ReturnType<ObjectStore['list']> {
    return this.#store.list(prefix);
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#store.remove(keys);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

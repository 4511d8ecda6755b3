// A local copy of one collection, kept by a watcher. Readers ask it instead of the API server; whoever cares about a change
// is told after the copy has it, with the object before and after.
import { type KubeObject, keyOf } from '../objects.ts';
import type { WatchEvent } from './watcher.ts';

export interface StoreChange<T extends KubeObject> {
  /** Absent when the object is new. */
  readonly before: T | undefined;
  /** Absent when the object is gone. */
  readonly after: T | undefined;
}

export type StoreListener<T extends KubeObject> = (key: string, change: StoreChange<T>) => void;

export class Store<T extends KubeObject> {
  private readonly listener: StoreListener<T>;
  private objects = new Map<string, T>();
  /** The list being received; it replaces `objects` only when it is whole, so readers never see half of it. */
  private incoming: Map<string, T> | undefined;
  private readonly ready = Promise.withResolvers<void>();
  private isReady = false;

  constructor(listener: StoreListener<T> = () => undefined) {
    this.listener = listener;
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.objects.values();
  }

  get size(): number {
    return this.objects.size;
  }

  /** True after the first complete list. */
  get synced(): boolean {
    return this.isReady;
  }

  /** Resolves after the first complete list. */
  untilSynced(): Promise<void> {
    return this.ready.promise;
  }

  /** Feeds the store until the events end. */
  async follow(events: AsyncIterable<WatchEvent<T>>): Promise<void> {
    for await (const event of events) this.accept(event);
  }

  accept(event: WatchEvent<T>): void {
    switch (event.type) {
      case 'init':
        this.incoming = new Map();
        return;
      case 'init-apply':
        this.incoming?.set(keyOf(event.object), event.object);
        return;
      case 'init-done':
        this.replaceAll(this.incoming ?? new Map<string, T>());
        this.incoming = undefined;
        this.isReady = true;
        this.ready.resolve();
        return;
      case 'apply':
        this.put(keyOf(event.object), event.object);
        return;
      case 'delete':
        this.remove(keyOf(event.object));
        return;
    }
  }

  private replaceAll(incoming: Map<string, T>): void {
    const previous = this.objects;
    this.objects = incoming;
    for (const [key, after] of incoming) {
      const before = previous.get(key);
      if (before?.metadata.resourceVersion !== after.metadata.resourceVersion || before === undefined)
        this.listener(key, { before, after });
    }
    // What vanished while nobody watched is told of as a deletion, or it would be believed to exist for ever.
    for (const [key, before] of previous) if (!incoming.has(key)) this.listener(key, { before, after: undefined });
  }

  private put(key: string, after: T): void {
    const before = this.objects.get(key);
    this.objects.set(key, after);
    this.listener(key, { before, after });
  }

  private remove(key: string): void {
    const before = this.objects.get(key);
    if (before === undefined) return;
    this.objects.delete(key);
    this.listener(key, { before, after: undefined });
  }
}

// The caches of all collections that the operator follows, over all namespaces or over some, behind one look-up each.
import { type KubeObject, splitKey } from '../objects.ts';
import type { KubeApiError } from './api-error.ts';
import type { KubeClient } from './client.ts';
import type { Resource } from './resource.ts';
import { Store, type StoreListener } from './store.ts';
import { Watcher, type WatcherOptions } from './watcher.ts';

export interface CacheOptions<T extends KubeObject> {
  readonly client: KubeClient;
  readonly resource: Resource;
  /** Empty = all namespaces. */
  readonly namespaces: readonly string[];
  readonly labelSelector?: string;
  readonly watcher: Omit<WatcherOptions, 'onError'>;
  readonly onError: (resource: string, error: KubeApiError, retryInMs: number) => void;
  readonly onChange: StoreListener<T>;
}

/** One collection: one watcher and store per namespace that is followed. */
export class Cache<T extends KubeObject> {
  private readonly options: CacheOptions<T>;
  private readonly stores: ReadonlyMap<string, Store<T>>;

  constructor(options: CacheOptions<T>) {
    this.options = options;
    const scopes = options.namespaces.length === 0 ? [''] : options.namespaces;
    this.stores = new Map(scopes.map((scope) => [scope, new Store<T>(options.onChange)]));
  }

  get(key: string): T | undefined {
    return (this.stores.get('') ?? this.stores.get(splitKey(key).namespace))?.get(key);
  }

  *values(): IterableIterator<T> {
    for (const store of this.stores.values()) yield* store.values();
  }

  get synced(): boolean {
    return [...this.stores.values()].every((store) => store.synced);
  }

  async untilSynced(): Promise<void> {
    await Promise.all([...this.stores.values()].map((store) => store.untilSynced()));
  }

  /** Follows the collection until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { client, resource, labelSelector, onError } = this.options;
    const followed = [...this.stores].map(([scope, store]) => {
      const namespace = scope === '' ? undefined : scope;
      const source = {
        list: (page: Parameters<KubeClient['list']>[1]) =>
          client.list<T>(resource, { ...page, namespace, labelSelector }),
        watch: (from: { resourceVersion: string; timeoutSeconds: number; signal: AbortSignal }) =>
          client.watch(resource, { ...from, namespace, labelSelector }),
      };
      const watcher = new Watcher<T>(source, {
        ...this.options.watcher,
        onError: (error, retryInMs) => onError(resource.plural, error, retryInMs),
      });
      return store.follow(watcher.events(signal));
    });
    await Promise.all(followed);
  }
}

// The few verbs the operator needs, typed by the caller. Writes are server-side apply under one field manager.
import { FIELD_MANAGER } from '../../crds/index.ts';
import type { KubeObject, ListPage } from '../objects.ts';
import { collectionPath, objectPath, type ObjectName, type Resource } from './resource.ts';
import type { Query, Transport } from './transport.ts';
import { isKubeError } from './api-error.ts';

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continueToken?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly resourceVersion: string;
  /** After this time the server ends the watch in good order. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/** One line of a watch, as the server sends it. */
export interface WatchLine {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

export interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** How much longer than the agreed end of a watch its silence is borne. */
const WATCH_GRACE_MS = 15_000;

export class KubeClient {
  private readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  async get<T extends KubeObject>(resource: Resource, at: ObjectName): Promise<T> {
    return (await this.transport.exchange({ method: 'GET', path: objectPath(resource, at) })) as T;
  }

  /** Null when there is no such object. */
  async find<T extends KubeObject>(resource: Resource, at: ObjectName): Promise<T | null> {
    try {
      return await this.get<T>(resource, at);
    } catch (error) {
      if (isKubeError(error, 'NotFound')) return null;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ListPage<T>> {
    const page = (await this.transport.exchange({
      method: 'GET',
      path: collectionPath(resource, options.namespace),
      query: { limit: options.limit, continue: options.continueToken, labelSelector: options.labelSelector },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    })) as ListPage<T>;
    // The server leaves out of a list's items what it says of the list: an item must look like the object got by its name.
    const { apiVersion, kind } = resource;
    return { ...page, items: (page.items ?? []).map((item) => ({ apiVersion, kind, ...item })) };
  }

  watch(resource: Resource, options: WatchOptions): AsyncIterable<WatchLine> {
    return this.transport.lines({
      path: collectionPath(resource, options.namespace),
      query: {
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: options.resourceVersion,
        timeoutSeconds: options.timeoutSeconds,
        labelSelector: options.labelSelector,
      },
      idleMs: options.timeoutSeconds * 1_000 + WATCH_GRACE_MS,
      signal: options.signal,
    }) as AsyncIterable<WatchLine>;
  }

  async create<T extends KubeObject>(resource: Resource, namespace: string, object: T): Promise<T> {
    return (await this.transport.exchange({
      method: 'POST',
      path: collectionPath(resource, namespace),
      query: { fieldManager: FIELD_MANAGER },
      body: object,
    })) as T;
  }

  /** Fails with Conflict when the object carries a resourceVersion that is not the current one. */
  async replace<T extends KubeObject>(resource: Resource, at: ObjectName, object: T): Promise<T> {
    return (await this.transport.exchange({
      method: 'PUT',
      path: objectPath(resource, at),
      query: { fieldManager: FIELD_MANAGER },
      body: object,
    })) as T;
  }

  /** Server-side apply: creates the object or takes over exactly the fields given. */
  async apply<T extends KubeObject>(resource: Resource, at: ObjectName, object: KubeObject): Promise<T> {
    return (await this.patch(objectPath(resource, at), 'application/apply-patch+yaml', object, {
      fieldManager: FIELD_MANAGER,
      force: true,
    })) as T;
  }

  /** Replaces the whole status; a uid in the object's metadata keeps it from landing on a re-created namesake. */
  async applyStatus<T extends KubeObject>(
    resource: Resource,
    at: ObjectName,
    object: { status: unknown } & KubeObject,
  ): Promise<T> {
    return (await this.patch(`${objectPath(resource, at)}/status`, 'application/apply-patch+yaml', object, {
      fieldManager: `${FIELD_MANAGER}-status`,
      force: true,
    })) as T;
  }

  /** JSON merge patch; a resourceVersion in its metadata is a precondition. */
  async mergePatch<T extends KubeObject>(resource: Resource, at: ObjectName, patch: unknown): Promise<T> {
    return (await this.patch(objectPath(resource, at), 'application/merge-patch+json', patch, {
      fieldManager: FIELD_MANAGER,
    })) as T;
  }

  /** Deletes with background propagation. An object that is already gone, or another one of that name, is success. */
  async delete(resource: Resource, at: ObjectName, preconditions: Preconditions = {}): Promise<void> {
    try {
      await this.transport.exchange({
        method: 'DELETE',
        path: objectPath(resource, at),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: 'Background',
          preconditions: { ...preconditions },
        },
      });
    } catch (error) {
      const otherObject =
        preconditions.resourceVersion === undefined &&
        preconditions.uid !== undefined &&
        isKubeError(error, 'Conflict');
      if (!isKubeError(error, 'NotFound') && !otherObject) throw error;
    }
  }

  private async patch(path: string, contentType: string, body: unknown, query: Query): Promise<unknown> {
    return this.transport.exchange({ method: 'PATCH', path, contentType, body, query });
  }
}

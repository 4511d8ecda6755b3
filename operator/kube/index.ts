// The seam of the Kubernetes side: reading, watching and writing objects, queueing work, electing a leader.
export { KubeApiError, isKubeError, type KubeErrorCode } from './api-error.ts';
export { Cache } from './caches.ts';
export { KubeClient, type ListOptions, type WatchLine, type WatchOptions } from './client.ts';
export { EventRecorder, type EventText, type EventType } from './events.ts';
export { LeaderElector, type Lease, type LeasePort } from './lease.ts';
export { RESOURCES, type ObjectName, type Resource } from './resource.ts';
export { Store, type StoreChange, type StoreListener } from './store.ts';
export { HttpTransport, loadKubeConfig, type Transport } from './transport.ts';
export { Watcher, type WatchEvent } from './watcher.ts';
export { WorkQueue } from './work-queue.ts';
export { WrittenObjects } from './written-objects.ts';

// What we have written and a cache does not show yet. A turn that starts from an older state than its predecessor left would
// do the same things again: send the same Events, or fail on an old resourceVersion.
import type { Clock } from '../clock.ts';
import { type KubeObject, keyOf } from '../objects.ts';

/** After this time the cache is believed even when it has not caught up: the object may be gone. */
const TRUST_MS = 10_000;

export class WrittenObjects<T extends KubeObject> {
  private readonly clock: Clock;
  private readonly written = new Map<string, { readonly object: T; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  put(object: T): void {
    this.written.set(keyOf(object), { object, atMs: this.clock.now() });
  }

  forget(key: string): void {
    this.written.delete(key);
  }

  /** The newer of what the cache has and what was written. */
  newest(key: string, cached: T | undefined): T | undefined {
    const ours = this.written.get(key);
    if (ours === undefined) return cached;
    const caughtUp = cached !== undefined && !isOlder(cached, ours.object);
    if (!caughtUp && this.clock.now() - ours.atMs < TRUST_MS) return ours.object;
    this.written.delete(key);
    return cached;
  }
}

/** Resource versions of one resource are ordered numbers; anything else is taken for newer. */
function isOlder(a: KubeObject, b: KubeObject): boolean {
  if (a.metadata.uid !== b.metadata.uid) return false;
  const left = a.metadata.resourceVersion ?? '';
  const right = b.metadata.resourceVersion ?? '';
  return /^\d+$/.test(left) && /^\d+$/.test(right) && BigInt(left) < BigInt(right);
}

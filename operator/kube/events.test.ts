import { expect, test } from 'vitest';
import type { KubeObject } from '../objects.ts';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { KubeApiError } from './api-error.ts';
import { type EventObject, EventRecorder } from './events.ts';
import type { ObjectName, Resource } from './resource.ts';

/** Holds Events by name, as the API server does. */
class EventStore {
  readonly events = new Map<string, EventObject>();
  writes = 0;

  create<T extends KubeObject>(_resource: Resource, _namespace: string, object: T): Promise<T> {
    this.writes++;
    if (this.events.has(object.metadata.name)) return Promise.reject(new KubeApiError('AlreadyExists', 'exists'));
    this.events.set(object.metadata.name, object as unknown as EventObject);
    return Promise.resolve(object);
  }

  get<T extends KubeObject>(_resource: Resource, at: ObjectName): Promise<T> {
    return Promise.resolve(this.events.get(at.name) as unknown as T);
  }

  mergePatch<T extends KubeObject>(_resource: Resource, at: ObjectName, patch: unknown): Promise<T> {
    const patched = { ...this.events.get(at.name), ...(patch as object) } as EventObject;
    this.events.set(at.name, patched);
    return Promise.resolve(patched as unknown as T);
  }

  all(): EventObject[] {
    return [...this.events.values()];
  }
}

const JOB = {
  apiVersion: 'streamjob.dev/v1alpha1',
  kind: 'StreamJob',
  metadata: { name: 'j', namespace: 'n', uid: 'u1' },
};
const TEXT = { type: 'Warning', reason: 'TopicNotFound', message: 'topic t does not exist' } as const;

test('the same Event again is not sent within a minute, and raises the count afterwards', async () => {
  const [store, clock] = [new EventStore(), new VirtualClock()];
  const recorder = new EventRecorder({ client: store, clock, instance: 'op' });
  await recorder.record(JOB, TEXT);
  await recorder.record(JOB, TEXT);
  expect([store.writes, store.all()[0]?.count]).toEqual([1, 1]);
  await clock.advance(61_000);
  await recorder.record(JOB, TEXT);
  expect(store.all().map((event) => event.count)).toEqual([2]);
});

test('an operator that was restarted raises the count of the same Event', async () => {
  const [store, clock] = [new EventStore(), new VirtualClock()];
  await new EventRecorder({ client: store, clock, instance: 'one' }).record(JOB, TEXT);
  await new EventRecorder({ client: store, clock, instance: 'two' }).record(JOB, TEXT);
  expect(store.all().map((event) => event.count)).toEqual([2]);
});

test('another text, another job of the same name: another Event', async () => {
  const [store, clock] = [new EventStore(), new VirtualClock()];
  const recorder = new EventRecorder({ client: store, clock, instance: 'op' });
  await recorder.record(JOB, TEXT);
  await recorder.record(JOB, { ...TEXT, message: 'topic u does not exist' });
  await recorder.record({ ...JOB, metadata: { ...JOB.metadata, uid: 'u2' } }, TEXT);
  expect(store.all()).toHaveLength(3);
});

test('texts are cut to 1 kB between characters', async () => {
  const [store, clock] = [new EventStore(), new VirtualClock()];
  await new EventRecorder({ client: store, clock, instance: 'op' }).record(JOB, {
    ...TEXT,
    message: 'ü'.repeat(2_000),
  });
  const message = store.all()[0]?.message ?? '';
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_024);
  expect(message).toMatch(/^ü+…$/);
});

test.each([
  ['a namespace that goes away takes no Events, and none are owed', 'Forbidden', 'resolves'],
  ['a server that fails is asked again by the next turn', 'ServerError', 'rejects'],
] as const)('%s', async (_name, code, outcome) => {
  const refuse = () => Promise.reject(new KubeApiError(code, 'refused'));
  const recorder = new EventRecorder({
    client: { create: refuse, get: refuse, mergePatch: refuse },
    clock: new VirtualClock(),
    instance: 'op',
  });
  const settled = await Promise.allSettled([recorder.record(JOB, TEXT)]);
  expect(settled[0].status).toBe(outcome === 'resolves' ? 'fulfilled' : 'rejected');
});

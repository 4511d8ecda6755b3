import { expect, test } from 'vitest';
import { CheckpointStore, MemoryStore, StoreError, type ObjectStore } from '../checkpoint/index.ts';
import { seededRandom, VirtualClock } from '../log/memory/index.ts';
import { Checkpointer } from './checkpointer.ts';
import type { CommitEntry } from './commit-cycle.ts';
import { clicks, fold, TaskWorld } from './task-world.cases.ts';
import { Outputs } from './outputs.ts';
import { TaskSlot } from './task-slot.ts';

const broken: ObjectStore = {
  location: 'nowhere',
  create: () => Promise.reject(new StoreError('Unreachable', 'the store is away')),
  get: () => Promise.reject(new StoreError('Unreachable', 'the store is away')),
  list: () => Promise.reject(new StoreError('Unreachable', 'the store is away')),
  remove: () => Promise.reject(new StoreError('Unreachable', 'the store is away')),
  close: () => Promise.resolve(),
};

/** A direct task whose decisions wait for a checkpoint. */
function world(objects: ObjectStore) {
  const clock = new VirtualClock();
  const tasks = new TaskWorld({ clock, keyBy: ['$key'], spec: { watermark: { closeIdleAfter: '10ms' } } });
  const task = tasks.direct();
  for (let i = 0; i < 8; i++) {
    const outputs = new Outputs();
    fold(task, clicks({ user: 'a', ts: i * 100 }), outputs);
    task.observe({ caughtUp: true, atMs: i * 100 });
    task.observe({ caughtUp: true, atMs: i * 100 + 10 });
    task.flush(outputs);
  }
  const slot = new TaskSlot(0, { topic: 'in', partition: 0 }, task);
  slot.to('live');
  const checkpointer = new Checkpointer({
    store: new CheckpointStore({ store: objects, incarnation: 'i', clock, random: seededRandom(1) }),
    clock,
    planHash: tasks.context.planHash,
    intervalMs: 60_000,
    retain: 2,
    host: {
      storeFailing: () => undefined,
      verified: () => undefined,
      removed: () => undefined,
      generation: () => 1,
    },
  });
  checkpointer.stagger(slot);
  const commit = async (): Promise<void> => {
    const names = slot.verified !== null && slot.verified.id !== slot.checkpoint ? slot.verified : null;
    const snapshot = checkpointer.isDue(slot) ? task.snapshot() : null;
    task.metadata(slot.chain.at(-1)?.offset ?? 0);
    const entry = { slot, offset: task.position, snapshot, names } as CommitEntry;
    if (names !== null) slot.checkpoint = names.id;
    await checkpointer.store(entry);
    await checkpointer.named(entry);
  };
  return { clock, task, slot, checkpointer, commit };
}

test('decisions that wait for a checkpoint get one before it is due, as often as it takes', async () => {
  const { task, checkpointer, slot, commit } = world(new MemoryStore());
  expect([task.wantsSnapshot, checkpointer.isDue(slot)]).toEqual([true, true]);
  for (let i = 0; i < 6 && task.wantsSnapshot; i++) await commit();
  expect(task.wantsSnapshot).toBe(false);
});

test('while the store fails they do not try with every commit', async () => {
  const { clock, checkpointer, slot, commit } = world(broken);
  await commit();
  expect(slot.uploading).toBe(false);
  expect(checkpointer.isDue(slot)).toBe(false);
  await clock.advance(1_000);
  expect(checkpointer.isDue(slot)).toBe(true);
});

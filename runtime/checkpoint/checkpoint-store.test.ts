import { expect, test } from 'vitest';
import { VirtualClock } from '../log/memory/index.ts';
import { CheckpointStore, MemoryStore, parseCheckpointId } from './index.ts';
import { decodeManifest, encodeManifest } from './manifest.ts';

let count = 0;
const random = { next: () => 0.5, hex: (bytes: number) => String(count++).padStart(bytes * 2, '0') };
const plan = 'aaaaaaaa';

function setUp() {
  const objects = new MemoryStore();
  const store = new CheckpointStore({
    store: objects,
    incarnation: 'ns.job.12345678-1',
    clock: new VirtualClock(),
    random,
  });
  const save = (offset: number, text = `state at ${offset}`) =>
    store.save({
      task: 'aggregate-3',
      offset,
      generation: 2,
      planHash: plan,
      snapshot: Buffer.from(text),
      previous: [],
    });
  return { objects, store, save };
}

async function damage(
  objects: MemoryStore,
  end: string,
  change: (bytes: Uint8Array) => Uint8Array | null,
): Promise<void> {
  for (const { key } of await objects.list('')) {
    if (!key.endsWith(end)) continue;
    const bytes = (await objects.get(key)) ?? new Uint8Array();
    await objects.remove([key]);
    const changed = change(bytes);
    if (changed !== null) await objects.create(key, changed);
  }
}

test('a checkpoint is named by offset and generation, and comes back as it was', async () => {
  const { store, save } = setUp();
  const id = await save(4711);
  expect(parseCheckpointId(id)).toMatchObject({ offset: 4711, generation: 2 });
  const loaded = await store.load('aggregate-3', id, plan);
  expect(loaded).toMatchObject({ offset: 4711, previous: [] });
  expect('snapshot' in loaded && Buffer.from(loaded.snapshot).toString()).toBe('state at 4711');
});

test.each([
  ['its manifest is gone', '.manifest', () => null, /manifest is missing/],
  ['its manifest is cut', '.manifest', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 3), /torn/],
  ['its manifest is empty', '.manifest', () => new Uint8Array(), /not a checkpoint manifest/],
  ['its state is gone', '.state', () => null, /object .* is missing/],
  ['its state is cut', '.state', (bytes: Uint8Array) => bytes.subarray(1), /bytes and checksum/],
  [
    'a bit of its state is flipped',
    '.state',
    (bytes: Uint8Array) => bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
    /checksum/,
  ],
])('it is refused with the reason when %s', async (_name, end, change, reason) => {
  const { objects, store, save } = setUp();
  const id = await save(7);
  await damage(objects, end, change);
  expect(await store.load('aggregate-3', id, plan)).toMatchObject({
    id,
    reason: expect.stringMatching(reason) as string,
  });
});

test('a checkpoint of another plan is refused', async () => {
  const { store, save } = setUp();
  expect(await store.load('aggregate-3', await save(7), 'bbbbbbbb')).toMatchObject({
    reason: expect.stringMatching(/plan aaaaaaaa/) as string,
  });
});

test('candidates are those in range, highest offset first; one beyond the committed offset is none', async () => {
  const { store, save } = setUp();
  const ids = [await save(5), await save(500), await save(50), await save(5000)];
  expect(await store.candidates('aggregate-3', { minOffset: 6, maxOffset: 500 })).toEqual([ids[1], ids[2]]);
});

test('what is removed leaves nothing behind', async () => {
  const { objects, store, save } = setUp();
  const [first, second] = [await save(1), await save(2)];
  await store.remove('aggregate-3', [first]);
  const keys = (await objects.list('')).map(({ key }) => key);
  expect(keys).toHaveLength(2);
  expect(keys.every((key) => key.includes(second))).toBe(true);
});

test('any flipped bit of a manifest is noticed', () => {
  const manifest = {
    task: 't',
    incarnation: 'i',
    planHash: plan,
    offset: 1,
    generation: 1,
    createdAtMs: 0,
    objects: [],
    previous: [],
  };
  const good = encodeManifest(manifest);
  expect(decodeManifest(good)).toEqual(manifest);
  for (let bit = 0; bit < good.length * 8; bit++) {
    const bad = good.slice();
    bad[bit >> 3] = (bad[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => decodeManifest(bad), `bit ${bit}`).toThrow(/manifest/);
  }
});

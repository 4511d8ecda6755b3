import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { objectStoreCases } from '../../test/cases/object-store.cases.ts';
import { LocalStore, MemoryStore, StoreError } from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'streamjob-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ['memory', () => new MemoryStore()],
  ['local folder', () => new LocalStore(path.join(folder, 'store'))],
])('%s store', (_name, open) => {
  test.each(Object.entries(objectStoreCases))('%s', (_case, run) => run(open()));
});

test('a key cannot leave the folder', async () => {
  const store = new LocalStore(path.join(folder, 'inner'));
  await expect(store.create('../outside', new Uint8Array())).rejects.toThrow(/leaves the folder/);
});

test('a folder that cannot be written is named in the error', async () => {
  await writeFile(path.join(folder, 'file'), 'not a folder');
  const store = new LocalStore(path.join(folder, 'file', 'store'));
  const error = await store.create('a', new Uint8Array()).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(StoreError);
  expect(String(error)).toContain(`cannot write a in the folder ${store.location} (ENOTDIR)`);
});

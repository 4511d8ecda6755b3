// What every object store must do: one table, run over each adapter.
import { expect } from 'vitest';
import type { ObjectStore } from '../../runtime/checkpoint/index.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const objectStoreCases: Record<string, (store: ObjectStore) => Promise<void>> = {
  'gives back what was written, byte by byte': async (store) => {
    const body = Uint8Array.from({ length: 256 }, (_, i) => i);
    expect(await store.create('a/all-bytes', body)).toBe('created');
    expect(Buffer.from((await store.get('a/all-bytes')) ?? []).equals(Buffer.from(body))).toBe(true);
  },
  'keeps an empty object': async (store) => {
    await store.create('a/empty', bytes(''));
    expect((await store.get('a/empty'))?.length).toBe(0);
  },
  'never overwrites: the first writer wins': async (store) => {
    expect(await store.create('a/once', bytes('first'))).toBe('created');
    expect(await store.create('a/once', bytes('second'))).toBe('exists');
    expect(Buffer.from((await store.get('a/once')) ?? []).toString()).toBe('first');
  },
  'of two writers at once exactly one creates': async (store) => {
    const answers = await Promise.all([store.create('a/race', bytes('1')), store.create('a/race', bytes('2'))]);
    expect(answers.toSorted()).toEqual(['created', 'exists']);
  },
  'says null for what does not exist': async (store) => {
    expect(await store.get('a/nothing')).toBeNull();
  },
  'lists by prefix, in order, with sizes, and nothing beside it': async (store) => {
    for (const key of ['l/x/2', 'l/x/1', 'l/y', 'l/x-3']) await store.create(key, bytes(key));
    expect(await store.list('l/x/')).toEqual([
      { key: 'l/x/1', sizeBytes: 5 },
      { key: 'l/x/2', sizeBytes: 5 },
    ]);
    expect((await store.list('l/x')).map(({ key }) => key)).toEqual(['l/x-3', 'l/x/1', 'l/x/2']);
    expect(await store.list('m/')).toEqual([]);
  },
  'lists more than one page': async (store) => {
    const keys = Array.from({ length: 1_050 }, (_, i) => `p/${String(i).padStart(5, '0')}`);
    for (let from = 0; from < keys.length; from += 50)
      await Promise.all(keys.slice(from, from + 50).map((key) => store.create(key, bytes(key))));
    expect((await store.list('p/')).map(({ key }) => key)).toEqual(keys);
    await store.remove(keys);
    expect(await store.list('p/')).toEqual([]);
  },
  'removes what is there and takes no offence at what is not': async (store) => {
    await store.create('r/1', bytes('1'));
    await store.remove(['r/1', 'r/2']);
    expect(await store.get('r/1')).toBeNull();
  },
};

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cached, cacheRoot, contentHash } from './cache.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'streamjob-cache-'));
  vi.stubEnv('XDG_CACHE_HOME', folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('cached', () => {
  it('builds once for callers that ask at the same time, and not again', async () => {
    let builds = 0;
    const entry = {
      name: 'thing',
      inputs: ['a'],
      build: async (unfinished: string) => {
        builds += 1;
        writeFileSync(join(unfinished, 'file'), `build ${builds}`);
      },
    };
    const folders = await Promise.all([cached(entry), cached(entry), cached(entry)]);
    folders.push(await cached(entry));
    expect(builds).toBe(1);
    expect(new Set(folders).size).toBe(1);
    expect(readFileSync(join(folders[0] ?? '', 'file'), 'utf8')).toBe('build 1');
  });

  it('builds again for other inputs, and keeps the wanted number of results', async () => {
    const build = async (): Promise<void> => undefined;
    const folders: string[] = [];
    for (const input of ['a', 'b', 'c']) folders.push(await cached({ name: 'thing', inputs: [input], build, keep: 2 }));
    expect(new Set(folders).size).toBe(3);
    expect(folders.filter((path) => existsSync(path))).toHaveLength(2);
    expect(existsSync(folders[2] ?? '')).toBe(true);
  });

  it('takes nothing of a build that failed', async () => {
    const failing = async (unfinished: string): Promise<void> => {
      writeFileSync(join(unfinished, 'half'), '');
      throw new Error('no network');
    };
    await expect(cached({ name: 'thing', inputs: [], build: failing })).rejects.toThrow('no network');
    const path = await cached({ name: 'thing', inputs: [], build: async () => undefined });
    expect(existsSync(join(path, 'half'))).toBe(false);
    expect(path.startsWith(cacheRoot())).toBe(true);
  });
});

it('tells inputs apart that would be equal when put together', () => {
  expect(contentHash(['ab', 'c'])).not.toBe(contentHash(['a', 'bc']));
  expect(contentHash(['ab', 'c'])).toBe(contentHash([Buffer.from('ab'), 'c']));
});

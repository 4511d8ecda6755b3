// The folder outside the work tree in which the harness keeps what is slow to make (jars, binaries, images), by the hash of what it is made from.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from './file-lock.ts';

/** `${XDG_CACHE_HOME:-~/.cache}/streamjob`. */
export function cacheRoot(): string {
  const base = process.env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'streamjob');
}

/** 16 hex digits that stand for the given parts, in their order. */
export function contentHash(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

export interface CacheEntry {
  /** Says what the entry is; entries of one name replace each other. */
  readonly name: string;
  /** Everything the result depends on. */
  readonly inputs: readonly (string | Uint8Array)[];
  /** Fills the empty folder it is given. */
  readonly build: (folder: string) => Promise<void>;
  /** How many entries of this name stay, the latest used ones. Default 3. */
  readonly keep?: number;
}

/** The new one stays, and of the others those that were used last. */
function prune(root: string, { name, keep = 3 }: CacheEntry, newest: string): void {
  const entries = readdirSync(root)
    .filter((entry) => entry.startsWith(`${name}-`) && /^[0-9a-f]{16}$/.test(entry.slice(name.length + 1)))
    .map((entry) => ({ path: join(root, entry), usedAt: statSync(join(root, entry)).mtimeMs }))
    .filter(({ path }) => path !== newest)
    .sort((a, b) => b.usedAt - a.usedAt);
  for (const { path } of entries.slice(keep - 1)) rmSync(path, { recursive: true, force: true });
}

/** The folder of `entry`, built first when it is not there. Processes that ask at the same time wait for one build. */
export async function cached(entry: CacheEntry): Promise<string> {
  const root = join(cacheRoot(), 'build');
  const folder = join(root, `${entry.name}-${contentHash(entry.inputs)}`);
  const touch = (): void => utimesSync(folder, new Date(), new Date());
  if (existsSync(folder)) {
    touch();
    return folder;
  }
  return withFileLock(join(cacheRoot(), 'locks', `${entry.name}.lock`), async () => {
    if (existsSync(folder)) return folder;
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    await entry.build(unfinished);
    // A rename is all or nothing: what has the final name is complete, whatever interrupts a build.
    renameSync(unfinished, folder);
    touch();
    prune(root, entry, folder);
    return folder;
  });
}

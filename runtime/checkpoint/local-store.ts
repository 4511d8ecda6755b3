// Object store in a folder that all workers of the job share: one file per object, created atomically by link(2).
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { StoreError, type ObjectStore, type StoredObject } from './object-store.ts';

export class LocalStore implements ObjectStore {
  readonly location: string;

  constructor(folder: string) {
    this.location = path.resolve(folder);
  }

  async create(key: string, body: Uint8Array): Promise<'created' | 'exists'> {
    const file = this.#file(key);
    // Written beside and linked: a reader sees the whole object or none, and the link fails when the name is taken.
    const draft = `${file}.${randomBytes(6).toString('hex')}.tmp`;
    return this.#guard(`write ${key}`, async () => {
      await mkdir(path.dirname(file), { recursive: true });
      try {
        const handle = await open(draft, 'wx');
        try {
          await handle.writeFile(body);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await link(draft, file);
        return 'created';
      } catch (error) {
        if (codeOf(error) === 'EEXIST') return 'exists';
        throw error;
      } finally {
        await rm(draft, { force: true });
      }
    });
  }

  get(key: string): Promise<Uint8Array | null> {
    return this.#guard(`read ${key}`, async () => {
      try {
        return await readFile(this.#file(key));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null;
        throw error;
      }
    });
  }

  list(prefix: string): Promise<readonly StoredObject[]> {
    return this.#guard(`list ${prefix}`, async () => {
      const folder = this.#file(prefix.slice(0, prefix.lastIndexOf('/') + 1));
      const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
        if (codeOf(error) === 'ENOENT') return [];
        throw error;
      });
      const files = names.filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'));
      const keys = files.map((entry) =>
        path.relative(this.location, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
      );
      const wanted = keys.filter((key) => key.startsWith(prefix)).sort();
      return Promise.all(wanted.map(async (key) => ({ key, sizeBytes: (await stat(this.#file(key))).size })));
    });
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#guard(`delete ${keys.length} objects`, async () => {
      for (const key of keys) await rm(this.#file(key), { force: true });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #file(key: string): string {
    const file = path.join(this.location, key);
    if (file !== this.location && !file.startsWith(this.location + path.sep))
      throw new StoreError('Failed', `object key ${key} leaves the folder ${this.location}`);
    return file;
  }

  async #guard<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StoreError) throw error;
      const code = codeOf(error);
      const hint =
        code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
          ? 'the worker may not write there; mount a writable volume at spec.checkpoint.storage.local.path'
          : 'see the cause';
      throw new StoreError(
        code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'NotAuthorized' : 'Failed',
        `cannot ${what} in the folder ${this.location} (${code ?? String(error)}): ${hint}`,
        { cause: error },
      );
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

// A lock between processes. It rests on a lock of the kernel (taken through SQLite), so it ends with its holder, however that dies.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

const SQLITE_BUSY = 5;
const POLL_MS = 50;

function tryLock(path: string): DatabaseSync | null {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return null;
    throw new Error(`cannot take the lock ${path}: ${String(error)}`, { cause: error });
  }
}

/** Waits until this call alone holds the lock file `path` (made if absent). Resolves with the function that lets it go. */
export async function holdFileLock(path: string): Promise<() => void> {
  mkdirSync(dirname(path), { recursive: true });
  let held = tryLock(path);
  while (held === null) {
    await delay(POLL_MS);
    held = tryLock(path);
  }
  const lock = held;
  return () => {
    if (lock.isOpen) lock.close();
  };
}

/** Runs `action` while holding the lock file `path`. */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const release = await holdFileLock(path);
  try {
    return await action();
  } finally {
    release();
  }
}

// The npm packages that the image needs: those of the lock file that are not for development and are installed on this platform.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly link?: boolean }>>;
}

/** Ends of the names of files that nobody reads when a program runs; more than half of all. The Dockerfile deletes the same. */
export const UNUSED_ENDINGS: readonly string[] = ['.d.ts', '.d.cts', '.d.mts', '.map', '.md'];

/** The folders of the packages, relative to `root`, sorted. */
export function productionPackages(root: string): string[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as LockFile;
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && entry.dev !== true && entry.link !== true)
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)))
    .sort();
}

/** The files of one package that are of use when it runs, relative to `root`, without the packages nested in it. */
export function packageFiles(root: string, folder: string): string[] {
  const files: string[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      if (entry.name === 'node_modules') continue;
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) walk(child);
      else if (entry.isFile() && !UNUSED_ENDINGS.some((ending) => entry.name.endsWith(ending))) files.push(child);
    }
  };
  walk(folder);
  return files.sort();
}

// Which files of the project are in its image: .dockerignore says so, for Docker and for the builder here alike.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the work tree. */
export const PROJECT_ROOT = join(import.meta.dirname, '..', '..', '..');

export interface ImageFileRules {
  /** Files and folders at the root that are in the image. */
  readonly included: readonly string[];
  /** Whether a path below them is left out after all. */
  readonly excludes: (path: string) => boolean;
}

/** Reads the part of .dockerignore's language that ours uses: `*` first, then `!name` for names at the root, then `**` patterns that exclude again. */
export function parseDockerignore(text: string): ImageFileRules {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (lines[0] !== '*') throw new Error('.dockerignore must begin with `*`: everything that is in the image is listed');
  const included: string[] = [];
  const patterns: RegExp[] = [];
  for (const line of lines.slice(1)) {
    if (/^![\w.-]+$/.test(line)) included.push(line.slice(1));
    else if (/^\*\*\/[\w.*-]+$/.test(line)) {
      const name = line.slice('**/'.length).replaceAll('.', '\\.').replaceAll('*', '[^/]*');
      patterns.push(new RegExp(`(^|/)${name}(/|$)`));
    } else throw new Error(`.dockerignore: the image builder of the tests does not understand \`${line}\``);
  }
  return { included, excludes: (path) => patterns.some((pattern) => pattern.test(path)) };
}

/** The image's project files, relative to the root, sorted. */
export function imageFiles(root: string = PROJECT_ROOT): string[] {
  const { included, excludes } = parseDockerignore(readFileSync(join(root, '.dockerignore'), 'utf8'));
  const top = readdirSync(root, { withFileTypes: true }).filter((entry) => included.includes(entry.name));
  return top
    .flatMap((entry) => {
      if (!entry.isDirectory()) return [entry.name];
      return readdirSync(join(root, entry.name), { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => join(file.parentPath, file.name).slice(root.length + 1));
    })
    .filter((path) => !excludes(path))
    .sort();
}

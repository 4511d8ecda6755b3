// The files of the project: what git has or would add, or, where there is no git, what a walk finds.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NOT_OURS = new Set(['.git', '.streamjob', 'coverage', 'node_modules']);

/** Paths relative to the project, with forward slashes. */
export function projectFiles(): string[] {
  return (existsSync(join(root, '.git')) ? fromGit() : walk('')).sort();
}

export function readProjectFile(path: string): Buffer {
  return readFileSync(join(root, path));
}

function fromGit(): string[] {
  // The folder may belong to another user, as in a container.
  const trusting = ['-c', `safe.directory=${root.replace(/\/$/, '')}`];
  const output = execFileSync('git', [...trusting, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return output.split('\0').filter((path) => path !== '' && existsSync(join(root, path)));
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name)) return [];
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? walk(path) : [path];
  });
}

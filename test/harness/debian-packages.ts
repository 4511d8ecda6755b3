// Debian packages that the harness needs: installed when a program of theirs is missing, never otherwise touched.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { cacheRoot } from './cache.ts';
import { run } from './exec.ts';
import { withFileLock } from './file-lock.ts';

/** What is needed (a program on PATH, or an absolute file) → the Debian package that brings it. */
export type Needs = Readonly<Record<string, string>>;

// Debian keeps administrators' programs where a user's PATH may not look.
const EXTRA_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The absolute path of a program, or null when it is not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...EXTRA_FOLDERS];
  for (const folder of folders) {
    if (folder !== '' && existsSync(join(folder, name))) return join(folder, name);
  }
  return null;
}

function missingPackages(needs: Needs): string[] {
  const missing = Object.entries(needs).filter(([what]) =>
    what.startsWith('/') ? !existsSync(what) : findProgram(what) === null,
  );
  return [...new Set(missing.map(([, name]) => name))];
}

/** Installs Debian packages, which takes root on a Debian-like system. */
async function install(packages: readonly string[]): Promise<void> {
  const wanted = packages.join(' ');
  if (findProgram('apt-get') === null) {
    throw new Error(
      `the tests need the programs of the Debian packages ${wanted}, and this system has no apt-get: install them by hand`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new Error(
      `the tests need the Debian packages ${wanted}, and only root can install them: run \`apt-get install ${wanted}\` as root`,
    );
  }
  process.stderr.write(`test harness: installing Debian packages ${wanted}\n`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env });
  await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], { env });
}

/** Makes sure that `there` holds, by installing `packages` when it does not. */
export async function ensureInstalled(packages: readonly string[], there: () => Promise<boolean>): Promise<void> {
  if (await there()) return;
  await withFileLock(join(cacheRoot(), 'locks', 'apt.lock'), async () => {
    if (await there()) return;
    await install(packages);
    if (await there()) return;
    throw new Error(
      `the Debian packages ${packages.join(' ')} were installed, yet what the tests need of them is not there`,
    );
  });
}

/** Makes sure that everything named in `needs` is there, by installing just the packages that are missing. */
export async function ensurePackages(needs: Needs): Promise<void> {
  await ensureInstalled(missingPackages(needs), async () => missingPackages(needs).length === 0);
}

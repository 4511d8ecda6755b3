import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../exec.ts';
import { TarWriter } from './tar-writer.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'streamjob-tar-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const longName = `${'folder-with-a-name/'.repeat(12)}file-über.js`;

function write(name: string): { digest: string; sizeBytes: number } {
  const tar = new TarWriter(join(folder, name));
  tar.addFolder('tmp', 0o1777);
  tar.add('empty', '');
  tar.add('block', 'x'.repeat(512));
  tar.add(longName, 'long', 0o755);
  return tar.close();
}

it('writes what tar reads: names of any length, modes, contents', async () => {
  write('a.tar');
  const { stdout } = await run(
    'tar',
    ['--list', '--verbose', '--numeric-owner', '--utc', '--file', join(folder, 'a.tar')],
    {
      env: { LC_ALL: 'C.UTF-8', QUOTING_STYLE: 'literal' },
    },
  );
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/));
  expect(rows.map(([mode, owner, size]) => [mode, owner, size])).toEqual([
    ['drwxrwxrwt', '0/0', '0'],
    ['-rw-r--r--', '0/0', '0'],
    ['-rw-r--r--', '0/0', '512'],
    ['-rwxr-xr-x', '0/0', '4'],
  ]);
  const content = await run('tar', ['--extract', '--to-stdout', '--file', join(folder, 'a.tar'), longName], {
    env: { LC_ALL: 'C.UTF-8' },
  });
  expect(content.stdout).toBe('long');
});

it('gives the same bytes for the same files, and their digest', () => {
  const [first, second] = [write('b.tar'), write('c.tar')];
  expect(second).toEqual(first);
  const bytes = readFileSync(join(folder, 'b.tar'));
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(first.digest);
  expect(bytes.length).toBe(first.sizeBytes);
});

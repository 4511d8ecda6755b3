// No golden is forgotten: every file of this folder is run by some test file.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('every test file of the folder is named by a test, and in the README', () => {
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const tests = globSync('*.test.ts', { cwd }).map((name) => readFileSync(`${cwd}/${name}`, 'utf8'));
  const readme = readFileSync(`${cwd}/README.md`, 'utf8');
  for (const file of globSync('*.yaml', { cwd })) {
    expect(
      tests.some((text) => text.includes(`'${file}'`)),
      `a test that runs ${file}`,
    ).toBe(true);
    expect(readme).toContain(file);
  }
});

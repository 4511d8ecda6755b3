import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IMAGE_CONFIG } from '../image.ts';
import { imageFiles, parseDockerignore, PROJECT_ROOT } from './image-files.ts';
import { UNUSED_ENDINGS } from './production-packages.ts';

const dockerfile = readFileSync(join(PROJECT_ROOT, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
const instructions = (name: string): string[] =>
  dockerfile.split('\n').flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));

describe('the list of files in .dockerignore', () => {
  it('names what it includes, and excludes again below it', () => {
    const { included, excludes } = parseDockerignore('# why\n*\n!cli\n!package.json\n**/*.test.ts\n**/fixtures\n');
    expect(included).toEqual(['cli', 'package.json']);
    const paths = ['cli/main.ts', 'cli/a/b.test.ts', 'cli/test.ts', 'cli/fixtures/x.json', 'cli/fixtures-of.ts'];
    expect(paths.filter((path) => excludes(path))).toEqual(['cli/a/b.test.ts', 'cli/fixtures/x.json']);
  });

  it('is refused when it excludes in a way that is not understood', () => {
    expect(() => parseDockerignore('node_modules\n')).toThrow(/must begin with `\*`/);
    expect(() => parseDockerignore('*\n!a/b\n')).toThrow(/does not understand `!a\/b`/);
  });

  it('brings the code and what installs its packages, and no tests', () => {
    const files = imageFiles();
    expect(files).toEqual(expect.arrayContaining(['.npmrc', 'package-lock.json', 'package.json', 'runtime/clock.ts']));
    expect(new Set(files.filter((path) => path.includes('/')).map((path) => path.split('/')[0]))).not.toContain('test');
    expect(files.filter((path) => path.endsWith('.test.ts') || path.includes('node_modules'))).toEqual([]);
  });
});

describe('the Dockerfile and the builder of the tests', () => {
  it('take the same files', () => {
    expect(instructions('COPY').filter((line) => !line.startsWith('--from'))).toEqual([
      'package.json package-lock.json .npmrc ./',
      '. .',
    ]);
    const deleted = [...dockerfile.matchAll(/-name '\*([^']+)'/g)].map((match) => match[1]);
    expect(deleted).toEqual(UNUSED_ENDINGS);
  });

  it('run the same program in the same way', () => {
    expect(instructions('ENTRYPOINT')).toEqual([JSON.stringify(IMAGE_CONFIG.entrypoint).replaceAll(',', ', ')]);
    expect(instructions('USER')).toEqual([IMAGE_CONFIG.user]);
    expect(instructions('WORKDIR').at(-1)).toBe(IMAGE_CONFIG.workingDir);
    expect(instructions('ENV')).toEqual(IMAGE_CONFIG.env);
    expect(instructions('CMD')).toEqual(IMAGE_CONFIG.roles.map((role) => `["${role}"]`));
    expect(instructions('FROM').slice(-2)).toEqual(IMAGE_CONFIG.roles.map((role) => `app AS ${role}`));
  });
});

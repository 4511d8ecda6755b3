// All manifests that the project shows: as kubectl reads them (YAML 1.1) they must be valid, and mean what YAML 1.2 says.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isObject } from './problem.ts';
import { readManifests } from './manifests.ts';
import { validateStreamJob } from './validate.ts';

const ROOT = join(import.meta.dirname, '..');
const SAMPLES = globSync('config/samples/*.yaml', { cwd: ROOT }).sort();
const PAGES = ['README.md', ...globSync('docs/**/*.md', { cwd: ROOT }).sort()];

/** The yaml blocks of a page that show whole StreamJobs. */
function shownManifests(page: string): string[] {
  const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '');
  return blocks.filter((block) => /^kind: StreamJob\s*$/m.test(block) && /^apiVersion:/m.test(block));
}

function readIfThere(path: string): string {
  return globSync(path, { cwd: ROOT }).length === 0 ? '' : readFileSync(join(ROOT, path), 'utf8');
}

const TEXTS: [string, string][] = [
  ...SAMPLES.map((path): [string, string] => [path, readFileSync(join(ROOT, path), 'utf8')]),
  ...PAGES.flatMap((path) =>
    shownManifests(readIfThere(path)).map((text, index): [string, string] => [`${path}, block ${index + 1}`, text]),
  ),
];

describe('a manifest of the project', () => {
  test.each(TEXTS)('%s', (_, text) => {
    const documents = readManifests(text);
    const newer = parseAllDocuments(text, { version: '1.2' });
    expect(documents.map(({ value }) => value)).toEqual([...newer].map((document) => document.toJS() as unknown));
    const jobs = documents.filter(({ value }) => isObject(value) && value['kind'] === 'StreamJob');
    expect(jobs.length).toBeGreaterThan(0);
    for (const { value } of jobs) {
      const result = validateStreamJob(value);
      expect(result.ok ? [] : result.problems.map((problem) => problem.message)).toEqual([]);
    }
  });

  test('there are samples of a shuffled and of a direct job', () => {
    const modes = SAMPLES.flatMap((path) => readManifests(readFileSync(join(ROOT, path), 'utf8')))
      .map(({ value }) => validateStreamJob(value))
      .flatMap((result) => (result.ok ? [result.resolved.mode] : []));
    expect(new Set(modes)).toEqual(new Set(['shuffled', 'direct']));
  });
});

describe('reading', () => {
  test('an unquoted on becomes a boolean, a time stays text, empty documents are left out', () => {
    expect(readManifests('---\n---\nn: 1\nat: 2026-01-01T00:00:00Z\non: [y, "y"]\n')).toEqual([
      { index: 1, line: 3, value: { false: 1, at: '2026-01-01T00:00:00Z', true: [true, 'y'] } },
    ]);
  });

  test('a job with such names says what to do', () => {
    const text = readFileSync(join(ROOT, 'config/samples/user-metrics.yaml'), 'utf8').replace('pageViews:', 'n:');
    const [document] = readManifests(text);
    const result = validateStreamJob(document?.value);
    expect(result.ok ? [] : result.problems.map((problem) => problem.message)).toEqual([
      'spec.aggregates.false: a name must not be true or false: if you wrote a word, quote it: YAML reads an unquoted on, off, yes, no, y or n as a boolean; got "false"',
    ]);
  });

  test.each([
    ['a key twice', 'a: 1\na: 2\n', /not a YAML document: Map keys must be unique at line 2, column 1/],
    ['broken brackets', 'a: [1\n', /not a YAML document: .* at line/],
  ])('%s is refused with its place', (_, text, message) => {
    expect(() => readManifests(text)).toThrow(message);
  });
});

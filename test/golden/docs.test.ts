// The documentation keeps its word: its runnable examples are run.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { runCases } from './run-goldens.ts';
import { runnableExamples } from './runnable-examples.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root }).sort()];

for (const page of pages)
  for (const { firstLine, text } of runnableExamples(readFileSync(`${root}/${page}`, 'utf8')))
    await runCases({ name: `${page}:${firstLine}`, file: `${root}/${page}`, text, firstLine });

test('a fenced block that says so is runnable, others are not', () => {
  const page = [
    '# Page',
    '```yaml',
    '# runnable',
    'a: 1',
    '```',
    '```yaml',
    'b: 2',
    '```',
    '  ```yaml',
    '  # runnable',
    '  c: 3',
    '  ```',
  ];
  expect(runnableExamples(page.join('\n'))).toEqual([
    { firstLine: 3, text: '# runnable\na: 1' },
    { firstLine: 10, text: '# runnable\nc: 3' },
  ]);
});

// Makes a test of every case and variant of test files, through the code that `streamjob test` runs.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseTestFile } from '../../cli/case-file/read-test-file.ts';
import { failureLines } from '../../cli/case-run/report-lines.ts';
import { runCase } from '../../cli/case-run/run-case.ts';
import { VARIANTS } from '../../cli/case-run/variants.ts';

/** `name`: of a file in this folder. */
export async function runGolden(name: string): Promise<void> {
  const file = fileURLToPath(new URL(name, import.meta.url));
  await runCases({ name, file, text: await readFile(file, 'utf8') });
}

/** `file`: from where the text names other files; `firstLine`: of the text, in what `name` names. */
export async function runCases(source: {
  name: string;
  file: string;
  text: string;
  firstLine?: number;
}): Promise<void> {
  const { name, file, text, firstLine = 1 } = source;
  const { documents } = await parseTestFile(file, '\n'.repeat(firstLine - 1) + text);
  describe(`cases of ${name}`, () => {
    for (const { document, testCase } of documents.flatMap((document) =>
      document.cases.map((testCase) => ({ document, testCase })),
    ))
      test.each(VARIANTS)(`line ${testCase.line}: ${testCase.name} (%s)`, async (variant) => {
        const failure = await runCase(document, testCase, variant);
        expect(failure === null ? [] : failureLines(name, failure)).toEqual([]);
      });
  });
}

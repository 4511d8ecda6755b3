// Runs test files: every case in every variant that is asked for. What `streamjob test` and the project's own goldens go through.
import type { TestCase, TestDocument, TestFile } from '../case-file/test-file.ts';
import { type CaseFailure, runCase } from './run-case.ts';
import type { Variant } from './variants.ts';

export interface PlannedCase {
  readonly file: string;
  readonly document: TestDocument;
  readonly testCase: TestCase;
}

export interface CaseReport {
  readonly file: string;
  readonly testCase: TestCase;
  readonly durationMs: number;
  /** In the order in which the variants were run. */
  readonly runs: readonly { readonly variant: Variant; readonly failure: CaseFailure | null }[];
}

/** The cases of some files, in order; `filter`: those whose name contains it. */
export function casesOf(files: readonly TestFile[], filter = ''): readonly PlannedCase[] {
  return files.flatMap(({ file, documents }) =>
    documents.flatMap((document) =>
      document.cases.filter(({ name }) => name.includes(filter)).map((testCase) => ({ file, document, testCase })),
    ),
  );
}

export async function runInVariants(
  { file, document, testCase }: PlannedCase,
  variants: readonly Variant[],
): Promise<CaseReport> {
  const started = performance.now();
  const runs = [];
  for (const variant of variants) runs.push({ variant, failure: await runCase(document, testCase, variant) });
  return { file, testCase, runs, durationMs: performance.now() - started };
}

// Reads test files, runs their cases and tells of each as soon as it is over: the body of `streamjob test`.
import { readTestFile } from '../case-file/read-test-file.ts';
import { type TestFile, TestFileError } from '../case-file/test-file.ts';
import { CliError } from '../cli-error.ts';
import { jsonLine, passed, textLines } from './report-lines.ts';
import { casesOf, runInVariants } from './run-files.ts';
import type { Variant } from './variants.ts';

export interface RunTestFilesOptions {
  readonly files: readonly string[];
  readonly variants: readonly Variant[];
  /** Only the cases whose name contains it. */
  readonly filter: string;
  readonly output: 'text' | 'json';
  readonly write: (line: string) => void;
}

/** Resolves to the exit code. Throws CliError for a file that cannot be read and a filter that leaves nothing. */
export async function runTestFiles(options: RunTestFilesOptions): Promise<0 | 1> {
  const { variants, filter, output, write } = options;
  const started = performance.now();
  const read = await Promise.all(options.files.map((name) => readOrReport(name, options)));
  const files = read.filter((file) => file !== null);
  const wrong = read.length - files.length;
  const cases = casesOf(files, filter);
  if (cases.length === 0 && wrong === 0)
    throw new CliError(2, filter === '' ? 'the files hold no case' : `no case has "${filter}" in its name`);
  let failed = 0;
  for (const each of cases) {
    const report = await runInVariants(each, variants);
    if (!passed(report)) failed++;
    for (const line of output === 'json' ? [jsonLine(report)] : textLines(report)) write(line);
  }
  if (output === 'text') {
    const files = wrong === 0 ? '' : `, ${wrong} ${wrong === 1 ? 'file' : 'files'} that cannot be run`;
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    write(`${cases.length - failed} passed, ${failed} failed${files} (${seconds} s)`);
  }
  return failed + wrong === 0 ? 0 : 1;
}

/** Null when the file is wrong, which is told. */
async function readOrReport(name: string, { output, write }: RunTestFilesOptions): Promise<TestFile | null> {
  try {
    return await readTestFile(name);
  } catch (error) {
    if (!(error instanceof TestFileError)) throw error;
    const { file, problems, message } = error;
    write(output === 'json' ? JSON.stringify({ file, passed: false, problems }) : message);
    return null;
  }
}

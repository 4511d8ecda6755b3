// What is said of a case: one line when it is fine, and all that helps when it is not.
import type { CaseFailure } from './run-case.ts';
import type { CaseReport } from './run-files.ts';

export function passed({ runs }: CaseReport): boolean {
  return runs.every(({ failure }) => failure === null);
}

/** For people. */
export function textLines(report: CaseReport): readonly string[] {
  const { file, testCase, runs } = report;
  const name = `${file}:${testCase.line} ${testCase.name}`;
  if (passed(report)) return [`ok    ${name} (${runs.map(({ variant }) => variant).join(', ')})`];
  const failed = runs.flatMap(({ variant, failure }) => (failure === null ? [] : [{ variant, failure }]));
  const same = Map.groupBy(failed, ({ failure }) => failureLines(file, failure).join('\n'));
  return [
    `FAIL  ${name} (${failed.map(({ variant }) => variant).join(', ')})`,
    ...[...same].flatMap(([text, group]) => [
      ...(same.size === 1 ? [] : [`  ${group.map(({ variant }) => variant).join(', ')}:`]),
      ...text.split('\n').map((line) => `  ${line}`),
    ]),
  ];
}

/** The step and what was wrong with it. */
export function failureLines(file: string, { line, step, details }: CaseFailure): readonly string[] {
  return [`${file}:${line} ${step}`, ...details.map((detail) => `  ${detail}`)];
}

/** For programs: one object a case. */
export function jsonLine(report: CaseReport): string {
  const { file, testCase, runs, durationMs } = report;
  return JSON.stringify({
    file,
    line: testCase.line,
    case: testCase.name,
    passed: passed(report),
    durationMs: Math.round(durationMs),
    runs: runs.map(({ variant, failure }) => ({
      variant,
      passed: failure === null,
      ...(failure === null ? {} : { failure }),
    })),
  });
}

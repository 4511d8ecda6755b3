// What a test file says, checked: jobs, and cases of steps for them.
import type { ResolvedJob } from '../../crds/index.ts';
import type { Row } from './row-value.ts';

export interface TestFile {
  /** As it was given. */
  readonly file: string;
  readonly documents: readonly TestDocument[];
}

export interface TestDocument {
  readonly job: ResolvedJob;
  /** Of the source topic. */
  readonly partitions: number;
  readonly cases: readonly TestCase[];
}

export interface TestCase {
  readonly name: string;
  /** In the file, from 1. */
  readonly line: number;
  readonly steps: readonly Step[];
}

export interface SourceRecord {
  readonly key: string | null;
  /** As it is in the log. */
  readonly value: string | null;
  readonly partition: number;
  /** Null: the event time of the record, or the wall clock when there is none to be read. */
  readonly timestampMs: number | null;
  readonly headers: readonly { readonly key: string; readonly value: string | null }[];
}

/** Lines `from` to `to` (exclusive) of a file of JSON lines. */
export interface RecordsFile {
  /** Absolute. */
  readonly file: string;
  readonly keyField: string | null;
  readonly timestampField: string | null;
  readonly partitionField: string | null;
  readonly from: number;
  readonly to: number;
}

export type Step = { readonly line: number } & (
  | { readonly kind: 'record' | 'raw'; readonly record: SourceRecord }
  | { readonly kind: 'records'; readonly records: RecordsFile }
  | { readonly kind: 'advanceTime'; readonly ms: number }
  | { readonly kind: 'checkpoint' | 'crash' | 'endOfInput' }
  | { readonly kind: 'rescale'; readonly workers: number }
  | { readonly kind: 'expect'; readonly rows: readonly Row[] }
  | { readonly kind: 'expectLate' | 'expectBad'; readonly count: number }
);

export const STEP_NAMES = [
  'record',
  'raw',
  'records',
  'advanceTime',
  'checkpoint',
  'crash',
  'rescale',
  'endOfInput',
  'expect',
  'expectLate',
  'expectBad',
] as const satisfies readonly Step['kind'][];

/** Looks at what came out and changes nothing. */
export function isExpectation({ kind }: Step): boolean {
  return kind === 'expect' || kind === 'expectLate' || kind === 'expectBad';
}

export interface FileProblem {
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  /** `cases[0].steps[3].record.key`; empty for the document. */
  readonly path: string;
  readonly message: string;
}

/** A test file that cannot be run, with all that is wrong with it. */
export class TestFileError extends Error {
  readonly file: string;
  readonly problems: readonly FileProblem[];

  constructor(file: string, problems: readonly FileProblem[]) {
    super(problems.map((problem) => `${file}${describeProblem(problem)}`).join('\n'));
    this.name = 'TestFileError';
    this.file = file;
    this.problems = problems;
  }
}

/** `:12: cases[0].steps[3]: …`, to be put behind the name of the file. */
export function describeProblem({ line, path, message }: FileProblem): string {
  return `${line === 0 ? '' : `:${line}`}: ${path === '' ? '' : `${path}: `}${message}`;
}

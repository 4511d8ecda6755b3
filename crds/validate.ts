// `validateStreamJob`: the one way from a document to a job, with all problems at once.
import { parseWhere } from './expression/index.ts';
import { type Problem, show, valueAt } from './problem.ts';
import { resolve } from './resolve.ts';
import type { ResolvedJob } from './resolved-job.ts';
import { checkRules } from './rules/check.ts';
import { findNotSupportedYet } from './not-supported-yet.ts';
import { parseManifest } from './parse-manifest.ts';
import type { StreamJob } from './schema/stream-job.ts';

export type Validation =
  | { readonly ok: true; readonly job: StreamJob; readonly resolved: ResolvedJob }
  /** ≥ 1: shape first, then rules between fields, then parts that are not supported yet. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks a parsed document against the whole contract. Never throws for a bad document.
 * Shape, cross-field rules and parts of a later release are judged independently, so that one mistake does not hide another.
 */
export function validateStreamJob(input: unknown): Validation {
  const parsed = parseManifest(input);
  const problems = [
    ...parsed.problems,
    ...checkRules(input, parsed.problems),
    ...checkWhere(input),
    ...findNotSupportedYet(input),
  ];
  if (problems.length > 0 || parsed.job === null) return { ok: false, problems };
  const { job, filled } = parsed;
  return { ok: true, job, resolved: resolve(job.metadata, filled) };
}

const NOT_YET = 'not supported yet: ';

/** The filter must be an expression that the runtime evaluates: told here, before anything is started. */
function checkWhere(input: unknown): Problem[] {
  const value = valueAt(input, ['spec', 'where']);
  if (typeof value !== 'string' || value === '') return [];
  const parsed = parseWhere(value);
  if (parsed.ok) return [];
  const notYet = parsed.message.startsWith(NOT_YET);
  const what = parsed.message.slice(NOT_YET.length).replace(' in spec.where', '');
  return [
    {
      path: 'spec.where',
      rule: notYet ? 'notSupportedYet' : 'expression',
      value,
      message: notYet ? `${NOT_YET}spec.where: ${what}` : `spec.where: ${parsed.message}; got ${show(value)}`,
      reason: notYet ? 'NotSupportedYet' : 'InvalidSpec',
    },
  ];
}

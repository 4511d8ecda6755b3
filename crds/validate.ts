// `validateStreamJob`: the one way from a document to a job, with all problems at once.
import { checkExpressions } from './check-expressions.ts';
import type { Problem } from './problem.ts';
import { resolve } from './resolve.ts';
import type { ResolvedJob } from './resolved-job.ts';
import { checkRules } from './rules/check.ts';
import { findNotSupportedYet } from './not-supported-yet.ts';
import { parseManifest } from './parse-manifest.ts';
import type { StreamJob } from './schema/stream-job.ts';

export type Validation =
  | { readonly ok: true; readonly job: StreamJob; readonly resolved: ResolvedJob }
  /** ≥ 1: shape first, then rules between fields, expressions, and parts that are not supported yet. */
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Checks a parsed document against the whole contract. Never throws for a bad document.
 * Shape, cross-field rules, expressions and parts of a later release are judged independently, so that one mistake does not hide another.
 */
export function validateStreamJob(input: unknown): Validation {
  const parsed = parseManifest(input);
  const problems = [
    ...parsed.problems,
    ...checkRules(input, parsed.problems),
    ...checkExpressions(input),
    ...findNotSupportedYet(input),
  ];
  if (problems.length > 0 || parsed.job === null) return { ok: false, problems };
  const { job, filled } = parsed;
  return { ok: true, job, resolved: resolve(job.metadata, filled) };
}

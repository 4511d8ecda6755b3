// Runs the cross-field rules over a document.
import { matches } from '../not-supported-yet.ts';
import { type Problem, isObject, pathText, show } from '../problem.ts';
import { AGGREGATE_RULES } from './aggregate-rules.ts';
import { type Finding, type Rule, Shown } from './rule.ts';
import { SPEC_RULES } from './spec-rules.ts';
import { WINDOW_RULES } from './window-rules.ts';

/** Every rule between fields, in the order of the manifest's fields. */
export const RULES: readonly Rule[] = [...SPEC_RULES, ...WINDOW_RULES, ...AGGREGATE_RULES];

/**
 * Problems between fields. Independent of the schema: only what is of the right type is judged.
 * A place at which `known` already has a problem is not judged again, nor does one lack a field that is there misspelt.
 */
export function checkRules(input: unknown, known: readonly Problem[]): Problem[] {
  const taken = new Set(known.map((problem) => problem.path));
  const misspelt = new Set(
    known.flatMap((problem) => (problem.rule === 'unknownField' ? [parentOf(problem.path)] : [])),
  );
  return RULES.flatMap((rule) =>
    matches(input, rule.at === '' ? [] : rule.at.split('.'), []).flatMap(({ path, value }) => {
      if (!isObject(value)) return [];
      const verdict = rule.holds(value);
      if (verdict === true) return [];
      const at = [...path, ...(rule.field?.split('.') ?? [])];
      return [verdict].flat().flatMap((finding) => problemsOf(rule, at, finding));
    }),
  ).filter(({ path, value }) => !taken.has(path) && !(value === undefined && misspelt.has(path)));
}

function parentOf(path: string): string {
  return path.replace(/(\.[^.[\]]+|\[[^\]]+\])$/, '');
}

function problemsOf(rule: Rule, at: readonly PropertyKey[], finding: Finding): Problem[] {
  const path = pathText(finding.below === undefined ? at : [...at, finding.below]);
  const got = finding.got instanceof Shown ? finding.got.text : show(finding.got);
  const value = finding.got instanceof Shown ? finding.got.text : finding.got;
  return [{ path, rule: rule.id, value, message: `${path}: ${rule.text}; got ${got}`, reason: 'InvalidSpec' }];
}

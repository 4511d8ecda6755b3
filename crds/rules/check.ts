// Runs the cross-field rules over a document.
import { matches } from '../not-supported-yet.ts';
import { type Problem, isObject, pathText, show } from '../problem.ts';
import { AGGREGATE_RULES } from './aggregate-rules.ts';
import type { Rule } from './rule.ts';
import { SPEC_RULES } from './spec-rules.ts';
import { WINDOW_RULES } from './window-rules.ts';

/** Every rule between fields, in the order of the manifest's fields. */
export const RULES: readonly Rule[] = [...SPEC_RULES, ...WINDOW_RULES, ...AGGREGATE_RULES];

/**
 * Problems between fields. Independent of the schema: only what is of the right type is judged.
 * A place at which `known` already has a problem is not judged again.
 */
export function checkRules(input: unknown, known: readonly Problem[]): Problem[] {
  const taken = new Set(known.map((problem) => problem.path));
  return RULES.flatMap((rule) =>
    matches(input, rule.at === '' ? [] : rule.at.split('.'), []).flatMap(({ path, value }) => {
      if (!isObject(value)) return [];
      const verdict = rule.holds(value);
      if (verdict === true) return [];
      const where = pathText([...path, ...(rule.field?.split('.') ?? [])]);
      if (taken.has(where)) return [];
      const got = verdict === false ? value : verdict.got;
      const message = `${where}: ${rule.text}; got ${typeof got === 'string' && got.includes(', ') ? got : show(got)}`;
      return [{ path: where, rule: rule.id, value: got, message, reason: 'InvalidSpec' as const }];
    }),
  );
}

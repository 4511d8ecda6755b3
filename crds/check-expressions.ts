// Every expression of a manifest must be one that the runtime evaluates, to what stands there: told before anything is started.
import { type Expected, parseExpression } from './expression/index.ts';
import { matches } from './not-supported-yet.ts';
import { isObject, type Problem, pathText, show } from './problem.ts';
import { AGGREGATE_FUNCTIONS, SCALAR_FUNCTIONS } from './schema/aggregates.ts';

/** Where expressions stand, and what each must come to. */
const PLACES: readonly { readonly path: string; readonly expects: Expected }[] = [
  { path: 'spec.where', expects: 'condition' },
  { path: 'spec.aggregates.*.where', expects: 'condition' },
  ...AGGREGATE_FUNCTIONS.flatMap((fn): { path: string; expects: Expected }[] => [
    { path: `spec.aggregates.*.${fn}.of`, expects: SCALAR_FUNCTIONS.includes(fn) ? 'scalar' : 'number' },
    { path: `spec.aggregates.*.${fn}.where`, expects: 'condition' },
  ]),
];

/** Independent of the schema: what is no text, or empty, is its matter. */
export function checkExpressions(input: unknown): Problem[] {
  if (!isObject(input)) return [];
  return PLACES.flatMap(({ path: pattern, expects }) =>
    matches(input, pattern.split('.'), []).flatMap(({ path, value }) => {
      if (typeof value !== 'string' || value === '') return [];
      const parsed = parseExpression(value, expects);
      return parsed.ok ? [] : [problem(pathText(path), value, parsed.message)];
    }),
  );
}

function problem(path: string, value: string, message: string): Problem {
  return { path, rule: 'expression', value, message: `${path}: ${message}; got ${show(value)}`, reason: 'InvalidSpec' };
}

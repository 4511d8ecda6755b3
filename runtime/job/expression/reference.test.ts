// The reference page of expressions is run: every line of its examples is an expression, a record and a result.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FUNCTIONS, MACROS, parseExpression } from '../../../crds/index.ts';
import { runValue } from './testing/run-expression.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/reference/expressions.md'), 'utf8');

const EXAMPLES = [...PAGE.matchAll(/^```expressions\n([\s\S]*?)^```/gm)].flatMap((block) =>
  (block[1] ?? '')
    .trimEnd()
    .split('\n')
    .map((line): [string, string, string] => {
      const [expression = '', record = '', result = '', ...more] = line.split(' | ');
      if (result === '' || more.length > 0)
        throw new Error(`an example is "expression | record | result", not: ${line}`);
      return [expression, record, result];
    }),
);

const REFUSED = 'refused: ';

describe('the reference page is right about', () => {
  test.each(EXAMPLES)('%s of %s', (expression, json, result) => {
    const parsed = parseExpression(expression, 'scalar');
    const besides = JSON.parse(json) as Record<string, string | number>;
    const found = parsed.ok ? JSON.stringify(runValue(expression, { json, besides })) : `${REFUSED}${parsed.message}`;
    const expected = result.startsWith(REFUSED)
      ? result
      : JSON.stringify(result === 'error' ? 'error' : JSON.parse(result));
    expect(found).toBe(expected);
  });
});

test('every function and macro has an example', () => {
  const shown = EXAMPLES.map(([expression]) => expression).join('\n');
  const missing = [...FUNCTIONS.keys(), ...MACROS.keys(), 'has'].filter((name) => !shown.includes(`${name}(`));
  expect(missing).toEqual([]);
});

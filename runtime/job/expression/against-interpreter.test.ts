// The compiled form against the plain one, over random expressions and records; and comparisons against the CEL library itself.
import { evaluate } from '@marcbachmann/cel-js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../../crds/index.ts';
import { interpret, Unanswered } from './testing/interpret.ts';
import { runCondition, runValue } from './testing/run-expression.ts';
import type { Value } from './values.ts';
import { writeText } from './write-text.ts';

type Texts = Record<'number' | 'text' | 'condition' | 'list' | 'any', string>;

const of = (...choices: string[]) => fc.constantFrom(...choices);

/** Expressions that are mostly of the type that their place needs. */
const { condition, any, number } = fc.letrec<Texts>((tie) => {
  const join = (...parts: (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string> =>
    fc.tuple(...parts.map((part) => (typeof part === 'string' ? fc.constant(part) : part))).map((all) => all.join(''));
  const numbers = tie('number');
  const texts = tie('text');
  const conditions = tie('condition');
  const lists = tie('list');
  const anything = tie('any');
  const field = of(
    'a',
    'b',
    'c.d',
    'c',
    'l',
    'm',
    '$key',
    '$timestamp',
    '$headers.h',
    'm["x y"]',
    'l[0]',
    'l[1].p',
    'x',
  );
  const order = of(' < ', ' <= ', ' > ', ' >= ', ' == ', ' != ');
  return {
    any: fc.oneof({ depthSize: 'small' }, { weight: 3, arbitrary: field }, numbers, texts, conditions),
    number: fc.oneof(
      { depthSize: 'small' },
      of('1', '0', '2.5', '-3', 'a', 'b', 'c.d', 'l[0]', '$timestamp', 'x'),
      join('(', numbers, of(' + ', ' - ', ' * ', ' / ', ' % '), numbers, ')'),
      join('(', anything, ' + ', anything, ')'),
      join('-', numbers),
      join('(', conditions, ' ? ', numbers, ' : ', numbers, ')'),
      join('size(', fc.oneof(texts, lists, field), ')'),
      join(of('int(', 'double(', 'math.abs(', 'math.round(', 'math.floor('), numbers, ')'),
      join(of('math.least(', 'math.greatest('), numbers, ', ', numbers, ')'),
      join(texts, '.indexOf(', texts, ')'),
    ),
    text: fc.oneof(
      { depthSize: 'small' },
      of('"x"', '""', '"é😀"', 'a', 'b', '$key', '$headers.h', 'string(a)'),
      join('(', texts, ' + ', texts, ')'),
      join(texts, of('.trim()', '.upperAscii()', '.reverse()', '.substring(1)', '.replace("x", "yy")', '.charAt(0)')),
      join(lists, '.join("-")'),
    ),
    list: fc.oneof(
      { depthSize: 'small' },
      of('l', 'm', '[1, 2.5]', '["x", a]', '[]', '{"p": a, "q": 2}', 'a'),
      join(lists, '.filter(x, ', conditions, ')'),
      join(lists, '.map(x, ', anything, ')'),
      join(lists, '.map(x, ', conditions, ', ', anything, ')'),
      join(texts, '.split("x")'),
    ),
    condition: fc.oneof(
      { depthSize: 'small' },
      of('a', 'true', 'false', 'has(a)', 'has(c.d)', 'has(m["x y"])', 'has(l[1].p)', 'has($headers.h)', 'x'),
      join('(', numbers, order, numbers, ')'),
      join('(', texts, order, texts, ')'),
      join('(', anything, order, anything, ')'),
      join('(', conditions, of(' && ', ' || '), conditions, ')'),
      join('!', conditions),
      join('(', conditions, ' ? ', conditions, ' : ', conditions, ')'),
      join('(', anything, ' in ', fc.oneof(lists, of('[1, "x", null, true]', '["", "é😀"]')), ')'),
      join(texts, of('.contains(', '.startsWith(', '.endsWith('), texts, ')'),
      join(texts, '.matches("^[a-x]+$")'),
      join(lists, of('.all(x, ', '.exists(x, ', '.exists_one(x, '), conditions, ')'),
    ),
  };
});

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(0, 1, 2.5, -3, 1e300, '', 'x', 'xx', 'é😀', '"\\', '\ud800', true, false, null),
  fc.integer({ min: -3, max: 3 }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.record({ d: scalar, p: scalar, 'x y': scalar, ['__proto__']: scalar }, { requiredKeys: [] }),
);
const record = fc
  .record(
    {
      a: value,
      b: value,
      c: value,
      l: fc.oneof({ weight: 3, arbitrary: fc.array(value, { maxLength: 3 }) }, scalar),
      m: value,
      x: scalar,
    },
    { requiredKeys: [] },
  )
  .map((one) => JSON.stringify(one));
const besides = fc.record(
  {
    $key: fc.constantFrom('x', 'é😀', null),
    $timestamp: fc.constantFrom(0, 1),
    '$headers.h': fc.constantFrom('x', 'h'),
  },
  { requiredKeys: ['$timestamp'] },
);

/** By the plain interpreter: the value, or undefined when there is none. */
function plainly(text: string, expects: 'condition' | 'number' | 'scalar', json: string, more: object): unknown {
  const parsed = parseExpression(text, expects);
  if (!parsed.ok) throw new Error(parsed.message);
  const root = JSON.parse(json) as Value;
  const field = (path: string): Value | undefined => {
    if (path.startsWith('$')) return (more as Record<string, Value>)[path];
    let found: Value | undefined = root;
    for (const name of path.split('.')) {
      if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, name))
        return undefined;
      found = (found as Record<string, Value>)[name];
    }
    return found;
  };
  try {
    const found = interpret(parsed.expression, { field, variables: new Map() });
    if (expects === 'condition' && typeof found !== 'boolean') return undefined;
    if (found === null || typeof found === 'object') return undefined;
    // As the test reads bytes: a lone surrogate is no UTF-8. And −0 is 0.
    if (typeof found === 'string' && !found.isWellFormed()) {
      const bytes = Buffer.alloc(found.length * 3);
      return bytes.toString('utf8', 0, writeText(found, bytes, 0));
    }
    return typeof found === 'number' ? found + 0 : found;
  } catch (error) {
    if (error instanceof Unanswered) return undefined;
    throw error;
  }
}

const isTaken = (text: string, expects: 'condition' | 'number' | 'scalar') => parseExpression(text, expects).ok;

describe('what is compiled means what the expression means', () => {
  test('as a filter', () => {
    fc.assert(
      fc.property(condition, record, besides, (text, json, more) => {
        fc.pre(isTaken(text, 'condition'));
        const expected = plainly(text, 'condition', json, more);
        const outcome = expected === undefined ? 'failed' : expected === true ? 'yes' : 'no';
        expect(runCondition(text, { json, besides: more })).toBe(outcome);
      }),
      { numRuns: 4000 },
    );
  });

  test.each([
    ['number', number],
    ['scalar', any],
  ] as const)('as an input that is a %s', (expects, texts) => {
    fc.assert(
      fc.property(texts, record, besides, (text, json, more) => {
        fc.pre(isTaken(text, expects));
        const expected = plainly(text, expects, json, more);
        const found = runValue(text, { json, besides: more }, expects);
        expect(found === null || found === 'error' ? undefined : found).toEqual(expected);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('what is compiled means what it means to the CEL library', () => {
  const field = of('a', 'b', 'c.d');
  const { filter } = fc.letrec<{ filter: string }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small' },
      fc
        .tuple(field, of('==', '!='), of('1', '0', '2.5', '-1', '"x"', '""', 'true', 'null'))
        .map((parts) => parts.join(' ')),
      fc.tuple(field, of('<', '<=', '>', '>='), of('1.0', '0.0', '2.5', '-1.0')).map((parts) => parts.join(' ')),
      fc.tuple(field, of('<', '<=', '>', '>='), of('"x"', '"y"', '""')).map((parts) => parts.join(' ')),
      fc.tuple(field, of('[1, 2, -1]', '["x", ""]')).map((parts) => parts.join(' in ')),
      fc
        .tuple(field, of('.startsWith("x")', '.contains("y")', '.endsWith("")', '.size() > 0'))
        .map((parts) => parts.join('')),
      of('[a, b].exists(v, v == 1)', '[a, b].all(v, v == "x")', '[a, b].exists_one(v, v == true)'),
      of('a == true ? b == 1 : b == "x"'),
      fc.tuple(tie('filter'), of('&&', '||'), tie('filter')).map(([a, op, b]) => `(${a}) ${op} (${b})`),
      tie('filter').map((inner) => `!(${inner})`),
    ),
  }));
  const small = fc.constantFrom<unknown[]>(1, 0, 2.5, -1, 'x', 'xy', '', true, false, null);
  const json = fc
    .record(
      { a: small, b: small, c: fc.oneof(fc.record({ d: small }, { requiredKeys: [] }), small) },
      { requiredKeys: [] },
    )
    .map((one) => JSON.stringify(one));

  /** Numbers are doubles for it, as they are for us. */
  function theirs(text: string, record: string): string {
    try {
      const found: unknown = evaluate(text, JSON.parse(record) as Record<string, unknown>);
      return typeof found === 'boolean' ? (found ? 'yes' : 'no') : 'failed';
    } catch (error) {
      if (error instanceof Error && error.name === 'EvaluationError') return 'failed';
      throw error;
    }
  }

  test('as a filter', () => {
    fc.assert(
      fc.property(filter, json, (text, record) => {
        expect(runCondition(text, { json: record })).toBe(theirs(text, record));
      }),
      { numRuns: 2000 },
    );
  });
});

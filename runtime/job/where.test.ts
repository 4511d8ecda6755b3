import { evaluate } from '@marcbachmann/cel-js';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseWhere } from '../../crds/index.ts';
import { JsonScanner } from './json-scanner.ts';
import { compilePredicate, FAILED, NO, YES } from './where.ts';

const RESULTS = ['no', 'yes', 'failed'] as const;

function ours(text: string, json: string): string {
  const parsed = parseWhere(text);
  if (!parsed.ok) throw new Error(parsed.message);
  const scanner = new JsonScanner(parsed.fields);
  const evaluateHere = compilePredicate(parsed.predicate, scanner);
  const buffer = Buffer.from(` ${json} `);
  expect(scanner.scan(buffer, 1, buffer.length - 1)).toBe(0);
  return RESULTS[evaluateHere(buffer)]!;
}

/** By the library. Numbers are doubles for it, as they are for us. */
function theirs(text: string, json: string): string {
  try {
    const value: unknown = evaluate(text, JSON.parse(json) as Record<string, unknown>);
    return typeof value === 'boolean' ? RESULTS[value ? YES : NO] : 'failed';
  } catch (error) {
    if (error instanceof Error && error.name === 'EvaluationError') return RESULTS[FAILED];
    throw error;
  }
}

describe('filters', () => {
  test.each<[string, string, string, string]>([
    ['text', 'type == "page_view"', '{"type":"page_view"}', 'yes'],
    ['other text', 'type == "page_view"', '{"type":"page_vieW"}', 'no'],
    ['longer text', 'type == "page"', '{"type":"pages"}', 'no'],
    ['escaped text', 'type == "page_view"', '{"type":"pa\\u0067e_view"}', 'yes'],
    ['not equal', 'type != "a"', '{"type":"b"}', 'yes'],
    ['a number by value', 'c == 1', '{"c":1.0}', 'yes'],
    ['a double literal', 'c >= 1.5', '{"c":1.5}', 'yes'],
    ['a literal on the left', '10 > c', '{"c":9}', 'yes'],
    ['negative zero', 'c == 0', '{"c":-0}', 'yes'],
    ['a list', 'type in ["a", "b", 3]', '{"type":3}', 'yes'],
    ['not in a list', 'type in ["a", "b"]', '{"type":"c"}', 'no'],
    ['an empty list', 'type in []', '{"type":"c"}', 'no'],
    ['null', 'x == null', '{"x":null}', 'yes'],
    ['not null', 'x != null', '{"x":0}', 'yes'],
    ['a flag', 'flag', '{"flag":true}', 'yes'],
    ['not a flag', '!flag', '{"flag":true}', 'no'],
    ['a constant', 'true', '{}', 'yes'],
    ['a nested field', 'u.c == "DE"', '{"u":{"c":"DE"}}', 'yes'],
    ['two fields', 'a == b', '{"a":"x","b":"\\u0078"}', 'yes'],
    ['two fields of two types', 'a == b', '{"a":"1","b":1}', 'no'],
    ['order of text', 'a < "b"', '{"a":"ab"}', 'yes'],
    ['order of text beyond 16 bits goes by code point', 'a > "\uffff"', '{"a":"😀"}', 'yes'],
    ['order of flags', 'a < true', '{"a":false}', 'yes'],
    ['an order between types', 'a < 1', '{"a":"0"}', 'failed'],
    ['a missing field', 'a == 1', '{}', 'failed'],
    ['a missing field is no null', 'a == null', '{}', 'failed'],
    ['a missing field in a list', 'a in [1]', '{}', 'failed'],
    ['a missing parent', 'a.b == 1', '{"a":7}', 'failed'],
    ['text as a condition', 'a', '{"a":"true"}', 'failed'],
    ['an error is absorbed by what decides, behind it', 'a == 1 && b == 2', '{"b":3}', 'no'],
    ['an error is absorbed by what decides, before it', 'b == 2 || a == 1', '{"b":2}', 'yes'],
    ['an error is not absorbed by what does not decide', 'a == 1 && b == 2', '{"b":2}', 'failed'],
    ['the negation of an error is one', '!(a == 1)', '{}', 'failed'],
    ['presence', 'has(a.b)', '{"a":{"b":null}}', 'yes'],
    ['absence', 'has(a.b)', '{"a":{}}', 'no'],
    ['presence in what is no object', 'has(a.b)', '{"a":1}', 'failed'],
    ['whole objects are not compared', 'a == b', '{"a":{},"b":{}}', 'failed'],
  ])('%s', (_, text, json, expected) => expect(ours(text, json)).toBe(expected));

  const field = fc.constantFrom('a', 'b', 'c.d');
  const literal = fc.constantFrom('1', '0', '2.5', '-1', '"x"', '"y"', '""', 'true', 'false', 'null');
  const comparable = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small' },
      fc.tuple(field, fc.constantFrom('==', '!='), literal).map((parts) => parts.join(' ')),
      fc.tuple(field, comparable, fc.constantFrom('1', '0', '2.5', '-1')).map((parts) => parts.join(' ')),
      fc.tuple(field, comparable, fc.constantFrom('"x"', '"y"', '""')).map((parts) => parts.join(' ')),
      fc.tuple(field, fc.constantFrom('[1, 2, -1]', '["x", ""]')).map((parts) => parts.join(' in ')),
      fc
        .tuple(tie('condition'), fc.constantFrom('&&', '||'), tie('condition'))
        .map(([a, op, b]) => `(${a}) ${op} (${b})`),
      tie('condition').map((inner) => `!(${inner})`),
    ),
  }));
  const value = fc.oneof(
    fc.constantFrom(1, 0, 2.5, -1, 'x', 'y', '', true, false, null),
    fc.integer({ min: -2, max: 3 }),
  );
  const json = fc
    .record(
      { a: value, b: value, c: fc.oneof(fc.record({ d: value }, { requiredKeys: [] }), value) },
      { requiredKeys: [] },
    )
    .map((one) => JSON.stringify(one));

  test('they mean what they mean to the CEL library', () => {
    fc.assert(
      fc.property(condition, json, (text, record) => {
        expect(ours(text, record)).toBe(theirs(text, record));
      }),
      { numRuns: 2000 },
    );
  });
});

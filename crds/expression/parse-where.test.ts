import { describe, expect, test } from 'vitest';
import { parseWhere } from './parse-where.ts';

describe('parseWhere', () => {
  test.each<[string, string, readonly string[]]>([
    ['a comparison with text', 'type == "page_view"', ['type']],
    ['a nested field', "user.address.country != 'DE'", ['user.address.country']],
    ['logic, parentheses and numbers', '!(a < 1.5 || b >= -2) && c', ['a', 'b', 'c']],
    ['a list', 'type in ["a", "b", 3, null, true]', ['type']],
    ['two fields', 'a == b', ['a', 'b']],
    ['presence', 'has(a.b) && a.b > 0', ['a', 'a.b']],
    ['a constant', 'true', []],
    ['an unsigned integer', 'a == 3u', ['a']],
    ['null', 'a != null', ['a']],
    ['several lines', 'a == 1\n  && b == 2', ['a', 'b']],
  ])('takes %s', (_, text, fields) => {
    expect(parseWhere(text)).toMatchObject({ ok: true, fields });
  });

  test.each<[string, string, string]>([
    ['arithmetic', 'a == b + 1', 'not supported yet: arithmetic in spec.where at position 6'],
    ['a sign before a field', 'a == -b', 'not supported yet: arithmetic in spec.where at position 6'],
    ['a method', 'a.startsWith("x")', 'not supported yet: the function startsWith in spec.where at position 1'],
    ['a function', 'size(a) > 1', 'not supported yet: the function size in spec.where at position 1'],
    ['the conditional operator', 'a ? b : c', 'not supported yet: the operator ?: in spec.where at position 1'],
    ['an index', 'a["b"] == 1', 'not supported yet: an index in spec.where at position 1'],
    ['a list of fields', 'a in [b]', 'not supported yet: a field inside a list in spec.where at position 7'],
    [
      'membership in a field',
      '"x" in tags',
      'not supported yet: in with anything but a list such as ["a", "b"] in spec.where at position 8',
    ],
    [
      'a comparison of comparisons',
      '(a == 1) == true',
      'not supported yet: a condition as an operand in spec.where at position 2',
    ],
    ['bytes', 'a == b"x"', 'not supported yet: a bytes literal in spec.where at position 6'],
    ['text as a condition', 'a == 1 && "x"', 'a condition must be true or false, not "x", at position 11'],
    ['an order of null', 'a < null', 'null has no order: < cannot compare it at position 5'],
    ['an order between types', '1 < "a"', '< cannot compare 1 with "a" at position 1'],
    [
      'an integer that is not exact',
      'a == 9007199254740993',
      'an integer must be within ±(2^53 − 1), not 9007199254740993, at position 6',
    ],
    ['presence of a top-level field', 'has(a)', 'has takes one nested field, such as has(user.country), at position 1'],
    ['half an expression', 'a == ', 'not a CEL expression: Unexpected token: EOF at position 6'],
    ['a single =', 'a = 1', 'not a CEL expression: Unexpected character: = at position 3'],
    ['nothing', '', 'not a CEL expression: Unexpected token: EOF at position 1'],
  ])('refuses %s', (_, text, message) => {
    expect(parseWhere(text)).toMatchObject({
      ok: false,
      message,
      position: Number(/position (\d+)$/.exec(message)?.[1]),
    });
  });
});

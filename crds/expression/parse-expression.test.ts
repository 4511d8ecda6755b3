import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FUNCTIONS } from './functions.ts';
import { type Expected, parseExpression } from './parse-expression.ts';

describe('an expression that is taken', () => {
  test.each<[string, Expected, string, readonly string[]]>([
    ['a comparison with text', 'condition', 'type == "page_view"', ['type']],
    ['a nested field', 'condition', "user.address.country != 'DE'", ['user.address.country']],
    ['logic, parentheses and numbers', 'condition', '!(a < 1.5 || b >= -2) && c', ['a', 'b', 'c']],
    ['a list', 'condition', 'type in ["a", "b", 3, null, true]', ['type']],
    ['presence', 'condition', 'has(a.b) && a.b > 0', ['a', 'a.b']],
    ['presence of a field of the record', 'condition', 'has(a)', ['a']],
    ['presence of a header', 'condition', 'has($headers.tenant)', ['$headers.tenant']],
    ['presence inside a list', 'condition', 'has(items[0].price)', ['items']],
    ['a constant', 'condition', 'true', []],
    ['unsigned and hexadecimal integers', 'condition', 'a == 3u || a == 0x1F', ['a']],
    ['several lines with a comment', 'condition', 'a == 1 // "one"\n  && b == 2', ['a', 'b']],
    ['arithmetic', 'number', 'price * quantity - discount / 100 % 7', ['price', 'quantity', 'discount']],
    ['a field alone', 'number', 'price', ['price']],
    ['a sum of what may be text', 'scalar', 'a + b', ['a', 'b']],
    [
      'the parts of the record besides its value',
      'condition',
      '$key == "k" && $partition == 0 && $timestamp > 1',
      ['$key', '$partition', '$timestamp'],
    ],
    [
      'a header of any name',
      'condition',
      '$headers["content-type"] == $headers.a.b',
      ['$headers.content-type', '$headers.a.b'],
    ],
    [
      'a dollar sign in text, raw text, long text and comments',
      'condition',
      'a == "$key" || a == r\'$x\' || a == """$y""" // $z',
      ['a'],
    ],
    [
      'names that CEL has no letters for',
      'condition',
      '`user-id` == 1 && `größe`.x > 2 && a.`b-c` < 3',
      ['user-id', 'größe.x', 'a.b-c'],
    ],
    ['an index with a name', 'condition', 'a["b"]["c d"].e == 1', ['a.b.c d.e']],
    ['an index with a name that has a dot', 'condition', 'a["b.c"] == 1', ['a']],
    ['an index with a number', 'condition', 'a.b[0] == 1', ['a.b']],
    ['a macro, whose variable is no field', 'condition', 'items.exists(i, i.price > limit)', ['items', 'limit']],
    ['macros in each other', 'condition', 'a.all(x, b.exists(y, x == y && x != c))', ['a', 'b', 'c']],
    ['a field that is called like a variable elsewhere', 'condition', 'a.exists(x, x == 1) && x', ['a', 'x']],
    ['a variable named like a namespace', 'number', 'a.map(math, math).size()', ['a']],
    [
      'names that JavaScript knows',
      'condition',
      'constructor == 1 || a.__proto__ == 2 || toString == 3',
      ['constructor', 'a.__proto__', 'toString'],
    ],
    ['null in one branch', 'number', 'a > 0 ? a : null', ['a']],
    ['times', 'condition', 'timestamp(at) - timestamp("2026-01-01T00:00:00Z") < duration("1h30m")', ['at']],
    ['a map as a table', 'scalar', '{"a": 1, 2: "b", true: null}[kind]', ['kind']],
  ])('%s', (_, expects, text, fields) => {
    expect(parseExpression(text, expects)).toMatchObject({ ok: true, fields });
  });
});

describe('an expression that is refused', () => {
  test.each<[string, Expected, string, string]>([
    ['text as a condition', 'condition', 'a == 1 && "x"', 'a condition must be true or false, not "x", at position 11'],
    [
      'a number as a condition',
      'condition',
      'price + 1',
      'a condition must be true or false, not a number, at position 1',
    ],
    [
      'a sum as a condition',
      'condition',
      'a + b',
      'a condition must be true or false, not the result of +, at position 1',
    ],
    ['a condition as a number', 'number', 'a == b', 'the aggregate takes a number, not true or false, at position 1'],
    [
      'a list as an input',
      'scalar',
      '[a]',
      'the aggregate takes text, a number, true or false, not a list, at position 1',
    ],
    [
      'a time as an input',
      'scalar',
      ' duration("1s")',
      'the aggregate takes text, a number, true or false, not a duration: use string(…), at position 2',
    ],
    ['arithmetic on text', 'number', '"a" * 2', '* takes numbers, not text, at position 1'],
    ['arithmetic on the key', 'number', '1 + -$key', '- takes numbers, not text, at position 6'],
    ['text and a number', 'scalar', 'a.trim() + 1', '+ cannot add text and a number at position 1'],
    [
      'a sum of a condition',
      'scalar',
      'a + (b == c)',
      '+ takes numbers, text, lists or times, not true or false, at position 6',
    ],
    ['a time and a number', 'scalar', 'timestamp(a) + 1', '+ cannot add a timestamp and a number at position 1'],
    [
      'a difference the wrong way round',
      'scalar',
      'duration("1s") - timestamp(a)',
      '- cannot subtract a timestamp from a duration at position 1',
    ],
    ['an order of null', 'condition', 'a < null', 'null has no order: < cannot compare it at position 5'],
    ['an order of lists', 'condition', '[1] < a', 'a list has no order: < cannot compare it at position 1'],
    ['a comparison that is never true', 'condition', '1 == "a"', '== cannot compare 1 with "a" at position 1'],
    ['a time with a field', 'condition', 'timestamp(a) < b', '< cannot compare a timestamp with a value at position 1'],
    [
      'text in text',
      'condition',
      'a in "abc"',
      'in needs a list or a map on its right, not text: to look for text in text write b.contains(a), at position 6',
    ],
    ['text in numbers', 'condition', '"a" in [1, 2]', 'in cannot find text in a list of numbers at position 1'],
    [
      'an integer that is not exact',
      'condition',
      'a == 9007199254740993',
      'an integer must be within ±(2^53 − 1), not 9007199254740993, at position 6',
    ],
    [
      'bytes',
      'condition',
      'a == b"x"',
      'a bytes literal has nothing to be compared with, a record holds JSON: write text, "…", at position 6',
    ],
    [
      'has of an expression',
      'condition',
      'has(a + b)',
      'has takes one field, such as has(user.country), at position 1',
    ],
    ['has of two', 'condition', 'has(a, b)', 'has takes one field, such as has(user.country), at position 1'],
    ['an unknown function', 'condition', 'a == 1 && frobnicate(b)', 'unknown function frobnicate at position 11'],
    [
      'a misspelt method',
      'condition',
      'a == 1 && b.startWith("x")',
      'unknown function startWith (did you mean startsWith?) at position 13',
    ],
    [
      'a function under its other name',
      'number',
      'max(a, b)',
      'unknown function max (did you mean math.greatest?) at position 1',
    ],
    [
      'a misspelt function of math',
      'number',
      'math.flor(a)',
      'unknown function math.flor (did you mean math.floor?) at position 1',
    ],
    [
      'a method written as a function',
      'condition',
      'startsWith(a, "b")',
      'startsWith is written x.startsWith(…), not startsWith(…), at position 1',
    ],
    ['a function written as a method', 'number', 'a.int()', 'int is written int(x), not x.int(), at position 3'],
    [
      'a macro written as a function',
      'condition',
      'exists(a, b, true)',
      'exists is written list.exists(x, …), not exists(…), at position 1',
    ],
    ['too few arguments', 'condition', 'a.contains()', 'contains takes 1 argument, not 0, at position 1'],
    ['too many arguments', 'number', 'size(a, b)', 'size takes 1 argument, not 2, at position 1'],
    [
      'an argument of another type',
      'condition',
      'a.contains(1)',
      'contains takes text here, not a number, at position 12',
    ],
    [
      'a getter of a field',
      'number',
      'at.getHours()',
      'getHours takes a timestamp or a duration here, not a value: write timestamp(…) around it, at position 1',
    ],
    [
      'a zone that is none',
      'number',
      'timestamp(a).getHours("Mars/Olympus")',
      'not a time zone: "Mars/Olympus" (Europe/Berlin and +02:00 are) at position 23',
    ],
    [
      'a constant that is no time',
      'scalar',
      'string(timestamp("2026-02-30T00:00:00Z"))',
      'a timestamp is written like 2026-01-01T00:00:00Z, not "2026-02-30T00:00:00Z", at position 18',
    ],
    [
      'a constant that is no duration',
      'scalar',
      'string(duration("1 hour"))',
      'a duration is written like 1h30m or 250ms, not "1 hour", at position 17',
    ],
    [
      'a pattern that is none',
      'condition',
      'a.matches("(")',
      'not a pattern of RE2: error parsing regexp: missing closing ): `(` at position 11',
    ],
    [
      'a pattern that needs more than linear time',
      'condition',
      'a.matches("(a)\\\\1")',
      'not a pattern of RE2: error parsing regexp: invalid escape sequence: `\\1` at position 11',
    ],
    [
      'a macro without a condition',
      'condition',
      'a.all(x)',
      'all takes a variable and an expression over it: all(x, condition), at position 3',
    ],
    ['a macro over text', 'condition', '"abc".all(x, true)', 'all needs a list or a map, not text, at position 1'],
    [
      'a macro over a name of the record',
      'condition',
      'a.all($key, true)',
      'the first argument of all must be the name of a variable at position 7',
    ],
    [
      'a macro whose condition is none',
      'number',
      'a.filter(x, x * 2).size()',
      'a condition must be true or false, not a number, at position 13',
    ],
    [
      'an unknown part of the record',
      'condition',
      'a == 1 && $kee == 2',
      'a record has no $kee (did you mean $key?) at position 11',
    ],
    [
      'a part of the record that there is not',
      'condition',
      '$offset > 1',
      'a record has no $offset (known are $key, $partition, $timestamp and $headers.<name>) at position 1',
    ],
    [
      'the headers as a whole',
      'number',
      'size($headers)',
      '$headers must be followed by the name of a header: $headers.tenant or $headers["content-type"], at position 6',
    ],
    [
      'a header by a field',
      'condition',
      '$headers[a] == "x"',
      'the name of a header must be a literal such as "tenant" at position 10',
    ],
    ['a field of the key', 'condition', '$key.a == 1', '$key has no fields at position 1'],
    ['a field of text', 'condition', 'a.trim().b == 1', 'text has no field b at position 1'],
    ['an index of a number', 'condition', '(a * 2)[0] == 1', 'a number has no index at position 2'],
    [
      'an index of a list that is no number',
      'condition',
      'a.split(",")["x"] == "b"',
      'an index of a list must be a number, not text, at position 14',
    ],
    [
      'times among other values',
      'condition',
      'timestamp(a) in [1, timestamp(b)]',
      'items of a list must not mix times with anything else at position 21',
    ],
    [
      'a choice of a time and a number',
      'condition',
      '(a ? 1 : timestamp(b)) == 1',
      '?: must not choose between a number and a timestamp at position 6',
    ],
    [
      'a key of a map that is none',
      'scalar',
      '{[1]: 2}[a]',
      'a key of a map must be text, a number, true or false at position 2',
    ],
    [
      'types as values',
      'condition',
      'type(a) == int',
      'the function type is not supported (compare the value instead, or ask has(…)) at position 1',
    ],
    [
      'the time of day',
      'condition',
      'now() > a',
      'the function now is not supported (a result must depend on the records alone; $timestamp is the time of the record in Kafka) at position 1',
    ],
    [
      'backquotes around a path',
      'condition',
      'a == 1 || `b.c` == 2',
      'backquotes must hold one name without dots, such as `user-id`, not `b.c`, at position 11',
    ],
    ['half an expression', 'condition', 'a == ', 'not a CEL expression: Unexpected token: EOF at position 6'],
    ['a single =', 'condition', 'a = 1', 'not a CEL expression: Unexpected character: = at position 3'],
    [
      'optional fields',
      'condition',
      'a.?b == 1',
      'not a CEL expression: Expected IDENTIFIER, got QUESTION at position 3',
    ],
    ['nothing', 'condition', '', 'not a CEL expression: Unexpected token: EOF at position 1'],
  ])('%s', (_, expects, text, message) => {
    expect(parseExpression(text, expects)).toEqual({
      ok: false,
      message,
      position: Number(/position (\d+)$/.exec(message)?.[1]),
    });
  });
});

test('any text is taken or refused with a position in it', () => {
  const pieces = [
    'a|.b|["c"]|$key|$|`x y`|`|(|)|[|]|{|}|:|,|?|!|-|+|*|==|<|&&| in |"t"|"|1|1.5|2u|null|true|.exists(|.map(|has(|size(|x|//',
    '\n|"""|timestamp(|.getHours(|math.least(|.matches(|\\|ü|😀|.constructor|__proto__|hasOwnProperty(',
  ].flatMap((some) => some.split('|'));
  const piece = fc.constantFrom(...pieces, '||', "r'\\'");
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }),
      fc.constantFrom<Expected>('condition', 'number', 'scalar'),
      (some, expects) => {
        const text = some.join('');
        const parsed = parseExpression(text, expects);
        if (parsed.ok) return;
        expect(parsed.position).toBeGreaterThanOrEqual(1);
        expect(parsed.position).toBeLessThanOrEqual(text.length + 1);
      },
    ),
    { numRuns: 3000 },
  );
});

test('an expression that is too deep is refused, not a crash', () => {
  for (const text of [`${'('.repeat(1000)}a${')'.repeat(1000)}`, `${'!'.repeat(4000)}a`, `a${'+a'.repeat(2000)} > 1`]) {
    expect(parseExpression(text, 'condition')).toMatchObject({ ok: false });
  }
  expect(parseExpression(`a${' || a'.repeat(800)}`, 'condition')).toMatchObject({ ok: true });
});

test('every function is checked for what it takes', () => {
  for (const [name, { form, params }] of FUNCTIONS) {
    const wrong = form === 'method' ? `null.${name}()` : `${name}(null)`;
    expect(parseExpression(wrong, 'scalar')).toMatchObject({ ok: false });
    expect(params.length).toBeGreaterThan(0);
  }
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalText, parseRowValue, type Row, showValue } from '../case-file/row-value.ts';
import { compareRows, describeDifference } from './compare-rows.ts';

const row = (text: string): Row => parseRowValue(text) as Row;
const compare = (expected: readonly string[], actual: readonly string[]) =>
  compareRows(expected.map(row), actual.map(row), ['k']);
const told = (expected: readonly string[], actual: readonly string[]): readonly string[] => {
  const difference = compare(expected, actual);
  return difference === null ? [] : describeDifference(difference);
};

test.each([
  ['order of rows and fields does not matter', ['{"a":1,"b":2}', '{"c":3}'], ['{"c":3}', '{"b":2,"a":1}']],
  ['numbers are the same by value', ['{"a":2}', '{"b":-0}', '{"c":1e2}'], ['{"a":2.0}', '{"b":0}', '{"c":100}']],
  [
    'integers of any size too',
    ['{"a":9007199254740993}', '{"b":1e20}'],
    ['{"a":9007199254740993}', '{"b":100000000000000000000}'],
  ],
])('%s', (_name, expected, actual) => {
  expect(compare(expected, actual)).toBeNull();
});

test.each([
  ['1 is not "1"', ['{"a":1}'], ['{"a":"1"}']],
  ['null is not absent', ['{"a":1,"b":null}'], ['{"a":1}']],
  ['neighbours beyond 2^53 differ', ['{"a":9007199254740993}'], ['{"a":9007199254740992}']],
  ['a row twice is not a row once', ['{"a":1}', '{"a":1}'], ['{"a":1}']],
  ['a row once is not a row twice', ['{"a":1}'], ['{"a":1}', '{"a":1}']],
])('%s', (_name, expected, actual) => {
  expect(compare(expected, actual)).not.toBeNull();
});

test('a row of the same key is shown beside what was expected, with what differs', () => {
  expect(told(['{"k":"a","windowStart":0,"n":2}'], ['{"k":"a","windowStart":0,"n":3,"x":1}'])).toEqual([
    'expected    {k: a, windowStart: 0, "n": 2}',
    'came out    {k: a, windowStart: 0, "n": 3, x: 1}',
    '  differs   n: 2 → 3, x: absent → 1',
  ]);
});

test('rows that have little in common stand alone', () => {
  expect(told(['{"k":"a","w":0,"s":2}'], ['{"k":"b","w":0,"s":3}'])).toEqual([
    'missing     {k: a, w: 0, s: 2}',
    'unexpected  {k: b, w: 0, s: 3}',
  ]);
});

test('of several rows of a key the nearest is shown', () => {
  const expected = ['{"k":"a","w":0,"s":1}', '{"k":"a","w":10,"s":5}'];
  const actual = ['{"k":"a","w":10,"s":6}', '{"k":"a","w":0,"s":2}'];
  expect(told(expected, actual).filter((line) => line.includes('differs'))).toEqual([
    '  differs   s: 1 → 2',
    '  differs   s: 5 → 6',
  ]);
});

test('long differences are cut', () => {
  const rows = Array.from({ length: 30 }, (_, index) => `{"k":"k${index}"}`);
  expect(told(rows, [])).toHaveLength(21);
  expect(told(rows, []).at(-1)).toBe('… and 10 more');
});

test('two values have the same text exactly if JSON has them equal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [x, y] = [JSON.stringify(a), JSON.stringify(b)];
      const same = canonicalText(parseRowValue(x)) === canonicalText(parseRowValue(y));
      expect(canonicalText(parseRowValue(x))).toBe(canonicalText(parseRowValue(x)));
      expect(same).toBe(sorted(JSON.parse(x)) === sorted(JSON.parse(y)));
    }),
  );
});

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value === 0 ? 0 : value);
  return `{${Object.entries(value)
    .map(([key, field]) => `${JSON.stringify(key)}:${sorted(field)}`)
    .sort()
    .join()}}`;
}

test('what is shown can be put into a test file', () => {
  expect(showValue(row('{"k":"a b","n":"yes","l":[1,null,true],"o":{"x":"y"},"t":"plain"}'))).toBe(
    '{k: "a b", "n": "yes", l: [1, null, true], o: {x: "y"}, t: plain}',
  );
});

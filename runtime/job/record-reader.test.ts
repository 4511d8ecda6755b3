import { describe, expect, test } from 'vitest';
import { badRecordMessage } from './bad-record.ts';
import { cursorOver, planOf, type Sent, type SpecParts } from './plan-world.cases.ts';
import { BAD, FILTERED, NULL_VALUE, OK } from './record-reader.ts';

const NAMES = new Map([
  [OK, 'ok'],
  [FILTERED, 'filtered'],
  [NULL_VALUE, 'null'],
  [BAD, 'bad'],
]);

function readOne(spec: SpecParts, sent: Sent): string {
  const reader = planOf(spec).newReader(0);
  const cursor = cursorOver([sent]);
  cursor.next();
  const outcome = reader.read(cursor);
  return outcome === BAD ? `${reader.badReason}: ${badRecordMessage(reader.describeBad(cursor))}` : NAMES.get(outcome)!;
}

describe('reading records', () => {
  const where = 'v > 0';
  test.each<[string, SpecParts, Sent, string]>([
    ['a good one', {}, { value: '{"k":"a","ts":1,"v":2}' }, 'ok'],
    ['a null value', {}, { value: null }, 'null'],
    ['an empty value', {}, { value: '' }, 'malformed: the value must be one valid JSON document, got '],
    ['broken JSON', {}, { value: '{broken' }, 'malformed: the value must be one valid JSON document, got {broken'],
    ['a list', {}, { value: '[1]' }, 'notAnObject: the value must be a JSON object, got [1]'],
    [
      'no time',
      {},
      { value: '{"k":"a"}' },
      'eventTimeMissing: ts: the event time must not be null or absent, got nothing',
    ],
    [
      'a null time',
      {},
      { value: '{"k":"a","ts":null}' },
      'eventTimeMissing: ts: the event time must not be null or absent, got null',
    ],
    [
      'an odd time',
      {},
      { value: '{"k":"a","ts":"soon"}' },
      'eventTimeType: ts: the event time must be a number or the text of one, got soon',
    ],
    [
      'a wild time',
      {},
      { value: '{"k":"a","ts":1e300}' },
      'eventTimeRange: ts: the event time must be within ±8.64e15 milliseconds of 1970, got 1e300',
    ],
    ['no key', {}, { value: '{"ts":1}' }, 'keyMissing: k: a key must not be null or absent, got nothing'],
    [
      'an object as key',
      {},
      { value: '{"ts":1,"k":{}}' },
      'keyType: k: a key must be text, a number, true or false, got an object',
    ],
    [
      'text as input',
      {},
      { value: '{"k":"a","ts":1,"v":"2"}' },
      'inputType: v: an aggregate input must be of a type that the aggregate takes, got 2',
    ],
    [
      'an inexact input',
      {},
      { value: '{"k":"a","ts":1,"v":9007199254740993}' },
      'inputRange: v: an aggregate input must be a number within ±(2^53 − 1), got 9007199254740993',
    ],
    ['an inexact number nobody reads', {}, { value: '{"k":"a","ts":1,"id":9007199254740993}' }, 'ok'],
    ['a null input', {}, { value: '{"k":"a","ts":1,"v":null}' }, 'ok'],
    ['one the filter leaves out', { where }, { value: '{"k":"a","ts":1,"v":0}' }, 'filtered'],
    [
      'one left out is judged on its time',
      { where },
      { value: '{"k":"a","ts":true,"v":0}' },
      'eventTimeType: ts: the event time must be a number or the text of one, got true or false',
    ],
    [
      'one left out is not judged on its key or input',
      { where: 'x == 1' },
      { value: '{"ts":1,"v":"bad","x":2}' },
      'filtered',
    ],
    ['one the filter cannot judge', { where }, { value: '{"k":"a","ts":1}' }, 'filtered'],
    [
      'a count of a list',
      { aggregates: { n: { count: { field: 'v' } } } },
      { value: '{"k":"a","ts":1,"v":[]}' },
      'inputType: v: an aggregate input must be of a type that the aggregate takes, got a list',
    ],
    ['a count of text', { aggregates: { n: { count: { field: 'v' } } } }, { value: '{"k":"a","ts":1,"v":"x"}' }, 'ok'],
    [
      'a null record key',
      { keyBy: ['$key'] },
      { value: '{"ts":1}' },
      'keyMissing: $key: a key must not be null or absent, got nothing',
    ],
    ['an empty record key', { keyBy: ['$key'] }, { key: '', value: '{"ts":1}' }, 'ok'],
    [
      'no record timestamp',
      { eventTime: null },
      { value: '{"k":"a"}', timestampMs: -1 },
      'eventTimeMissing: the event time must not be null or absent, got nothing',
    ],
    ['a record timestamp', { eventTime: null }, { value: '{"k":"a"}', timestampMs: 0 }, 'ok'],
  ])('%s', (_, spec, sent, expected) => expect(readOne(spec, sent)).toBe(expected));

  test('a filter that cannot be evaluated is counted', () => {
    const reader = planOf({ where }).newReader(0);
    const cursor = cursorOver([
      { value: '{"k":"a","ts":1}' },
      { value: '{"k":"a","ts":1,"v":0}' },
      { value: '{"k":"a","ts":1,"v":5}' },
    ]);
    const outcomes: number[] = [];
    while (cursor.next()) outcomes.push(reader.read(cursor));
    expect([outcomes, reader.whereErrors]).toEqual([[FILTERED, FILTERED, OK], 1]);
  });

  test('inputs of one record do not leak into the next', () => {
    const reader = planOf({
      aggregates: { a: { count: {} }, b: { count: { field: 'v' } }, c: { max: { field: 'v' } } },
    }).newReader(0);
    const cursor = cursorOver([
      { value: '{"k":"a","ts":1,"v":5}' },
      { value: '{"k":"a","ts":1}' },
      { value: '{"k":"a","ts":1,"v":-0}' },
    ]);
    const inputs: number[][] = [];
    while (cursor.next()) {
      reader.read(cursor);
      inputs.push([...reader.inputs]);
    }
    expect(inputs).toEqual([
      [1, 1, 5],
      [1, Number.NaN, Number.NaN],
      [1, 1, 0],
    ]);
  });
});

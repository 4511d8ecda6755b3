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
  const watermark = { maxFuture: '10s' };
  const iso = { field: 'ts', unit: 'iso8601' };
  const inHeader = { field: '$headers.at', unit: 'ms' };
  const price = { s: { sum: { of: 'p * q' } } };
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
    ['a time as far ahead as may be', { watermark }, { value: '{"k":"a","ts":10100}', timestampMs: 100 }, 'ok'],
    [
      'a time too far ahead',
      { watermark },
      { value: '{"k":"a","ts":10101}', timestampMs: 100 },
      'eventTimeFuture: ts: the event time must not be further ahead of the Kafka timestamp than watermark.maxFuture, got 10101 at Kafka timestamp 100',
    ],
    [
      'a time too far ahead of a record that the filter leaves out',
      { watermark, where },
      { value: '{"k":"a","ts":10101,"v":0}', timestampMs: 100 },
      'eventTimeFuture: ts: the event time must not be further ahead of the Kafka timestamp than watermark.maxFuture, got 10101 at Kafka timestamp 100',
    ],
    ['any time without a Kafka timestamp', { watermark }, { value: '{"k":"a","ts":1e15}', timestampMs: -1 }, 'ok'],
    ['any time when nothing is too far', { watermark: { maxFuture: '0s' } }, { value: '{"k":"a","ts":1e15}' }, 'ok'],
    ['a time behind its Kafka timestamp', { watermark }, { value: '{"k":"a","ts":1}', timestampMs: 1e12 }, 'ok'],
    ['ISO 8601', { eventTime: iso }, { value: '{"k":"a","ts":"1970-01-01T00:00:01Z"}' }, 'ok'],
    [
      'what is no ISO 8601',
      { eventTime: iso },
      { value: '{"k":"a","ts":1000}' },
      'eventTimeFormat: ts: the event time must be ISO 8601 text such as 2026-01-31T23:59:58.123Z, got 1000',
    ],
    ['a time in a header', { eventTime: inHeader }, { value: '{"k":"a"}', headers: [['at', '12']] }, 'ok'],
    [
      'no time in a header',
      { eventTime: inHeader },
      { value: '{"k":"a"}', headers: [['At', '12']] },
      'eventTimeMissing: $headers.at: the event time must not be null or absent, got nothing',
    ],
    [
      'an odd time in a header',
      { eventTime: inHeader },
      { value: '{"k":"a"}', headers: [['at', 'noon']] },
      'eventTimeType: $headers.at: the event time must be a number or the text of one, got noon',
    ],
    ['a header as key', { keyBy: ['$headers.t'] }, { value: '{"ts":1}', headers: [['t', 'é']] }, 'ok'],
    ['an empty header as key', { keyBy: ['$headers.t'] }, { value: '{"ts":1}', headers: [['t', '']] }, 'ok'],
    [
      'a null header as key',
      { keyBy: ['$headers.t'] },
      { value: '{"ts":1}', headers: [['t', null]] },
      'keyMissing: $headers.t: a key must not be null or absent, got null',
    ],
    [
      'no header as key',
      { keyBy: ['$headers.t'] },
      { value: '{"ts":1}' },
      'keyMissing: $headers.t: a key must not be null or absent, got nothing',
    ],
    [
      'a header that is no text as key',
      { keyBy: ['$headers.t'] },
      { value: '{"ts":1}', headers: [['t', Uint8Array.of(0x61, 0xff)]] },
      'keyType: $headers.t: a key must be text, a number, true or false, got a\ufffd',
    ],
    ['the partition as key', { keyBy: ['$partition'] }, { value: '{"ts":1}' }, 'ok'],
    [
      'no timestamp as event time',
      { eventTime: { field: '$timestamp', unit: 'ms' } },
      { value: '{"k":"a"}', timestampMs: -1 },
      'eventTimeMissing: $timestamp: the event time must not be null or absent, got nothing',
    ],
    [
      'no timestamp in a filter',
      { where: '$timestamp >= 0' },
      { value: '{"k":"a","ts":1}', timestampMs: -1 },
      'filtered',
    ],
    [
      'a filter on the envelope',
      { where: '$key == "u" && $headers.t == "x" && $partition == 0' },
      { key: 'u', value: '{"k":"a","ts":1}', headers: [['t', 'x']] },
      'ok',
    ],
    [
      'a filter on the envelope that leaves out',
      { where: '$timestamp > 5' },
      { value: '{"k":"a","ts":1}', timestampMs: 5 },
      'filtered',
    ],
    ['a null key in a filter', { where: '$key == null' }, { value: '{"k":"a","ts":1}' }, 'ok'],
    [
      'a list as first',
      { aggregates: { f: { first: { field: 'v' } } } },
      { value: '{"k":"a","ts":1,"v":[1]}' },
      'inputType: v: an aggregate input must be of a type that the aggregate takes, got a list',
    ],
    [
      'an inexact number as first',
      { aggregates: { f: { first: { field: 'v' } } } },
      { value: '{"k":"a","ts":1,"v":9007199254740993}' },
      'inputRange: v: an aggregate input must be a number within ±(2^53 − 1), got 9007199254740993',
    ],
    [
      'a header that is no text as first',
      { aggregates: { f: { first: { field: '$headers.t' } } } },
      { value: '{"k":"a","ts":1}', headers: [['t', Uint8Array.of(0xff)]] },
      'inputType: $headers.t: an aggregate input must be of a type that the aggregate takes, got \ufffd',
    ],
    [
      'a bad input that a filter keeps out',
      { aggregates: { s: { sum: { field: 'v' }, where: 't == "x"' } } },
      { value: '{"k":"a","ts":1,"v":"bad","t":"y"}' },
      'ok',
    ],
    [
      'a bad input that a filter lets in',
      { aggregates: { s: { sum: { field: 'v' }, where: 't == "x"' } } },
      { value: '{"k":"a","ts":1,"v":"bad","t":"x"}' },
      'inputType: v: an aggregate input must be of a type that the aggregate takes, got bad',
    ],
    ['an expression', { aggregates: price }, { value: '{"k":"a","ts":1,"p":2,"q":3}' }, 'ok'],
    ['an expression over null', { aggregates: price }, { value: '{"k":"a","ts":1,"p":2,"q":null}' }, 'ok'],
    ['an expression over nothing', { aggregates: price }, { value: '{"k":"a","ts":1}' }, 'ok'],
    [
      'an expression over text',
      { aggregates: price },
      { value: '{"k":"a","ts":1,"p":"2","q":3}' },
      'inputType: p * q: an aggregate input must be of a type that the aggregate takes, got p = 2, q = 3',
    ],
    [
      'an expression that grows too large',
      { aggregates: price },
      { value: '{"k":"a","ts":1,"p":9007199254740991,"q":3}' },
      'inputRange: p * q: an aggregate input must be a number within ±(2^53 − 1), got 27021597764222972',
    ],
    [
      'an expression that is not finite',
      { aggregates: price },
      { value: '{"k":"a","ts":1,"p":1e300,"q":1e300}' },
      'inputRange: p * q: an aggregate input must be a number within ±(2^53 − 1), got Infinity',
    ],
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

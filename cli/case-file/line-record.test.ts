import { expect, test } from 'vitest';
import { keyPartitioner } from '../clickstream/key-partition.ts';
import { eventTimeOf } from './event-time-of.ts';
import { lineRecord } from './line-record.ts';

const fields = { keyField: 'user.id', timestampField: 't', partitionField: 'p' };

test('key, time and partition are fields of the line; the line is the value', () => {
  const line = '{"user": {"id": "u1"}, "t": 17.9, "p": 2}';
  expect(lineRecord(line, fields, 3)).toEqual({ key: 'u1', value: line, partition: 2, timestampMs: 17, headers: [] });
});

test('a key that is no text is taken as JSON writes it; null is no key', () => {
  expect(lineRecord('{"user":{"id":1.5}}', fields, 1).key).toBe('1.5');
  expect(lineRecord('{"user":{"id":true}}', fields, 1).key).toBe('true');
  expect(lineRecord('{"user":{"id":null}}', fields, 1).key).toBeNull();
  expect(lineRecord('{"user":7}', fields, 1).key).toBeNull();
});

test('without a partition field the key goes where murmur2 producers put it, and no key into the first', () => {
  const partitionOf = keyPartitioner(7);
  for (let user = 0; user < 50; user++)
    expect(lineRecord(`{"user":{"id":"u${user}"}}`, fields, 7).partition).toBe(partitionOf(`u${user}`));
  expect(lineRecord('{}', fields, 7).partition).toBe(0);
});

test('a line that is no JSON is a record without a key', () => {
  expect(lineRecord('{broken', fields, 3)).toMatchObject({
    key: null,
    value: '{broken',
    partition: 0,
    timestampMs: null,
  });
});

test('a partition that the topic has not is refused', () => {
  expect(() => lineRecord('{"p":3}', fields, 3)).toThrow('p is 3, the source topic has 3 partitions');
});

const at = (value: string | null, field = 'ts') => ({ key: 'k', value, headers: [{ key: 'h', value: '12' }], field });
test.each([
  ['milliseconds', at('{"ts":5.9}'), 'ms', 5],
  ['text', at('{"ts":"5"}'), 'ms', 5],
  ['seconds', at('{"ts":1.5}'), 's', 1500],
  ['microseconds before 1970', at('{"ts":-1}'), 'us', -1],
  ['nanoseconds', at('{"ts":2000000}'), 'ns', 2],
  ['a date', at('{"ts":"1970-01-01T00:00:01Z"}'), 'iso8601', 1000],
  ['a date without a zone', at('{"ts":"1970-01-01T00:00:01"}'), 'iso8601', 1000],
  ['a nested field', at('{"a":{"ts":3}}', 'a.ts'), 'ms', 3],
  ['a header', at('{}', '$headers.h'), 'ms', 12],
  ['no number', at('{"ts":"x"}'), 'ms', null],
  ['an empty text', at('{"ts":""}'), 'ms', null],
  ['no field', at('{}'), 'ms', null],
  ['no JSON', at('{'), 'ms', null],
  ['no value', at(null), 'ms', null],
] as const)('event time: %s', (_name, { field, ...record }, unit, expected) => {
  expect(eventTimeOf(record, { kind: 'field', field, unit })).toBe(expected);
});

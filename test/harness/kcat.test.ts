import { expect, it } from 'vitest';
import { parseKcatLine } from './kcat.ts';

const envelope = { topic: 't', partition: 3, offset: 17, tstype: 'create', ts: 1_760_000_000_123, broker: 1 };

it('reads key, value, position, time and headers of a record', () => {
  const line = JSON.stringify({ ...envelope, headers: ['a', '1', 'b', null], key: 'u1', payload: '{"n":1}' });
  expect(parseKcatLine(line)).toEqual({
    partition: 3,
    offset: 17,
    timestampMs: 1_760_000_000_123,
    key: 'u1',
    value: '{"n":1}',
    headers: [
      ['a', '1'],
      ['b', null],
    ],
  });
});

it('tells an absent key and value from empty ones', () => {
  expect(parseKcatLine(JSON.stringify({ ...envelope, key: null, payload: null }))).toMatchObject({
    key: null,
    value: null,
    headers: [],
  });
  expect(parseKcatLine(JSON.stringify({ ...envelope, key: '', payload: '' }))).toMatchObject({ key: '', value: '' });
});

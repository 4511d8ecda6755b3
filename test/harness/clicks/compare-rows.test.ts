import { describe, expect, it } from 'vitest';
import { compareRows, type ResultRow } from './compare-rows.ts';

const row = (userId: string, windowStart: number, views: number): ResultRow => ({
  userId,
  windowStart,
  windowEnd: windowStart + 10,
  views,
});
const expected = [row('a', 0, 1), row('b', 0, 2), row('a', 10, 3)];
const counts = (actual: readonly ResultRow[]): Record<string, number> => {
  const { compared, lost, duplicated, wrong } = compareRows(expected, actual);
  return { compared, lost, duplicated, wrong };
};

describe('compareRows', () => {
  const cases: Record<string, [actual: ResultRow[], result: { lost?: number; duplicated?: number; wrong?: number }]> = {
    'the same rows in another order': [[...expected].reverse(), {}],
    'the same row with its fields in another order': [
      [{ views: 1, windowEnd: 10, windowStart: 0, userId: 'a' }, ...expected.slice(1)],
      {},
    ],
    'a row that is missing': [expected.slice(1), { lost: 1 }],
    'a row written three times': [[...expected, row('a', 0, 1), row('a', 0, 1)], { duplicated: 2 }],
    'a row written again with another value': [[...expected, row('a', 0, 9)], { duplicated: 1 }],
    'a wrong value': [[row('a', 0, 2), ...expected.slice(1)], { wrong: 1 }],
    'a text instead of a number': [[{ ...row('a', 0, 1), views: '1' }, ...expected.slice(1)], { wrong: 1 }],
    'a field too many': [[{ ...row('a', 0, 1), more: null }, ...expected.slice(1)], { wrong: 1 }],
    'a user nobody expected': [[...expected, row('z', 0, 1)], { wrong: 1 }],
    'nothing at all': [[], { lost: 3 }],
  };
  for (const [name, [actual, result]] of Object.entries(cases)) {
    it(`judges ${name}`, () => {
      expect(counts(actual)).toEqual({ compared: 3, lost: 0, duplicated: 0, wrong: 0, ...result });
    });
  }

  it('describes up to ten differences', () => {
    expect(compareRows(expected, [row('a', 0, 2), row('b', 0, 2), row('b', 0, 2)]).samples).toEqual([
      'written again: {"userId":"b","views":2,"windowEnd":10,"windowStart":0}',
      'wrong: {"userId":"a","views":2,"windowEnd":10,"windowStart":0} instead of {"userId":"a","views":1,"windowEnd":10,"windowStart":0}',
      'lost: {"userId":"a","views":3,"windowEnd":20,"windowStart":10}',
    ]);
    const many = Array.from({ length: 30 }, (_, i) => row(`u${i}`, 0, 1));
    expect(compareRows(many, []).samples).toHaveLength(10);
  });

  it('takes other fields for the identity of a row', () => {
    expect(compareRows([{ page: '/a', n: 1 }], [{ page: '/a', n: 1 }], ['page'])).toMatchObject({
      compared: 1,
      lost: 0,
      wrong: 0,
    });
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from './suggest.ts';

test.each([
  ['sorce', 'source'],
  ['Source', 'source'],
  ['souce', 'source'],
  ['soucre', 'source'],
  ['widnow', 'window'],
  ['agregates', 'aggregates'],
  ['topic', null],
  ['x', null],
])('%s → %s', (word, near) => {
  expect(nearest(word, ['source', 'window', 'aggregates', 'sinks'])).toBe(near);
});

test('the distance is 0 for equal words alone, the same both ways, and at most the longer length', () => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b);
      expect(distance === 0).toBe(a === b);
      expect(distance).toBe(editDistance(b, a));
      expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});

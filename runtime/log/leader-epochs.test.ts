import { describe, expect, test } from 'vitest';
import { LeaderEpochs } from './leader-epochs.ts';

/** Epoch 2 from 0, 4 from 10, 5 from 20; the log ends at 25. */
function grown(): LeaderEpochs {
  const epochs = new LeaderEpochs();
  for (const [epoch, start] of [
    [2, 0],
    [2, 5],
    [4, 10],
    [3, 15],
    [5, 20],
  ] as const)
    epochs.note(epoch, start);
  return epochs;
}

describe('the epoch before an offset', () => {
  test.each([
    ['is not known before the first batch', 0, -1],
    ['is that of the batch that holds the record before it', 10, 2],
    ['changes behind the first record of the next leader', 11, 4],
    ['is the last one at the end', 25, 5],
  ])('%s', (_, offset, expected) => {
    expect(grown().before(offset)).toBe(expected);
  });

  test('is the given one until a later leader is seen, also when older batches are read again', () => {
    const epochs = new LeaderEpochs(7);
    epochs.note(6, 3);
    expect([epochs.before(0), epochs.before(9)]).toEqual([7, 7]);
    epochs.note(8, 9);
    expect([epochs.before(9), epochs.before(10)]).toEqual([7, 8]);
  });
});

describe('the end of an epoch', () => {
  test.each([
    ['is where the next one begins', 2, { leaderEpoch: 2, endOffset: 10 }],
    ['is that of the next lower one when it wrote nothing', 3, { leaderEpoch: 2, endOffset: 10 }],
    ['is the end of the log for the last one', 5, { leaderEpoch: 5, endOffset: 25 }],
    ['is where the first one begins for one before all', 1, { leaderEpoch: 1, endOffset: 0 }],
    ['is not known for one above all', 6, { leaderEpoch: -1, endOffset: -1 }],
    ['is not known for none', -1, { leaderEpoch: -1, endOffset: -1 }],
  ])('%s', (_, epoch, expected) => {
    expect(grown().endOf(epoch, 25)).toEqual(expected);
  });

  test('moves back when the log is cut off, before a new leader writes', () => {
    const epochs = grown();
    epochs.truncateEnd(12);
    epochs.note(6, 12);
    expect([epochs.endOf(4, 14), epochs.endOf(5, 14), epochs.endOf(6, 14)]).toEqual([
      { leaderEpoch: 4, endOffset: 12 },
      { leaderEpoch: 4, endOffset: 12 },
      { leaderEpoch: 6, endOffset: 14 },
    ]);
  });

  test('is kept for the epoch that the new beginning of the log lies in', () => {
    const epochs = grown();
    epochs.truncateStart(15);
    expect([epochs.endOf(2, 25), epochs.endOf(4, 25)]).toEqual([
      { leaderEpoch: 2, endOffset: 15 },
      { leaderEpoch: 4, endOffset: 20 },
    ]);
  });
});

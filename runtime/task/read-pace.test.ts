import { expect, test } from 'vitest';
import { type PartitionPace, partitionsAhead } from './read-pace.ts';

const at = (key: string, watermarkMs: number | null, caughtUp = false): PartitionPace => ({
  key,
  watermarkMs,
  caughtUp,
});

test.each<[string, PartitionPace[], number, string[]]>([
  ['within the drift nobody waits', [at('a', 0), at('b', 100)], 100, []],
  ['one beyond it waits', [at('a', 0), at('b', 101), at('c', 50)], 100, ['b']],
  ['one that never had a record is not the slowest', [at('a', null), at('b', 500), at('c', 450)], 100, []],
  ['one that is caught up holds nobody', [at('a', 0, true), at('b', 500), at('c', 450)], 100, []],
  ['one that is caught up may be ahead itself', [at('a', 0), at('b', 500, true)], 100, ['b']],
  ['all caught up: nobody waits', [at('a', 0, true), at('b', 500, true)], 100, []],
  ['no drift at all: only the slowest are read', [at('a', 7), at('b', 7), at('c', 8)], 0, ['c']],
  ['no partitions', [], 100, []],
])('%s', (_name, partitions, maxDriftMs, waiting) => {
  expect([...partitionsAhead(partitions, maxDriftMs)]).toEqual(waiting);
});

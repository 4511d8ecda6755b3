import { expect, test } from 'vitest';
import { ForcedWatermarks, MAX_FORCED } from './forced-watermarks.ts';

const at = (offset: number, watermarkMs = offset * 10) => ({ offset, watermarkMs });

/** What a replay from `offset` takes again, as [offset, watermark]. */
function replayed(decisions: ForcedWatermarks, to: number): [number, number][] {
  const taken: [number, number][] = [];
  while (decisions.nextOffset <= to) taken.push([decisions.nextOffset, decisions.take()]);
  return taken;
}

test('a replay takes every decision again, at its offset', () => {
  const decisions = ForcedWatermarks.restore({ from: 0, forced: [at(3), at(7), at(7, 99), at(9)] }, 0);
  expect(replayed(decisions, 6)).toEqual([[3, 30]]);
  expect(replayed(decisions, 8)).toEqual([
    [7, 70],
    [7, 99],
  ]);
  expect(decisions.nextOffset).toBe(9);
});

test('what was decided before the restored offset is in the state; what was decided at it may be or not, and is taken again', () => {
  const decisions = ForcedWatermarks.restore({ from: 0, forced: [at(3), at(7), at(9)] }, 7);
  expect(replayed(decisions, 100)).toEqual([
    [7, 70],
    [9, 90],
  ]);
  expect(decisions.nextOffset).toBe(Number.POSITIVE_INFINITY);
});

test('a live decision is not taken again by the same fold', () => {
  const decisions = new ForcedWatermarks();
  decisions.add(at(5));
  expect(decisions.nextOffset).toBe(Number.POSITIVE_INFINITY);
  expect(decisions.entries).toEqual([at(5)]);
});

test('forgetting moves the first offset from which a fold is complete, and only then', () => {
  const decisions = ForcedWatermarks.restore({ from: 0, forced: [at(3), at(7), at(9)] }, 9);
  decisions.forgetBefore(3);
  expect([decisions.from, decisions.entries.length]).toEqual([0, 3]);
  decisions.forgetBefore(8);
  expect([decisions.from, decisions.entries]).toEqual([8, [at(9)]]);
  expect(replayed(decisions, 100)).toEqual([[9, 90]]);
});

test('no more decisions than the metadata has room for', () => {
  const decisions = new ForcedWatermarks();
  for (let i = 0; i < MAX_FORCED; i++) decisions.add(at(i));
  expect(decisions.isFull).toBe(true);
  expect(() => decisions.add(at(99))).toThrow('a checkpoint has to come first');
  decisions.forgetBefore(1);
  expect(decisions.isFull).toBe(false);
});

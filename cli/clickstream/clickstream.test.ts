import { describe, expect, it } from 'vitest';
import { type Click, clickJson, type ClickstreamOptions, clickstream } from './clickstream.ts';
import { keyPartitioner } from './key-partition.ts';

const options: ClickstreamOptions = {
  seed: 7,
  count: 20_000,
  users: 300,
  partitions: 4,
  startMs: 1_760_000_000_000,
  spacingMs: 2.5,
  maxOutOfOrderMs: 400,
};
const all = [...clickstream(options)];
const clicks = all.filter((click) => click.type !== 'tick');
const ticks = all.filter((click) => click.type === 'tick');
const count = (list: readonly Click[], of: (click: Click) => unknown): number => new Set(list.map(of)).size;

describe('clickstream', () => {
  it('is the same each time it is iterated, and another one for another seed', () => {
    expect([...clickstream(options)]).toEqual(all);
    expect([...clickstream({ ...options, seed: 8 })]).not.toEqual(all);
  });

  it('has the wanted number of clicks, of all users, in all partitions', () => {
    expect(clicks).toHaveLength(options.count);
    expect(count(clicks, (click) => click.eventId)).toBe(options.count);
    expect(count(clicks, (click) => click.userId)).toBe(options.users);
    expect(count(clicks, (click) => click.partition)).toBe(options.partitions);
    const pageViews = clicks.filter((click) => click.type === 'page_view').length;
    expect(Math.abs(pageViews / options.count - 0.7)).toBeLessThan(0.02);
  });

  it('is out of order by no more than the bound, and by nearly as much', () => {
    let newest = Number.NEGATIVE_INFINITY;
    let furthestBehind = 0;
    for (const { ts } of clicks) {
      newest = Math.max(newest, ts);
      furthestBehind = Math.max(furthestBehind, newest - ts);
    }
    expect(furthestBehind).toBeLessThanOrEqual(400);
    expect(furthestBehind).toBeGreaterThan(350);
  });

  it('keyed by session spreads the clicks of a user over partitions, keyed by user it does not', () => {
    const split = (list: readonly Click[]): number => {
      const homes = count(list, (click) => `${click.userId} ${click.partition}`);
      return homes / count(list, (click) => click.userId);
    };
    expect(split(clicks)).toBeGreaterThan(1.5);
    expect(split([...clickstream({ ...options, keyedBy: 'user' })])).toBe(1);
  });

  it('names the partition that a producer chooses for the key, for ticks too', () => {
    const partitionOf = keyPartitioner(options.partitions);
    for (const { key, partition } of all) expect(partitionOf(key)).toBe(partition);
  });

  it('ends with one tick a partition, an hour after the last click', () => {
    expect(ticks.map((tick) => tick.partition)).toEqual([0, 1, 2, 3]);
    const lastStreamMs = options.startMs + Math.floor((options.count - 1) * 2.5);
    expect(new Set(ticks.map((tick) => tick.ts))).toEqual(new Set([lastStreamMs + 3_600_000]));
    expect([...clickstream({ ...options, tickAfterMs: null })]).toEqual(clicks);
  });

  it('makes documents of about 235 bytes with whole numbers in them', () => {
    const sizes = clicks.map((click) => clickJson(click).length);
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(Math.abs(mean - 235)).toBeLessThan(15);
    expect(clicks.every(({ ts, durationMs }) => Number.isSafeInteger(ts) && Number.isSafeInteger(durationMs))).toBe(
      true,
    );
  });
});

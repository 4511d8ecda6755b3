import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PartitionWatermark } from './partition-watermark.ts';
import { SourceWatermarks, type WatermarkAnnouncement } from './source-watermarks.ts';

const NONE = Number.NEGATIVE_INFINITY;

describe('the watermark of a partition', () => {
  test('it is the highest event time less the disorder less one, and never falls', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.nat({ max: 1000 }), (times, disorder) => {
        const watermark = new PartitionWatermark(disorder);
        expect(watermark.watermarkMs).toBe(NONE);
        for (const [index, time] of times.entries()) {
          const before = watermark.watermarkMs;
          expect(watermark.observe(time)).toBe(watermark.watermarkMs > before);
          expect(watermark.watermarkMs).toBe(Math.max(...times.slice(0, index + 1)) - disorder - 1);
        }
      }),
    );
  });

  test('a raise is kept until the records catch up', () => {
    const watermark = new PartitionWatermark(0);
    expect([watermark.raise(99), watermark.raise(50), watermark.observe(80), watermark.observe(101)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(watermark.watermarkMs).toBe(100);
  });
});

const says = (
  partition: number,
  watermarkMs: number,
  more: Partial<WatermarkAnnouncement> = {},
): WatermarkAnnouncement => ({
  partition,
  watermarkMs,
  idle: false,
  quiet: false,
  partitionCount: 2,
  ...more,
});

describe('the watermark over source partitions', () => {
  test.each<[string, readonly WatermarkAnnouncement[], number]>([
    ['nothing fires before the first announcement', [], NONE],
    ['a partition that has not spoken holds', [says(0, 100)], NONE],
    ['a partition that has not spoken holds, also when the others are idle', [says(0, 100, { idle: true })], NONE],
    ['the slower decides', [says(0, 100), says(1, 40)], 40],
    ['an announced partition without a record holds', [says(0, 100), says(1, NONE)], NONE],
    ['an idle partition does not hold', [says(0, 100), says(1, NONE, { idle: true })], 100],
    ['all idle: the furthest partition', [says(0, 100, { idle: true }), says(1, 40, { idle: true })], 100],
    ['all idle without any record', [says(0, NONE, { idle: true }), says(1, NONE, { idle: true })], NONE],
    [
      'one that comes back behind holds it where it is',
      [says(0, 100), says(1, 10, { idle: true }), says(1, 20), says(0, 200)],
      100,
    ],
    [
      'until it has caught up',
      [says(0, 100), says(1, 10, { idle: true }), says(1, 20), says(0, 200), says(1, 150)],
      150,
    ],
    [
      'a new partition holds once it is known',
      [says(0, 100), says(1, 90), says(0, 300, { partitionCount: 3 }), says(1, 300)],
      90,
    ],
    ['an older announcer does not shrink the set', [says(0, 100, { partitionCount: 3 }), says(1, 100)], NONE],
    [
      'an announcement that falls back counts as the higher one',
      [says(0, 100), says(1, 100), says(0, 50), says(1, 120)],
      100,
    ],
  ])('%s', (_, announcements, expected) => {
    const watermarks = new SourceWatermarks();
    for (const announcement of announcements) watermarks.announce(announcement);
    expect(watermarks.watermarkMs).toBe(expected);
  });

  const announcement = fc.record({
    partition: fc.nat({ max: 4 }),
    watermarkMs: fc.oneof(fc.nat({ max: 100 }), fc.constant(NONE)),
    idle: fc.boolean(),
    quiet: fc.boolean(),
    partitionCount: fc.integer({ min: 1, max: 5 }),
  });

  test('a raise by the records themselves counts like an announcement, and changes neither idleness nor quiet', () => {
    const watermarks = new SourceWatermarks();
    watermarks.announce(says(0, 10));
    expect([watermarks.raise(1, 50), watermarks.watermarkMs]).toEqual([false, NONE]);
    watermarks.announce(says(1, 20, { idle: true, quiet: true }));
    expect([watermarks.raise(1, 90), watermarks.watermarkMs]).toEqual([false, 10]);
    expect([watermarks.raise(0, 40), watermarks.watermarkMs]).toEqual([true, 40]);
    expect([watermarks.raise(0, 30), watermarks.watermarkMs]).toEqual([false, 40]);
    expect(watermarks.snapshot().sources[1]).toEqual({ watermarkMs: 90, idle: true, quiet: true });
  });

  test('a forced watermark stays until the sources are past it', () => {
    const watermarks = new SourceWatermarks();
    watermarks.announce(says(0, 10));
    watermarks.announce(says(1, 10));
    expect([watermarks.force(99), watermarks.force(60), watermarks.watermarkMs]).toEqual([true, false, 99]);
    expect([watermarks.announce(says(0, 500)), watermarks.announce(says(1, 80))]).toEqual([false, false]);
    expect([watermarks.announce(says(1, 100)), watermarks.watermarkMs]).toEqual([true, 100]);
  });

  test('while no partition is idle it is the least of the highest that each has said', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ partition: fc.nat({ max: 3 }), at: fc.nat({ max: 99 }), announces: fc.boolean() })),
        (steps) => {
          const watermarks = new SourceWatermarks();
          const highest = [0, 0, 0, 0];
          for (let partition = 0; partition < 4; partition++)
            watermarks.announce(says(partition, 0, { partitionCount: 4 }));
          for (const { partition, at, announces } of steps) {
            if (announces) watermarks.announce(says(partition, at, { partitionCount: 4 }));
            else watermarks.raise(partition, at);
            highest[partition] = Math.max(highest[partition]!, at);
            expect(watermarks.watermarkMs).toBe(Math.min(...highest));
          }
        },
      ),
    );
  });

  test('it never falls, reports each rise, and goes on after a restore as if there had been none', () => {
    fc.assert(
      fc.property(fc.array(announcement, { maxLength: 40 }), fc.nat(), (announcements, at) => {
        const whole = new SourceWatermarks();
        let cut = new SourceWatermarks();
        for (const [index, item] of announcements.entries()) {
          if (index === at % announcements.length) cut = SourceWatermarks.restore(cut.snapshot());
          const before = whole.watermarkMs;
          const rose = whole.announce(item);
          expect(rose).toBe(whole.watermarkMs > before);
          expect(whole.watermarkMs).toBeGreaterThanOrEqual(before);
          expect(cut.announce(item)).toBe(rose);
          expect(cut.snapshot()).toEqual(whole.snapshot());
        }
      }),
    );
  });

  test('all quiet needs every partition, and one record ends it', () => {
    const watermarks = new SourceWatermarks();
    expect(watermarks.allQuiet).toBe(false);
    watermarks.announce(says(0, 1, { quiet: true }));
    expect(watermarks.allQuiet).toBe(false);
    watermarks.announce(says(1, 1, { quiet: true }));
    expect([watermarks.allQuiet, watermarks.partitionCount]).toEqual([true, 2]);
    watermarks.announce(says(0, 1));
    expect(watermarks.allQuiet).toBe(false);
  });
});

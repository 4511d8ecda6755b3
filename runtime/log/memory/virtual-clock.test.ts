import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeadlineQueue } from './deadline-queue.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('the virtual clock', () => {
  test('stands still until it is advanced, and starts where it is told to', async () => {
    const clock = new VirtualClock({ startMs: 5_000 });
    expect([clock.now(), clock.monotonicMs()]).toEqual([5_000, 0]);
    await clock.advance(250);
    expect([clock.now(), clock.monotonicMs()]).toEqual([5_250, 250]);
  });

  test('wakes sleepers in the order of their time, at their time, and those of one moment in the order of their call', async () => {
    const clock = new VirtualClock();
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push([name, clock.now()]);
    };
    const all = Promise.all([sleeper('late', 30), sleeper('early', 10), sleeper('also early', 10)]);
    await clock.advance(20);
    expect(woken).toEqual([
      ['early', 10],
      ['also early', 10],
    ]);
    await clock.advance(20);
    await all;
    expect([woken.at(-1), clock.now()]).toEqual([['late', 30], 40]);
  });

  test('wakes those who went to sleep on the way, at the very moment they asked for', async () => {
    const clock = new VirtualClock();
    const times: number[] = [];
    const ticking = (async () => {
      for (let tick = 0; tick < 5; tick++) {
        await clock.sleep(7);
        times.push(clock.now());
      }
    })();
    await clock.advance(100);
    await ticking;
    expect(times).toEqual([7, 14, 21, 28, 35]);
  });

  test('lets all that follows from one sleeper happen before the next wakes, turns of the event loop included', async () => {
    const clock = new VirtualClock();
    const log: string[] = [];
    const worker = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      for (let step = 0; step < 3; step++) await clock.turn();
      log.push(`${name} done at ${clock.now()}`);
    };
    const all = Promise.all([worker('a', 10), worker('b', 11)]);
    await clock.advance(50);
    await all;
    expect(log).toEqual(['a done at 10', 'b done at 11']);
  });

  test('a sleep whose signal is aborted rejects with its reason and leaves nobody asleep', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const sleep = clock.sleep(10, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    expect([clock.sleeping, clock.nextDeadlineMs()]).toEqual([0, null]);
    await expect(clock.sleep(10, controller.signal)).rejects.toThrow('enough');
  });

  test('advances from sleeper to sleeper until nobody sleeps', async () => {
    const clock = new VirtualClock();
    const all = Promise.all([clock.sleep(1_000), clock.sleep(86_400_000)]);
    expect(await clock.advanceToNext()).toBe(true);
    expect(clock.now()).toBe(1_000);
    expect(await clock.advanceToNext()).toBe(true);
    expect([clock.now(), await clock.advanceToNext()]).toEqual([86_400_000, false]);
    await all;
  });

  test('law: a queue of deadlines gives what was not cancelled, by time and then by order of adding', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ atMs: fc.nat(20), cancel: fc.boolean() })), (entries) => {
        const queue = new DeadlineQueue<number>();
        const cancels = entries.map(({ atMs }, index) => queue.add(atMs, index));
        for (const [index, { cancel }] of entries.entries()) if (cancel) cancels[index]?.();
        const kept = entries.map((entry, index) => ({ ...entry, index })).filter(({ cancel }) => !cancel);
        expect(queue.size).toBe(kept.length);
        const taken: number[] = [];
        for (let due = queue.takeDue(20); due !== null; due = queue.takeDue(20)) taken.push(due.value);
        const expected = kept.toSorted((a, b) => a.atMs - b.atMs || a.index - b.index).map(({ index }) => index);
        expect([taken, queue.size]).toEqual([expected, 0]);
      }),
    );
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../testing/virtual-clock.ts';
import { WorkQueue } from './work-queue.ts';

const middle = { next: () => 1, hex: () => '' };

function makeQueue(): { queue: WorkQueue; clock: VirtualClock } {
  const clock = new VirtualClock();
  return { queue: new WorkQueue({ clock, random: middle, backoff: { minMs: 100, maxMs: 1_000 } }), clock };
}

/** What can be taken without waiting, in order. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) {
    const key = await queue.take();
    if (key === undefined) break;
    keys.push(key);
  }
  return keys;
}

test('many additions of one key become one turn, keys keep the order of their first addition', async () => {
  const { queue } = makeQueue();
  for (const key of ['a', 'b', 'a', 'a', 'c']) queue.add(key);
  expect(await drain(queue)).toEqual(['a', 'b', 'c']);
});

test('a key that is worked on is not handed out a second time, but again afterwards', async () => {
  const { queue } = makeQueue();
  queue.add('a');
  expect(await queue.take()).toBe('a');
  queue.add('a');
  queue.add('a');
  let second: string | undefined;
  const waiting = queue.take().then((key) => (second = key));
  await Promise.resolve();
  expect(second).toBeUndefined();
  queue.done('a');
  await waiting;
  expect(second).toBe('a');
});

test('who waits gets the next key at once', async () => {
  const { queue } = makeQueue();
  const first = queue.take();
  const second = queue.take();
  queue.add('a');
  queue.add('b');
  expect([await first, await second]).toEqual(['a', 'b']);
});

test('of several dates for one key the earliest counts', async () => {
  const { queue, clock } = makeQueue();
  queue.addAfter('a', 500);
  queue.addAfter('a', 200);
  queue.addAfter('a', 900);
  await clock.advance(199);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(await drain(queue)).toEqual(['a']);
  expect(queue.delayedCount).toBe(0);
});

test('failures in a row double the wait up to its limit; being well resets it', () => {
  const { queue } = makeQueue();
  const waits = Array.from({ length: 6 }, () => queue.addAfterFailure('a'));
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  queue.forget('a');
  expect(queue.addAfterFailure('a')).toBe(100);
});

test('after closing nothing is handed out, who waits is let go, and what was delayed never comes', async () => {
  const { queue, clock } = makeQueue();
  queue.addAfter('later', 10);
  const waiting = queue.take();
  queue.close();
  queue.add('a');
  await clock.advance(100);
  expect([await waiting, await queue.take(), queue.depth]).toEqual([undefined, undefined, 0]);
});

test('law: whatever is added, taken and done, a key is never in two hands, and every addition is followed by a turn', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('take' as const), key: fc.constant('') }),
    fc.record({ do: fc.constant('done' as const), key: fc.constantFrom('a', 'b', 'c') }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { queue } = makeQueue();
      const held = new Set<string>();
      const owed = new Set<string>();
      const takeOne = async (): Promise<void> => {
        const key = (await queue.take()) ?? '';
        expect(held.has(key)).toBe(false);
        held.add(key);
        owed.delete(key);
      };
      const free = (): number => queue.depth - [...owed].filter((key) => held.has(key)).length;
      for (const { do: what, key } of steps) {
        if (what === 'add') {
          queue.add(key);
          owed.add(key);
        } else if (what === 'take' && free() > 0) await takeOne();
        else if (what === 'done' && held.delete(key)) queue.done(key);
      }
      for (const key of held) queue.done(key);
      held.clear();
      while (queue.depth > 0) await takeOne();
      expect([...owed]).toEqual([]);
    }),
  );
});

import { expect, test } from 'vitest';
import { VirtualClock } from '../log/memory/index.ts';
import { Notifier } from './notifier.ts';

function setUp() {
  const clock = new VirtualClock();
  const notifier = new Notifier();
  const stop = new AbortController();
  const woken: string[] = [];
  const wait = (name: string, ms: number) => notifier.wait(clock, ms, stop.signal).then(() => woken.push(name));
  return { clock, notifier, stop, woken, wait };
}

test('a notice wakes everybody who waits', async () => {
  const { clock, notifier, woken, wait } = setUp();
  const both = [wait('a', 1000), wait('b', 1000)];
  notifier.notify();
  await Promise.all(both);
  expect(woken).toEqual(['a', 'b']);
  expect(clock.monotonicMs()).toBe(0);
});

test('a notice that nobody waited for ends the next wait at once, and only that', async () => {
  const { clock, notifier, woken, wait } = setUp();
  notifier.notify();
  await wait('a', 1000);
  const second = wait('b', 1000);
  await clock.advance(999);
  expect(woken).toEqual(['a']);
  await clock.advance(1);
  await second;
  expect(woken).toEqual(['a', 'b']);
});

test('an aborted wait rejects and leaves no sleeper', async () => {
  const { clock, stop, wait } = setUp();
  const waiting = wait('a', 1000);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(clock.sleeping).toBe(0);
});

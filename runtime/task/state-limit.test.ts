import { expect, test } from 'vitest';
import { checkStateLimit } from './state-limit.ts';
import type { TaskSlot } from './task-slot.ts';

const slots = (...sizes: number[]): TaskSlot[] =>
  sizes.map(
    (stateBytes, partition) => ({ name: `aggregate-${partition}`, task: { stateBytes } }) as unknown as TaskSlot,
  );

const MIB = 2 ** 20;

test.each([
  ['nothing held', slots(), 'fine'],
  ['up to 80 % of the limit', slots(50 * MIB, 30 * MIB), 'fine'],
  ['more than 80 %', slots(50 * MIB, 30 * MIB + 1), 'tight'],
  ['all of it', slots(50 * MIB, 50 * MIB), 'tight'],
])('%s', (_name, held, verdict) => {
  expect(checkStateLimit(held, 100 * MIB)).toBe(verdict);
});

test('beyond the limit the worker stops, with the numbers and what to do', () => {
  expect(() => checkStateLimit(slots(40 * MIB, 61 * MIB), 100 * MIB)).toThrow(
    expect.objectContaining({
      details: expect.objectContaining({
        reason: 'StateTooLarge',
        task: 'aggregate-1',
        message:
          "the state of this worker's 2 tasks takes 101 MiB, its limit is 100 MiB; the largest task, aggregate-1, takes 61 MiB",
        userAction: expect.stringContaining('spec.worker.stateMemory'),
      }),
    }),
  );
});

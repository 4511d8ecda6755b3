import { expect, it } from 'vitest';
import { compareRows } from './compare.ts';
import { EventColumns } from './event-columns.ts';
import { type ResultRow, ResultRows } from './result-rows.ts';

const SIZE_MS = 10;
const WINDOW = { kind: 'tumbling', sizeMs: SIZE_MS } as const;
const row = (user: number, startMs: number, values: Partial<ResultRow> = {}): ResultRow => ({
  user,
  startMs,
  endMs: startMs + SIZE_MS,
  count: 1,
  sum: 5,
  max: 5,
  ...values,
});

/** Compares with what two users with an event of 5 ms at 0 and at 10 must give; the second windows may still be open. */
function compare(rows: readonly ResultRow[]) {
  const events = new EventColumns(4);
  for (const user of [0, 1]) for (const timeMs of [0, 10]) events.add({ user, timeMs, durationMs: 5 });
  const actual = new ResultRows();
  for (const one of rows) actual.add(one);
  return compareRows(actual, events.expected(WINDOW), SIZE_MS);
}

const closed = [row(1, 0), row(0, 0)];

it.each([
  ['windows that are still open may be missing', closed, { equal: true, matching: 2, open: 2 }],
  ['and may be there', [...closed, row(0, 10)], { equal: true, matching: 3, open: 1 }],
  ['a closed window may not be missing', [row(0, 0)], { equal: false, differenceCount: 1 }],
  ['nor be there twice', [...closed, row(0, 0)], { equal: false, differenceCount: 1 }],
  ['nor have another value', [row(0, 0), row(1, 0, { sum: 6 })], { equal: false, differenceCount: 1 }],
  ['nor another end', [row(0, 0), row(1, 0, { endMs: 11 })], { equal: false, differenceCount: 1 }],
  ['there may be no window that should not be', [...closed, row(0, 5)], { equal: false, differenceCount: 1 }],
  ['also behind all that should be', [...closed, row(0, 20)], { equal: false, differenceCount: 1 }],
  ['nothing at all is not equal', [], { equal: false, differenceCount: 2 }],
])('%s', (_, rows, outcome) => {
  expect(compare(rows)).toMatchObject(outcome);
});

import { expect, test } from 'vitest';
import { RecordCursor, type RecordsBuilder } from '../log/batch/index.ts';
import { BuilderPool, Outputs } from './outputs.ts';

const KIB = 1024;

function texts(records: RecordsBuilder): string[] {
  const cursor = new RecordCursor();
  cursor.reset(records.asBatch());
  const found: string[] = [];
  while (cursor.next()) found.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueStart + 1));
  return found;
}

function append(outputs: Outputs, name: string, bytes: number): void {
  const value = Buffer.alloc(bytes, name);
  outputs.topic('out').builder(0).append({ timestampMs: 1, key: null, value });
}

test.each<[string, [string, number][], string[][]]>([
  [
    'small records share a batch',
    [
      ['a', 10],
      ['b', 20],
    ],
    [['a', 'b']],
  ],
  [
    'a large record behind others is sent by itself: together they would be more than brokers take',
    [
      ['a', 300 * KIB],
      ['b', 200 * KIB],
      ['c', 700 * KIB],
      ['d', 10],
    ],
    [['a', 'b'], ['c'], ['d']],
  ],
  [
    'one that no broker takes keeps none of the others back from a batch of their own',
    [
      ['a', 10],
      ['b', 3_000 * KIB],
    ],
    [['a'], ['b']],
  ],
])('%s', (_name, records, expected) => {
  const outputs = new Outputs();
  for (const [name, bytes] of records) append(outputs, name, bytes);
  const rounds = outputs.rounds();
  expect(rounds.map((round) => round.flatMap((chunk) => texts(chunk.records)))).toEqual(expected);
  // The same again when they have to be sent again.
  expect(outputs.rounds().map((round) => round.flatMap((chunk) => texts(chunk.records)))).toEqual(expected);
});

test('records of a task that was lost are left out of every batch', () => {
  const outputs = new Outputs();
  for (const [owner, name, bytes] of [
    [1, 'a', 300 * KIB],
    [2, 'b', 200 * KIB],
    [1, 'c', 700 * KIB],
  ] as const) {
    outputs.owner = owner;
    append(outputs, name, bytes);
  }
  const kept = outputs.without(new Set([1]));
  expect(kept.rounds().map((round) => round.flatMap((chunk) => texts(chunk.records)))).toEqual([['b']]);
});

test('memory is used again, but not that of a huge record', () => {
  const pool = new BuilderPool();
  const outputs = new Outputs(pool);
  append(outputs, 'a', 10);
  const [small] = outputs.rounds().flat();
  outputs.recycle();
  expect(outputs.isEmpty).toBe(true);
  append(outputs, 'b', 3_000 * KIB);
  expect(outputs.rounds().flat()[0]?.records === small?.records).toBe(true);
  const huge = outputs.rounds().flat()[0]?.records;
  outputs.recycle();
  expect(pool.take() === huge).toBe(false);
});

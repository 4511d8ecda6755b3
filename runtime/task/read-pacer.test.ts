import { expect, test } from 'vitest';
import { VirtualClock } from '../log/memory/index.ts';
import { BrokerError, type Broker, type TopicPartition } from '../log/broker.ts';
import type { LogReader } from '../log/client/index.ts';
import { encodeCommitMetadata } from './commit-metadata.ts';
import { ReadPacer } from './read-pacer.ts';
import type { TaskKind } from './task-id.ts';
import type { TaskSlot } from './task-slot.ts';

const MINUTE = 60_000;

interface OwnPartition {
  watermark: number;
  position: number;
  highWatermark: number;
}

/** Two partitions of this worker (0, 1) and one of another (2), of which only the commits are known. */
interface OtherPartition {
  wm: number | null;
  since: number | null;
  /** Records behind its committed offset. */
  lag?: number;
}

function world(
  own: OwnPartition[],
  other: OtherPartition | 'unreachable',
  { tight = false, kind = 'ingest' }: { tight?: boolean; kind?: TaskKind } = {},
) {
  const clock = new VirtualClock();
  const waiting = new Set<number>();
  const doubted: number[] = [];
  const reader = {
    pause: ({ partition }: TopicPartition) => waiting.size < waiting.add(partition).size,
    resume: ({ partition }: TopicPartition) => void waiting.delete(partition),
  } as unknown as LogReader;
  const metadata = (wm: number | null, since: number | null): string =>
    encodeCommitMetadata({
      inc: 1,
      plan: '00000000',
      base: 0,
      ckpt: null,
      idle: false,
      quiet: false,
      em: null,
      fw: null,
      by: 'w2',
      seq: 1,
      wm,
      since,
    });
  const broker = {
    offsetFetch: async ({ partitions }: { partitions: readonly TopicPartition[] }) => {
      if (other === 'unreachable') throw new BrokerError('UNKNOWN_OUTCOME', 'no answer');
      return { offsets: partitions.map((each) => ({ ...each, offset: 5, metadata: metadata(other.wm, other.since) })) };
    },
    listOffsets: async (partitions: readonly TopicPartition[]) =>
      partitions.map((each) => ({
        ...each,
        error: 'NONE',
        offset: 5 + (other === 'unreachable' ? 0 : (other.lag ?? 10)),
      })),
  } as unknown as Broker;
  const slots = own.map(
    ({ watermark, position, highWatermark }, partition) =>
      ({
        kind,
        state: 'live',
        partition: { topic: 'in', partition },
        highWatermark,
        task: { watermark, position, observe: () => void doubted.push(partition) },
      }) as unknown as TaskSlot,
  );
  const pacer = new ReadPacer({
    broker,
    clock,
    groupId: 'g',
    reader,
    maxDriftMs: 10 * MINUTE,
    sourceTopic: 'in',
    slots: () => slots,
    partitionCount: () => 3,
    memoryIsTight: () => tight,
  });
  return { clock, pacer, waiting, doubted };
}

const behind = (watermark: number): OwnPartition => ({ watermark, position: 5, highWatermark: 100 });
const caughtUp = (watermark: number): OwnPartition => ({ watermark, position: 100, highWatermark: 100 });

test.each<[string, Parameters<typeof world>, number[]]>([
  [
    'a partition far ahead of another of this worker waits',
    [[behind(0), behind(30 * MINUTE)], { wm: null, since: null }],
    [1],
  ],
  [
    'one far ahead of another worker waits',
    [[behind(30 * MINUTE), behind(31 * MINUTE)], { wm: 0, since: null }],
    [0, 1],
  ],
  [
    'one that is silent elsewhere holds nobody',
    [[behind(30 * MINUTE), behind(31 * MINUTE)], { wm: 0, since: 1, lag: 0 }],
    [],
  ],
  [
    'nor does one elsewhere that has been read to its end, though its silence was not worth a commit',
    [[behind(30 * MINUTE), behind(31 * MINUTE)], { wm: 0, since: null, lag: 0 }],
    [],
  ],
  [
    'partitions of a direct job have windows of their own: none waits for another',
    [[behind(0), behind(30 * MINUTE)], { wm: 0, since: null }, { kind: 'direct' }],
    [],
  ],
  ['when all own ones are caught up nobody waits', [[caughtUp(0), caughtUp(30 * MINUTE)], { wm: 0, since: null }], []],
  ['without an answer nobody begins to wait', [[behind(0), behind(30 * MINUTE)], 'unreachable'], []],
  [
    'while memory is tight only the slowest are read',
    [[behind(0), behind(1)], { wm: null, since: null }, { tight: true }],
    [1],
  ],
])('%s', async (_name, given, expected) => {
  const { clock, pacer, waiting, doubted } = world(...given);
  const end = new AbortController();
  const run = pacer.run(end.signal).catch((error: unknown) => error);
  await clock.advance(1_000);
  await clock.advance(1_000);
  expect([...waiting]).toEqual(expected);
  // Silence of a partition that waits must not count, and is told once.
  expect(doubted).toEqual(expected);
  end.abort();
  await run;
});

test('a partition that was assigned anew while it waited goes on waiting', async () => {
  const { clock, pacer, waiting } = world([behind(0), behind(30 * MINUTE)], { wm: null, since: null });
  const end = new AbortController();
  const run = pacer.run(end.signal).catch((error: unknown) => error);
  await clock.advance(1_000);
  // The reader knows nothing of an earlier assignment.
  waiting.clear();
  await clock.advance(1_000);
  expect([...waiting]).toEqual([1]);
  end.abort();
  await run;
});

test('a partition goes on when the others have come', async () => {
  const own = [behind(0), behind(30 * MINUTE)];
  const { clock, pacer, waiting } = world(own, { wm: null, since: null });
  const end = new AbortController();
  const run = pacer.run(end.signal).catch((error: unknown) => error);
  await clock.advance(1_000);
  expect([...waiting]).toEqual([1]);
  end.abort();
  await run;
  const later = world([behind(25 * MINUTE), behind(30 * MINUTE)], { wm: null, since: null });
  later.waiting.add(1);
  const again = new AbortController();
  const runAgain = later.pacer.run(again.signal).catch((error: unknown) => error);
  await later.clock.advance(1_000);
  expect([...later.waiting]).toEqual([]);
  again.abort();
  await runAgain;
});

// The harness's own broker and reader: what later tests build on.
import { describe, expect, it } from 'vitest';
import { startBroker } from '../harness/broker.ts';
import { clickstream, compareRows, oracle, produceClicks, type ResultRow } from '../harness/clicks.ts';
import { readCommitted, readCommittedJson } from '../harness/kcat.ts';
import { sharedBroker } from '../harness/shared.ts';
import { createTopic, kafkaClient, uniqueName } from '../harness/topics.ts';

describe('shared broker', () => {
  it('shows a reader of committed records neither aborted nor unfinished ones', async () => {
    const { bootstrapServers } = await sharedBroker();
    const topic = uniqueName('harness-transactions');
    await createTopic(bootstrapServers, topic, { partitions: 2 });
    const producer = kafkaClient(bootstrapServers).producer({
      transactionalId: topic,
      maxInFlightRequests: 1,
      idempotent: true,
    });
    await producer.connect();
    try {
      for (const [word, end] of [
        ['committed', 'commit'],
        ['aborted', 'abort'],
        ['committed too', 'commit'],
      ] as const) {
        const transaction = await producer.transaction();
        await transaction.send({
          topic,
          messages: [0, 1].map((partition) => ({ partition, key: `k${partition}`, value: word })),
        });
        await transaction[end]();
      }
      const open = await producer.transaction();
      await open.send({ topic, messages: [{ partition: 0, key: 'k0', value: 'unfinished' }] });

      const read = (uncommitted: boolean) => readCommitted({ bootstrapServers, topic, uncommitted });
      expect((await read(false)).map(({ partition, key, value }) => [partition, key, value])).toEqual([
        [0, 'k0', 'committed'],
        [0, 'k0', 'committed too'],
        [1, 'k1', 'committed'],
        [1, 'k1', 'committed too'],
      ]);
      expect((await read(true)).map(({ value }) => value)).toEqual([
        'committed',
        'aborted',
        'committed too',
        'unfinished',
        'committed',
        'aborted',
        'committed too',
      ]);
      await open.abort();
    } finally {
      await producer.disconnect();
    }
  });

  it('keeps every click of a stream, so that the oracle can judge a job over it', async () => {
    const { bootstrapServers } = await sharedBroker();
    const topic = uniqueName('harness-clicks');
    await createTopic(bootstrapServers, topic, { partitions: 3 });
    const clicks = clickstream({
      seed: 3,
      count: 5000,
      users: 40,
      partitions: 3,
      startMs: 1_760_000_000_000,
      spacingMs: 30,
      maxOutOfOrderMs: 500,
    });
    const produced = await produceClicks({ bootstrapServers, topic, clicks });
    expect(produced.records).toBe(5003);

    const read = await readCommittedJson<{ userId: string; ts: number; type: string; durationMs: number }>({
      bootstrapServers,
      topic,
    });
    expect(read).toHaveLength(5003);
    const windowMs = 60_000;
    const rows = new Map<string, ResultRow>();
    for (const { userId, ts, type, durationMs } of read) {
      if (type !== 'page_view') continue;
      const windowStart = ts - (ts % windowMs);
      const before = rows.get(`${userId} ${windowStart}`);
      rows.set(`${userId} ${windowStart}`, {
        userId,
        windowStart,
        windowEnd: windowStart + windowMs,
        pageViews: Number(before?.['pageViews'] ?? 0) + 1,
        engagementMs: Number(before?.['engagementMs'] ?? 0) + durationMs,
      });
    }
    const expected = oracle(clicks, { windowMs, maxOutOfOrderMs: 500 });
    expect(compareRows(expected, [...rows.values()])).toEqual({
      compared: expected.length,
      lost: 0,
      duplicated: 0,
      wrong: 0,
      samples: [],
    });
    expect(expected.length).toBeGreaterThan(100);
  });

  it('refuses records for a topic that nobody made', async () => {
    const { bootstrapServers } = await sharedBroker();
    await expect(readCommitted({ bootstrapServers, topic: uniqueName('nobody-made') })).rejects.toThrow(
      /Unknown topic/i,
    );
  });
});

describe('a broker of its own', () => {
  it('keeps its records over a crash and over an orderly restart', async () => {
    await using broker = await startBroker({ own: true });
    const { bootstrapServers } = broker;
    await createTopic(bootstrapServers, 'kept', { partitions: 1 });
    const clicks = clickstream({
      seed: 1,
      count: 100,
      users: 5,
      partitions: 1,
      startMs: 1_760_000_000_000,
      tickAfterMs: null,
    });
    await produceClicks({ bootstrapServers, topic: 'kept', clicks });

    const before = broker.pid;
    await broker.kill();
    expect(broker.pid).toBeUndefined();
    await broker.restart();
    expect(broker.pid).not.toBe(before);
    expect(await readCommitted({ bootstrapServers, topic: 'kept' })).toHaveLength(100);

    await broker.restart();
    expect(await readCommitted({ bootstrapServers, topic: 'kept' })).toHaveLength(100);
  });
});

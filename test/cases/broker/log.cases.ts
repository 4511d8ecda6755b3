// Rules of a partition's log: offsets, reading, waiting, limits, timestamps, deletion.
import { expect } from 'vitest';
import type { BrokerCase, BrokerContext } from './context.ts';
import { settled, staysOpen, until } from './context.ts';
import { CaseProducer } from './producer.ts';
import { committedValues, fetchOnce, leaderOf, listOffset, readFrom } from './reader.ts';

const HOUR_MS = 3_600_000;

async function setUp(context: BrokerContext, configs: Readonly<Record<string, string>> = {}) {
  const topic = await context.createTopic(1, configs);
  const producer = await CaseProducer.create(context);
  return { at: { topic, partition: 0 }, producer, broker: producer.broker };
}

export const logCases: readonly BrokerCase[] = [
  {
    name: 'offsets follow each other without gaps, and the marker of a commit takes one',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      expect(await producer.write({ ...at, values: ['a', 'b', 'c'] })).toBe(0);
      expect(await producer.write({ ...at, values: ['d', 'e'] })).toBe(3);
      await producer.commit();
      expect(await producer.writeCommitted({ ...at, values: ['f'] })).toBe(6);
      await committedValues(context, broker, { ...at, count: 6 });
      const { records, position } = await readFrom(context, broker, { ...at, offset: 0 });
      expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 6]);
      expect(position).toBe(8);
    },
  },
  {
    name: 'metadata names the partitions in order, each with a leader',
    async run(context) {
      const topic = await context.createTopic(3);
      const broker = await context.connect();
      const { clusterId, topics } = await broker.metadata([topic]);
      expect(clusterId).not.toBe('');
      expect(topics.map((each) => [each.topic, each.error])).toEqual([[topic, 'NONE']]);
      expect(topics[0]?.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
      for (const partition of [0, 1, 2])
        expect(await leaderOf(context, broker, { topic, partition })).toBeGreaterThanOrEqual(0);
    },
  },
  {
    name: 'metadata of an unknown topic says so and creates nothing',
    async run(context) {
      const broker = await context.connect();
      const topic = context.uniqueName('missing');
      for (let asked = 0; asked < 2; asked++) {
        const { topics } = await broker.metadata([topic]);
        expect(topics.map((each) => [each.topic, each.error, each.partitions.length])).toEqual([
          [topic, 'UNKNOWN_TOPIC_OR_PARTITION', 0],
        ]);
      }
    },
  },
  {
    name: 'a topic that was deleted and made again has another id',
    async run(context) {
      const topic = await context.createTopic(1);
      const broker = await context.connect();
      const before = (await broker.metadata([topic])).topics[0]?.topicId;
      await context.deleteTopic(topic);
      await context.recreateTopic(topic, 1);
      const after = await until(
        context,
        async () => (await broker.metadata([topic])).topics[0],
        (found) => found?.error === 'NONE' && found.topicId !== before,
      );
      expect(after?.topicId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    },
  },
  {
    name: 'a fetch from the middle of a batch gives the whole batch',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a', 'b', 'c', 'd'] });
      await committedValues(context, broker, { ...at, count: 4 });
      const fetched = await fetchOnce(context, broker, { ...at, offset: 2 });
      expect(Buffer.from(fetched.records ?? []).readBigInt64BE(0)).toBe(0n);
      const { records } = await readFrom(context, broker, { ...at, offset: 2 });
      expect(records.map(({ offset, value }) => [offset, value])).toEqual([
        [2, 'c'],
        [3, 'd'],
      ]);
    },
  },
  {
    name: 'a fetch behind the end of the log is out of range, one at the end is not',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a'] });
      await committedValues(context, broker, { ...at, count: 1 });
      expect((await fetchOnce(context, broker, { ...at, offset: 2 })).error).toBe('NONE');
      expect((await fetchOnce(context, broker, { ...at, offset: 3 })).error).toBe('OFFSET_OUT_OF_RANGE');
    },
  },
  {
    name: 'a fetch tells high watermark, last stable offset and log start',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a', 'b'] });
      await committedValues(context, broker, { ...at, count: 2 });
      const fetched = await fetchOnce(context, broker, { ...at, offset: 0 });
      expect(fetched).toMatchObject({
        error: 'NONE',
        highWatermark: 3,
        lastStableOffset: 3,
        logStartOffset: 0,
        abortedTransactions: [],
      });
    },
  },
  {
    name: 'a long poll is answered when committed data arrives, not when they are written',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      const reader = await context.connect();
      const poll = fetchOnce(context, reader, { ...at, offset: 0, maxWaitMs: 20_000 });
      expect(await staysOpen(context, poll, 200)).toBe(true);
      await producer.write({ ...at, values: ['a'] });
      expect(await staysOpen(context, poll, 300)).toBe(true);
      await producer.commit();
      expect((await settled(context, poll)).records).not.toBeNull();
      await broker.close();
    },
  },
  {
    name: 'a long poll without data is answered empty when its time is over',
    async run(context) {
      const { at, broker } = await setUp(context);
      const poll = fetchOnce(context, broker, { ...at, offset: 0, maxWaitMs: 1_000 });
      expect(await staysOpen(context, poll, 500)).toBe(true);
      const fetched = await settled(context, poll);
      expect([fetched.error, fetched.records?.length ?? 0, fetched.highWatermark]).toEqual(['NONE', 0, 0]);
    },
  },
  {
    name: 'a long poll is given up when its signal is aborted',
    async run(context) {
      const { at, broker } = await setUp(context);
      const controller = new AbortController();
      const poll = fetchOnce(context, broker, { ...at, offset: 0, maxWaitMs: 20_000, signal: controller.signal });
      expect(await staysOpen(context, poll, 100)).toBe(true);
      controller.abort(new Error('enough'));
      await expect(settled(context, poll)).rejects.toThrow('enough');
    },
  },
  {
    name: 'closing a client gives up its long poll, and later requests are refused as closed',
    async run(context) {
      const { at, broker } = await setUp(context);
      const poll = fetchOnce(context, broker, { ...at, offset: 0, maxWaitMs: 20_000 });
      expect(await staysOpen(context, poll, 100)).toBe(true);
      await broker.close();
      await expect(settled(context, poll)).rejects.toMatchObject({ name: 'BrokerError' });
      await expect(broker.metadata([at.topic])).rejects.toMatchObject({ name: 'BrokerError', code: 'CLOSED' });
    },
  },
  {
    name: 'the first batch comes whole however small the limit, the one behind it may be cut',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      const value = 'x'.repeat(1_000);
      for (let batch = 0; batch < 3; batch++) await producer.write({ ...at, values: [value] });
      await producer.commit();
      await committedValues(context, broker, { ...at, count: 3 });
      const small = await fetchOnce(context, broker, { ...at, offset: 0, maxBytes: 100 });
      expect(small.records?.length).toBeGreaterThan(1_000);
      const { records, position } = await readFrom(context, broker, { ...at, offset: 0 });
      expect([records.length, position]).toEqual([3, 4]);
      const cut = await fetchOnce(context, broker, { ...at, offset: 0, maxBytes: 1_500 });
      expect(cut.records?.length).toBeLessThanOrEqual(1_500);
    },
  },
  {
    name: 'a batch above the limit of its topic is refused as too large',
    async run(context) {
      const { at, producer } = await setUp(context, { 'max.message.bytes': '2000' });
      expect(await producer.add(at)).toEqual(['NONE']);
      const refused = await producer.send({ ...at, values: ['x'.repeat(3_000)] });
      expect([refused.error, refused.baseOffset]).toEqual(['MESSAGE_TOO_LARGE', -1]);
    },
  },
  {
    name: 'a batch whose bytes were changed on the way is refused',
    async run(context) {
      const { at, producer } = await setUp(context);
      expect(await producer.add(at)).toEqual(['NONE']);
      const batch = producer.batch({ ...at, values: ['hello'] });
      batch[batch.length - 3] = (batch[batch.length - 3] ?? 0) ^ 0xff;
      expect((await producer.sendBatch(at, batch)).error).toBe('CORRUPT_MESSAGE');
    },
  },
  {
    name: 'S1: a timestamp more than an hour ahead of the broker is refused, a smaller lead is not',
    async run(context) {
      const { at, producer } = await setUp(context);
      expect(await producer.add(at)).toEqual(['NONE']);
      const ahead = await producer.send({
        ...at,
        values: ['a'],
        timestampMs: context.now() + 2 * HOUR_MS,
        sequence: 0,
      });
      expect(ahead.error).toBe('INVALID_TIMESTAMP');
      const near = await producer.send({
        ...at,
        values: ['a'],
        timestampMs: context.now() + HOUR_MS - 60_000,
        sequence: 0,
      });
      expect(near.error).toBe('NONE');
    },
  },
  {
    name: 'S1: one bad timestamp refuses its whole batch, and old ones are fine',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      expect(await producer.add(at)).toEqual(['NONE']);
      const old = await producer.send({ ...at, values: ['old'], timestampMs: 1, sequence: 0 });
      expect(old.error).toBe('NONE');
      const bad = await producer.send({
        ...at,
        values: ['x', 'y'],
        timestampMs: context.now() + 2 * HOUR_MS,
        sequence: 1,
      });
      expect(bad.error).toBe('INVALID_TIMESTAMP');
      expect((await producer.send({ ...at, values: ['new'], sequence: 1 })).error).toBe('NONE');
      await producer.commit();
      expect(await committedValues(context, broker, { ...at, count: 2 })).toEqual(['old', 'new']);
    },
  },
  {
    name: 'a LogAppendTime topic puts its own time on every record and takes any timestamp',
    async run(context) {
      const { at, producer, broker } = await setUp(context, { 'message.timestamp.type': 'LogAppendTime' });
      const before = context.now();
      await producer.writeCommitted({ ...at, values: ['a', 'b'], timestampMs: before + 5 * HOUR_MS });
      await committedValues(context, broker, { ...at, count: 2 });
      const { records } = await readFrom(context, broker, { ...at, offset: 0 });
      for (const { timestampMs } of records) {
        expect(timestampMs).toBeGreaterThanOrEqual(before - 1_000);
        expect(timestampMs).toBeLessThanOrEqual(context.now() + 1_000);
      }
    },
  },
  {
    name: 'compressed batches and null values come back as they were written',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)
        await producer.write({ ...at, values: [compression, null], compression });
      await producer.commit();
      const values = await committedValues(context, broker, { ...at, count: 10 });
      expect(values).toEqual(['none', null, 'gzip', null, 'snappy', null, 'lz4', null, 'zstd', null]);
    },
  },
  {
    name: 'offsets by time: the first record at or after it, the end of the log when there is none',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      for (const timestampMs of [1_000, 3_000, 2_000]) await producer.write({ ...at, values: ['v'], timestampMs });
      await producer.commit();
      await committedValues(context, broker, { ...at, count: 3 });
      const offsetAt = async (timestampMs: number) =>
        (await listOffset(context, broker, { ...at, at: { timestampMs } })).offset;
      expect([await offsetAt(500), await offsetAt(1_000), await offsetAt(1_001), await offsetAt(3_000)]).toEqual([
        0, 0, 1, 1,
      ]);
      expect(await offsetAt(context.now() + HOUR_MS)).toBe(4);
    },
  },
  {
    name: 'the latest offset is the high watermark, also while a transaction is open',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.write({ ...at, values: ['a', 'b'] });
      expect((await listOffset(context, broker, { ...at, at: 'latest' })).offset).toBe(2);
      expect((await listOffset(context, broker, { ...at, at: 'earliest' })).offset).toBe(0);
    },
  },
  {
    name: 'a partition named twice in one ListOffsets is refused',
    async run(context) {
      const { at, broker } = await setUp(context);
      const answers = await broker.listOffsets([
        { ...at, at: 'earliest' },
        { ...at, at: 'latest' },
      ]);
      expect(answers.map(({ error }) => error)).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST']);
    },
  },
  {
    name: 'W13: the present leader epoch goes to the end of the log, a later one is not known, nor is a missing partition',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a', 'b'] });
      await committedValues(context, broker, { ...at, count: 2 });
      const leaderEpoch = (await broker.metadata([at.topic])).topics[0]?.partitions[0]?.leaderEpoch ?? -1;
      expect(leaderEpoch).toBeGreaterThanOrEqual(0);
      const endOf = (partition: number, epoch: number) =>
        broker.offsetsForLeaderEpochs([{ topic: at.topic, partition, leaderEpoch: epoch }]);
      const unknown = { leaderEpoch: -1, endOffset: -1 };
      expect(await endOf(0, leaderEpoch)).toEqual([{ ...at, error: 'NONE', leaderEpoch, endOffset: 3 }]);
      expect(await endOf(0, leaderEpoch + 1)).toEqual([{ ...at, error: 'NONE', ...unknown }]);
      expect(await endOf(7, leaderEpoch)).toEqual([
        { topic: at.topic, partition: 7, error: 'UNKNOWN_TOPIC_OR_PARTITION', ...unknown },
      ]);
    },
  },
  {
    name: 'W13: a fetch that means another topic of the name is refused',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a'] });
      const topicId = (await broker.metadata([at.topic])).topics[0]?.topicId ?? '';
      expect((await fetchOnce(context, broker, { ...at, offset: 0, topicId })).error).toBe('NONE');
      await context.deleteTopic(at.topic);
      await context.recreateTopic(at.topic, 1);
      await until(
        context,
        async () => (await broker.metadata([at.topic])).topics[0],
        (found) => found?.error === 'NONE' && found.topicId !== topicId,
      );
      const leaderId = await leaderOf(context, broker, at);
      const partitions = [{ ...at, topicId, offset: 0, maxBytes: 1_000 }];
      const request = { leaderId, partitions, maxWaitMs: 0, minBytes: 1, maxBytes: 1_000 };
      const answers = await broker.fetch(request, new AbortController().signal);
      expect(answers.map(({ error }) => error)).toEqual(['UNKNOWN_TOPIC_ID']);
    },
  },
  {
    name: 'W13: deleting records moves the log start, and what is below is out of range',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      for (const value of ['a', 'b', 'c']) await producer.write({ ...at, values: [value] });
      await producer.commit();
      await committedValues(context, broker, { ...at, count: 3 });
      expect((await broker.deleteRecords([{ ...at, offset: 2 }])).map(({ error }) => error)).toEqual(['NONE']);
      expect((await listOffset(context, broker, { ...at, at: 'earliest' })).offset).toBe(2);
      expect((await fetchOnce(context, broker, { ...at, offset: 1 })).error).toBe('OFFSET_OUT_OF_RANGE');
      const { records, last } = await readFrom(context, broker, { ...at, offset: 2 });
      expect([records.map(({ value }) => value), last.logStartOffset]).toEqual([['c'], 2]);
    },
  },
  {
    name: 'deleting up to the middle of a batch leaves the batch to be fetched whole',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a', 'b', 'c'] });
      await committedValues(context, broker, { ...at, count: 3 });
      await broker.deleteRecords([{ ...at, offset: 1 }]);
      const { records } = await readFrom(context, broker, { ...at, offset: 1 });
      expect(records.map(({ value }) => value)).toEqual(['b', 'c']);
    },
  },
  {
    name: 'deleting again below the log start changes nothing, behind the end of the log is refused',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a', 'b'] });
      await committedValues(context, broker, { ...at, count: 2 });
      const erase = async (offset: number) => (await broker.deleteRecords([{ ...at, offset }]))[0]?.error;
      expect([await erase(2), await erase(1), await erase(4)]).toEqual(['NONE', 'NONE', 'OFFSET_OUT_OF_RANGE']);
      expect((await listOffset(context, broker, { ...at, at: 'earliest' })).offset).toBe(2);
    },
  },
];

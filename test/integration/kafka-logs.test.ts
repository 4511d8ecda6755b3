// Reading, listing and deleting through the Kafka adapter, against a real broker; what is read was written by kafkajs and kcat.
import { CompressionTypes } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../runtime/clock.ts';
import type { Broker } from '../../runtime/log/broker.ts';
import { LogReader, type ReaderItem } from '../../runtime/log/client/index.ts';
import { systemRandom } from '../../runtime/random.ts';
import { run } from '../harness/exec.ts';
import { readCommitted } from '../harness/kcat.ts';
import { sharedBroker } from '../harness/shared.ts';
import { createTopic, kafkaClient, uniqueName, withAdmin } from '../harness/topics.ts';
import { connectTo, fetchOnce, HOUR_MS, NEVER, newTopic, readAll, until } from './kafka-broker-kit.ts';

let bootstrapServers = '';
let broker: Broker;

beforeAll(async () => {
  ({ bootstrapServers } = await sharedBroker());
  broker = await connectTo(bootstrapServers);
});
afterAll(() => broker?.close());

describe('logs', () => {
  const values = Array.from({ length: 50 }, (_, index) => `{"n":${index},"text":"${'a'.repeat(100)}"}`);

  test('what kafkajs wrote with gzip is read', async () => {
    const topic = await newTopic(bootstrapServers, 1);
    const producer = kafkaClient(bootstrapServers).producer();
    await producer.connect();
    await producer.send({ topic, compression: CompressionTypes.GZIP, messages: values.map((value) => ({ value })) });
    await producer.disconnect();
    expect(await readAll(broker, topic)).toEqual(values.map((value, offset) => [offset, value]));
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('what kcat wrote with %s is read', async (codec) => {
    const topic = await newTopic(bootstrapServers, 1);
    await run('kcat', ['-P', `-b${bootstrapServers}`, `-t${topic}`, '-p0', `-z${codec}`], {
      input: `${values.join('\n')}\n`,
    });
    expect(await readAll(broker, topic)).toEqual(values.map((value, offset) => [offset, value]));
  });

  test('of transactions that commit and abort in turn we read what librdkafka reads', async () => {
    const topic = await newTopic(bootstrapServers, 1);
    for (const transactionalId of ['x', 'y'].map(uniqueName)) {
      const producer = kafkaClient(bootstrapServers).producer({
        transactionalId,
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await producer.connect();
      for (let round = 0; round < 6; round++) {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: `${transactionalId} ${round}` }, { value: 'second' }] });
        await (round % 3 === 0 ? transaction.commit() : transaction.abort());
      }
      await producer.disconnect();
    }
    const rows = await readCommitted({ bootstrapServers, topic });
    expect(rows.length).toBe(8);
    expect(await readAll(broker, topic)).toEqual(rows.map(({ offset, value }) => [offset, value]));
  });

  test('offsets are listed by end and by time; records are deleted up to an offset', async () => {
    const topic = await newTopic(bootstrapServers, 2);
    const producer = kafkaClient(bootstrapServers).producer();
    await producer.connect();
    const now = Date.now();
    const messages = [0, 1, 2, 3].map((index) => ({ partition: 0, value: 'v', timestamp: String(now + index * 10) }));
    for (const message of messages) await producer.send({ topic, messages: [message] });
    await producer.disconnect();
    const list = async (...specs: Parameters<Broker['listOffsets']>[0][number]['at'][]) =>
      (await broker.listOffsets(specs.map((at) => ({ topic, partition: 0, at })))).map(({ error, offset }) => [
        error,
        offset,
      ]);
    expect(await list('earliest')).toEqual([['NONE', 0]]);
    expect(await list('latest')).toEqual([['NONE', 4]]);
    expect(await list({ timestampMs: now + 15 })).toEqual([['NONE', 2]]);
    expect(await list({ timestampMs: now + HOUR_MS })).toEqual([['NONE', 4]]);
    expect(
      await broker.listOffsets([
        { topic, partition: 1, at: 'latest' },
        { topic, partition: 2, at: 'latest' },
      ]),
    ).toEqual([
      { topic, partition: 1, error: 'NONE', offset: 0 },
      { topic, partition: 2, error: 'UNKNOWN_TOPIC_OR_PARTITION', offset: -1 },
    ]);

    const deleted = await broker.deleteRecords([
      { topic, partition: 0, offset: 3 },
      { topic, partition: 1, offset: 9 },
    ]);
    expect(deleted.map(({ partition, error }) => [partition, error])).toEqual([
      [0, 'NONE'],
      [1, 'OFFSET_OUT_OF_RANGE'],
    ]);
    expect(await list('earliest')).toEqual([['NONE', 3]]);
    expect(await fetchOnce(broker, { topic, offset: 0 })).toMatchObject({
      error: 'OFFSET_OUT_OF_RANGE',
      records: null,
    });
    expect(await fetchOnce(broker, { topic, offset: 3 })).toMatchObject({
      error: 'NONE',
      logStartOffset: 3,
      highWatermark: 4,
      lastStableOffset: 4,
    });
  });

  test('a long poll is given up at once and blocks nothing else', async () => {
    const topic = await newTopic(bootstrapServers, 1);
    const giveUp = new AbortController();
    const polling = fetchOnce(broker, { topic, offset: 0 }, { maxWaitMs: 30_000, signal: giveUp.signal });
    expect((await broker.listOffsets([{ topic, partition: 0, at: 'latest' }]))[0]?.error).toBe('NONE');
    giveUp.abort(new Error('enough'));
    await expect(polling).rejects.toThrow('enough');
    expect((await fetchOnce(broker, { topic, offset: 0 }, { maxWaitMs: 0 })).error).toBe('NONE');
    await expect(
      broker.fetch({ leaderId: 1, partitions: [], maxWaitMs: 0, minBytes: 0, maxBytes: 0 }, giveUp.signal),
    ).rejects.toThrow('enough');
  });

  test('a topic that was created anew is not taken for the old one', async () => {
    const topic = await newTopic(bootstrapServers, 1);
    const before = await broker.metadata([topic]);
    const partitions = [{ topic, partition: 0, offset: 0, maxBytes: 1 << 20 }];
    const leaderId = before.topics[0]?.partitions[0]?.leaderId ?? -1;
    const fetchWithOldId = async () =>
      (await broker.fetch({ leaderId, partitions, maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20 }, NEVER))[0]!;
    expect((await fetchWithOldId()).error).toBe('NONE');
    await withAdmin(bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
    await until(
      () => withAdmin(bootstrapServers, (admin) => admin.listTopics()),
      (topics) => !topics.includes(topic),
    );
    await createTopic(bootstrapServers, topic, { partitions: 1 });
    expect((await fetchWithOldId()).error).toBe('UNKNOWN_TOPIC_ID');
    const after = await broker.metadata([topic]);
    expect(after.topics[0]?.topicId).not.toBe(before.topics[0]?.topicId);
  });

  test('a reader does not read on in a topic that was created anew, though its client has heard of the new one', async () => {
    const topic = await newTopic(bootstrapServers, 1);
    const send = (values: readonly string[]) =>
      run('kcat', ['-P', `-b${bootstrapServers}`, `-t${topic}`, '-p0'], { input: `${values.join('\n')}\n` });
    await send(['a', 'b']);
    const { topics: before } = await broker.metadata([topic]);
    const reader = new LogReader({ broker, clock: systemClock, random: systemRandom, unknownTopicGraceMs: 60_000 });
    const stop = new AbortController();
    const running = reader.run(stop.signal);
    reader.assign({ topic, partition: 0 }, 0);
    while (reader.position({ topic, partition: 0 }) !== 2) await reader.next(NEVER);
    await withAdmin(bootstrapServers, (admin) => admin.deleteTopics({ topics: [topic] }));
    await until(
      () => withAdmin(bootstrapServers, (admin) => admin.listTopics()),
      (topics) => !topics.includes(topic),
    );
    await createTopic(bootstrapServers, topic, { partitions: 1 });
    const after = await until(
      () => broker.metadata([topic]),
      ({ topics }) => topics[0]?.error === 'NONE' && topics[0].topicId !== before[0]?.topicId,
    );
    await send(['c', 'd', 'e', 'f']);
    const items: ReaderItem[] = [];
    while (!items.some(({ kind }) => kind === 'error')) items.push(...(await reader.next(NEVER)));
    expect(items.filter((item) => item.kind === 'chunk' && item.batches.length > 0)).toEqual([]);
    expect(items.at(-1)).toMatchObject({
      error: 'TOPIC_RECREATED',
      offset: 2,
      topicId: after.topics[0]?.topicId,
      formerTopicId: before[0]?.topicId,
    });
    stop.abort();
    await running;
  });

  test('unknown topics are an error of metadata and are not created', async () => {
    const topic = uniqueName('unknown');
    for (let time = 0; time < 2; time++) {
      const { topics, clusterId } = await broker.metadata([topic]);
      expect(topics).toMatchObject([{ topic, error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: [] }]);
      expect(clusterId).not.toBe('');
    }
    expect((await fetchOnce(broker, { topic, offset: 0 })).error).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });
});

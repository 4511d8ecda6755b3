// Transactions and groups through the Kafka adapter, against a real broker; what is written is judged by kcat.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeFetch, encodeBatch, RecordsBuilder } from '../../runtime/log/batch/index.ts';
import type { Broker } from '../../runtime/log/broker.ts';
import { readCommitted } from '../harness/kcat.ts';
import { sharedBroker } from '../harness/shared.ts';
import { uniqueName } from '../harness/topics.ts';
import {
  connectTo,
  fetchOnce,
  HOUR_MS,
  join,
  joinAlone,
  joinRequest,
  NEVER,
  newTopic,
  readAll,
  settledError,
  TestProducer,
  until,
} from './kafka-broker-kit.ts';

let bootstrapServers = '';
let broker: Broker;

beforeAll(async () => {
  ({ bootstrapServers } = await sharedBroker());
  broker = await connectTo(bootstrapServers);
});
afterAll(() => broker?.close());

describe('transactions', () => {
  test('rows, offsets and metadata are committed together', async () => {
    const [out, source] = [await newTopic(bootstrapServers, 2), await newTopic(bootstrapServers, 1)];
    const group = await joinAlone(broker, uniqueName('group'));
    const writer = new TestProducer(broker);
    await writer.init();
    const produced = await writer.send(out, [0, 1], { value: 'row' });
    expect(produced).toEqual(
      [0, 1].map((partition) => ({ topic: out, partition, error: 'NONE', errorMessage: null, baseOffset: 0 })),
    );
    const offsets = [{ topic: source, partition: 0, offset: 41, metadata: '{"ckpt":"7"}' }];
    expect(await writer.commitOffsets(group, offsets)).toEqual([{ topic: source, partition: 0, error: 'NONE' }]);
    expect(await writer.commit()).toBe('NONE');

    const rows = await readCommitted({ bootstrapServers, topic: out });
    expect(rows.map(({ partition, key, value }) => [partition, key, value])).toEqual([
      [0, 'k0', 'row'],
      [1, 'k1', 'row'],
    ]);
    const committed = await until(
      () => broker.offsetFetch({ groupId: group.groupId, partitions: [{ topic: source, partition: 0 }] }),
      (answer) => answer.offsets[0]?.error !== 'UNSTABLE_OFFSET_COMMIT',
    );
    expect(committed).toEqual({
      error: 'NONE',
      offsets: [{ topic: source, partition: 0, offset: 41, leaderEpoch: -1, metadata: '{"ckpt":"7"}', error: 'NONE' }],
    });
  });

  test('a stale generation is refused, and the same transaction commits with the new one', async () => {
    const [out, source] = [await newTopic(bootstrapServers, 1), await newTopic(bootstrapServers, 1)];
    const group = await joinAlone(broker, uniqueName('group'));
    const writer = new TestProducer(broker);
    await writer.init();
    await writer.send(out, [0], { value: 'row' });
    const offsets = [{ topic: source, partition: 0, offset: 5, metadata: '' }];
    const stale = { ...group, generation: group.generation - 1 };
    // Generation −1 would not be fenced at all: make it a real one.
    expect(stale.generation).toBeGreaterThanOrEqual(0);
    expect(await writer.commitOffsets(stale, offsets)).toEqual([
      { topic: source, partition: 0, error: 'ILLEGAL_GENERATION' },
    ]);
    expect(await writer.commitOffsets({ ...group, memberId: 'somebody-else' }, offsets)).toEqual([
      { topic: source, partition: 0, error: 'FENCED_INSTANCE_ID' },
    ]);
    expect(await writer.commitOffsets(group, offsets)).toEqual([{ topic: source, partition: 0, error: 'NONE' }]);
    expect(await writer.commit()).toBe('NONE');
    expect(await readAll(broker, out)).toEqual([[0, 'row']]);
  });

  test('metadata that is too large is the error of its partition alone', async () => {
    const source = await newTopic(bootstrapServers, 2);
    const group = await joinAlone(broker, uniqueName('group'));
    const writer = new TestProducer(broker);
    await writer.init();
    const answers = await writer.commitOffsets(group, [
      { topic: source, partition: 0, offset: 1, metadata: '' },
      { topic: source, partition: 1, offset: 1, metadata: 'x'.repeat(5000) },
    ]);
    expect(answers.map(({ partition, error }) => [partition, error])).toEqual([
      [0, 'NONE'],
      [1, 'OFFSET_METADATA_TOO_LARGE'],
    ]);
  });

  test('an offset under an open transaction is unstable; InitProducerId aborts it and fences the producer', async () => {
    const [out, source] = [await newTopic(bootstrapServers, 1), await newTopic(bootstrapServers, 2)];
    const group = await joinAlone(broker, uniqueName('group'));
    const writer = new TestProducer(broker);
    await writer.init();
    await writer.send(out, [0], { value: 'never seen' });
    await writer.commitOffsets(group, [{ topic: source, partition: 0, offset: 9, metadata: '' }]);
    const partitions = [0, 1].map((partition) => ({ topic: source, partition }));
    const read = async () => (await broker.offsetFetch({ groupId: group.groupId, partitions })).offsets;
    expect((await read()).map(({ partition, error }) => [partition, error])).toEqual([
      [0, 'UNSTABLE_OFFSET_COMMIT'],
      [1, 'NONE'],
    ]);

    const zombie = writer.request;
    await writer.init();
    expect(writer.request.producerEpoch).toBeGreaterThan(zombie.producerEpoch);
    const ended = await until(() => broker.endTxn({ ...zombie, commit: true }), settledError);
    expect(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED']).toContain(ended.error);
    const offsets = await until(read, (answers) => answers[0]?.error !== 'UNSTABLE_OFFSET_COMMIT');
    expect(offsets.map(({ error, offset }) => [error, offset])).toEqual([
      ['NONE', -1],
      ['NONE', -1],
    ]);
    // The abort marker follows the answer of InitProducerId.
    const aborted = await until(
      () => fetchOnce(broker, { topic: out, offset: 0 }),
      ({ lastStableOffset }) => lastStableOffset === 2,
    );
    expect(aborted.abortedTransactions).toEqual([{ producerId: zombie.producerId, firstOffset: 0 }]);
    expect(decodeFetch(aborted, 0)).toEqual({ batches: [], nextOffset: 2 });
  });

  test('a batch that the broker refuses is the error of its partition, with the reason', async () => {
    const [strict, lax] = [
      await newTopic(bootstrapServers, 1, { 'message.timestamp.after.max.ms': '3600000' }),
      await newTopic(bootstrapServers, 1),
    ];
    const writer = new TestProducer(broker);
    await writer.init();
    const [refused] = await writer.send(strict, [0], {
      value: 'from the future',
      timestampMs: Date.now() + 2 * HOUR_MS,
    });
    expect(refused).toMatchObject({ error: 'INVALID_TIMESTAMP', baseOffset: -1 });
    expect(refused?.errorMessage).toContain('record 0 of the batch');
    expect((await writer.send(lax, [0], { value: 'fine' }))[0]?.error).toBe('NONE');
  });

  test('a partition that does not exist answers for itself, the others are written', async () => {
    const topic = await newTopic(bootstrapServers, 1);
    const writer = new TestProducer(broker);
    await writer.init();
    await writer.send(topic, [0], { value: 'row' });
    const builder = new RecordsBuilder();
    builder.append({ timestampMs: Date.now(), key: null, value: Buffer.from('second') });
    const batch = encodeBatch(builder, { ...writer.request, baseSequence: 1, transactional: true });
    const produced = await broker.produce({
      transactionalId: writer.transactionalId,
      timeoutMs: 5000,
      partitions: [
        { topic, partition: 7, batch },
        { topic, partition: 0, batch },
        { topic: 'no-such-topic', partition: 0, batch },
      ],
    });
    expect(produced.map(({ topic: name, partition, error }) => [name, partition, error])).toEqual([
      [topic, 7, 'UNKNOWN_TOPIC_OR_PARTITION'],
      [topic, 0, 'NONE'],
      ['no-such-topic', 0, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ]);
  });
});

describe('groups', () => {
  test('a static member that restarts takes up its place; LeaveGroup by instance id ends it', async () => {
    const groupId = uniqueName('group');
    const first = await joinAlone(broker, groupId);
    expect(await broker.heartbeat(first)).toEqual({ error: 'NONE' });
    const again = await join(broker, groupId, 'pod-a');
    expect([again.generation, again.skipAssignment]).toEqual([first.generation, true]);
    expect(again.memberId).not.toBe(first.memberId);
    expect(await broker.heartbeat(first)).toEqual({ error: 'FENCED_INSTANCE_ID' });
    const leave = { groupId, memberId: '', instanceId: 'pod-a', reason: 'pod deleted' };
    expect(await broker.leaveGroup(leave)).toEqual({ error: 'NONE' });
    expect(await broker.leaveGroup(leave)).toEqual({ error: 'UNKNOWN_MEMBER_ID' });
    expect(await broker.heartbeat(again)).toEqual({ error: 'UNKNOWN_MEMBER_ID' });
  });

  test('a join that waits for others blocks neither heartbeats nor itself when it is given up', async () => {
    const groupId = uniqueName('group');
    const first = await joinAlone(broker, groupId);
    const giveUp = new AbortController();
    const request = joinRequest(groupId, 'pod-b');
    const waiting = broker.joinGroup(request, giveUp.signal);
    const beat = await until(
      () => broker.heartbeat(first),
      ({ error }) => error !== 'NONE',
    );
    expect(beat).toEqual({ error: 'REBALANCE_IN_PROGRESS' });
    giveUp.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(await broker.leaveGroup({ groupId, memberId: '', instanceId: 'pod-a', reason: '' })).toEqual({
      error: 'NONE',
    });
    expect((await broker.joinGroup(request, NEVER)).error).toBe('NONE');
  });
});

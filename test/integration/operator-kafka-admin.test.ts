// The operator's Kafka administration against a real broker: every answer it acts on, and the eviction of a worker that hangs in a transaction.
import { randomBytes } from 'node:crypto';
import * as kafka from '@platformatic/kafka';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../operator/clock.ts';
import { ClusterAdmin, KafkaError } from '../../operator/kafka/index.ts';
import { sharedBroker } from '../harness/shared.ts';

let bootstrapServers: string;
let admin: ClusterAdmin;
const unique = (): string => `admin.job.${randomBytes(4).toString('hex')}-1`;

beforeAll(async () => {
  ({ bootstrapServers } = await sharedBroker());
  admin = new ClusterAdmin(bootstrapServers, { clock: systemClock });
});
afterAll(() => admin.close());

async function connect(): Promise<kafka.Connection> {
  const [host = '', port = ''] = bootstrapServers.split(':');
  const connection = new kafka.Connection('test');
  await connection.connect(host, Number(port));
  return connection;
}

/** Joins as the only, static member and returns what a heartbeat answers from then on. */
async function joinGroup(
  groupId: string,
  instanceId: string,
): Promise<{ heartbeat: () => Promise<string>; close: () => Promise<void> }> {
  const connection = await connect();
  // ConsumerProtocol v1 without topics, user data and owned partitions.
  const metadata = Buffer.from([0, 1, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0]);
  const joined = await untilAnswered(() =>
    kafka.joinGroupV9.api.async(
      connection,
      groupId,
      60_000,
      60_000,
      '',
      instanceId,
      'consumer',
      [{ name: 'p', metadata }],
      'test',
    ),
  );
  const { generationId, memberId } = joined;
  await kafka.syncGroupV5.api.async(connection, groupId, generationId, memberId, instanceId, 'consumer', 'p', [
    { memberId, assignment: Buffer.alloc(0) },
  ]);
  return {
    heartbeat: async () => {
      try {
        await kafka.heartbeatV4.api.async(connection, groupId, generationId, memberId, instanceId);
        return 'NONE';
      } catch (error) {
        return answerOf(error);
      }
    },
    close: () => connection.close(),
  };
}

/** Begins a transaction and leaves it open; returns what adding to it answers from then on. */
async function openTransaction(
  transactionalId: string,
  topic: string,
): Promise<{ add: () => Promise<string>; close: () => Promise<void> }> {
  const connection = await connect();
  const { producerId, producerEpoch } = await untilAnswered(() =>
    kafka.initProducerIdV4.api.async(connection, transactionalId, 60_000),
  );
  const transaction = {
    transactionalId,
    producerId,
    producerEpoch,
    verifyOnly: false,
    topics: [{ name: topic, partitions: [0] }],
  };
  const add = async (): Promise<string> => {
    try {
      await kafka.addPartitionsToTxnV3.api.async(connection, [transaction]);
      return 'NONE';
    } catch (error) {
      return answerOf(error);
    }
  };
  expect(await add()).toBe('NONE');
  return { add, close: () => connection.close() };
}

const PASSING = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
]);

/** A coordinator that is being made answers so until it is there. */
async function untilAnswered<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!PASSING.has(answerOf(error))) throw error;
    }
  }
}

function answerOf(error: unknown): string {
  const { errors } = error as { errors?: readonly { apiId?: string }[] };
  const answer = errors?.[0]?.apiId;
  if (answer === undefined) throw error;
  return answer;
}

test('a topic is made once, with its settings, and deleted once', async () => {
  const topic = `${unique()}-shuffle`;
  const wanted = { topic, partitions: 3, replicationFactor: 1, config: { 'retention.ms': '-1' } };
  expect((await admin.describeTopics([topic])).topics.get(topic)).toEqual({ exists: false });
  expect([await admin.createTopic(wanted), await admin.createTopic(wanted)]).toEqual(['created', 'exists']);
  const described = await admin.describeTopics([topic]);
  expect([described.brokers, described.topics.get(topic)]).toEqual([1, { exists: true, partitions: 3 }]);
  expect((await admin.topicConfig(topic))['retention.ms']).toBe('-1');
  expect([await admin.deleteTopic(topic), await admin.deleteTopic(topic)]).toEqual(['deleted', 'absent']);
});

test('a refusal of the broker is told with its name', async () => {
  const refused = admin.createTopic({ topic: `${unique()}-shuffle`, partitions: 1, replicationFactor: 3, config: {} });
  await expect(refused).rejects.toMatchObject({ code: 'Refused', answer: 'INVALID_REPLICATION_FACTOR' });
});

test('a worker that hangs is put out of its group, and its open transaction is fenced', async () => {
  const groupId = unique();
  const topic = `${groupId}-shuffle`;
  const transactionalId = `${groupId}-pod-1`;
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1, config: {} });
  const member = await joinGroup(groupId, 'pod-1');
  const transaction = await openTransaction(transactionalId, topic);
  expect(await admin.groupMembers(groupId)).toEqual([
    { memberId: expect.stringMatching(/^pod-1-/) as string, instanceId: 'pod-1' },
  ]);
  expect(await admin.groupsWithPrefix(groupId)).toEqual([groupId]);
  await expect(admin.deleteGroup(groupId)).rejects.toMatchObject({ answer: 'NON_EMPTY_GROUP' });

  await admin.evict({ groupId, instanceId: 'pod-1', transactionalId });
  expect(await admin.groupMembers(groupId)).toEqual([]);
  expect([await member.heartbeat(), await transaction.add()]).toEqual([
    'UNKNOWN_MEMBER_ID',
    expect.stringMatching(/FENCED|INVALID_PRODUCER_EPOCH/),
  ]);

  // Twice is harmless: a turn that failed half-way does it again.
  await admin.evict({ groupId, instanceId: 'pod-1', transactionalId });
  expect([await admin.deleteGroup(groupId), await admin.deleteGroup(groupId)]).toEqual(['deleted', 'absent']);
  await admin.deleteTopic(topic);
  await member.close();
  await transaction.close();
});

test('a cluster that is away fails by its deadline, and at once the second time', async () => {
  const away = new ClusterAdmin('127.0.0.1:1', { clock: systemClock });
  const first = await away.describeTopics(['t']).catch((error: unknown) => error);
  const second = await away.describeTopics(['t']).catch((error: unknown) => error);
  expect(first).toBeInstanceOf(KafkaError);
  expect(first).toMatchObject({ code: 'Unreachable', message: expect.stringContaining('127.0.0.1:1') as string });
  expect(second).toBe(first);
  await away.close();
});

// What the embedded log has beyond the shared table: faults on the way, feeding and reading without a client, and time that passes
// in days.
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { type Broker, BrokerError } from '../broker.ts';
import { encodeBatch, RecordsBuilder } from '../batch/index.ts';
import { type Intercept, MemoryCluster, type MemoryClusterOptions, seededRandom, VirtualClock } from './index.ts';

const DAY_MS = 86_400_000;
const NEVER = new AbortController().signal;
const AT = { topic: 't', partition: 0 };
const UNFENCED = { groupId: 'g', generation: -1, memberId: '', instanceId: '' };

function newCluster(options: Partial<MemoryClusterOptions> = {}): { clock: VirtualClock; cluster: MemoryCluster } {
  const clock = new VirtualClock({ startMs: DAY_MS });
  const cluster = new MemoryCluster({ clock, random: seededRandom(1), ...options });
  cluster.createTopic({ topic: 't', partitions: 1 });
  return { clock, cluster };
}

async function initialise(broker: Broker, transactionalId = 'txn') {
  for (;;) {
    const { error, ...identity } = await broker.initProducerId({ transactionalId, transactionTimeoutMs: 60_000 });
    if (error === 'NONE') return { transactionalId, ...identity };
    if (error !== 'CONCURRENT_TRANSACTIONS') throw new Error(error);
  }
}

type Identity = Awaited<ReturnType<typeof initialise>>;

async function produce(
  broker: Broker,
  identity: Identity,
  sequenced: { value: string; sequence: number },
): Promise<string> {
  const builder = new RecordsBuilder();
  builder.append({ timestampMs: DAY_MS, key: null, value: Buffer.from(sequenced.value) });
  const batch = encodeBatch(builder, { ...identity, baseSequence: sequenced.sequence, transactional: true });
  await broker.addPartitionsToTxn({ ...identity, partitions: [AT] });
  const [answer] = await broker.produce({ transactionalId: 'txn', timeoutMs: 1_000, partitions: [{ ...AT, batch }] });
  return answer?.error ?? 'none';
}

function values(cluster: MemoryCluster, isolation: 'read_committed' | 'read_uncommitted'): (string | undefined)[] {
  return cluster.readAll('t', { isolation }).map(({ value }) => value?.toString());
}

/** Throws in the given phase of the first request of this kind. */
function failOnce(api: string, phase: 'before' | 'after'): Intercept {
  let failed = false;
  return (request, at) => {
    if (failed || request.api !== api || at !== phase) return;
    failed = true;
    throw new BrokerError('UNKNOWN_OUTCOME', `${api} was lost`);
  };
}

describe('faults on the way', () => {
  const rows: [phase: 'before' | 'after', state: string | null, committed: string[]][] = [
    ['before', 'Ongoing', []],
    ['after', 'CompleteCommit', ['a']],
  ];
  test.each(rows)('a commit lost %s its execution leaves the transaction %s', async (phase, state, committed) => {
    const { cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c', intercept: failOnce('endTxn', phase) });
    const identity = await initialise(broker);
    expect(await produce(broker, identity, { value: 'a', sequence: 0 })).toBe('NONE');
    await expect(broker.endTxn({ ...identity, commit: true })).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
    expect(cluster.transactionState('txn')).toBe(state);
    expect(values(cluster, 'read_committed')).toEqual(committed);
    await cluster.close();
  });

  test('a request held back is passed by later ones, and executed although its client was closed meanwhile', async () => {
    const { cluster } = newCluster();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const intercept: Intercept = ({ api }, phase) =>
      api === 'deleteRecords' && phase === 'before' ? released : undefined;
    const broker = cluster.connect({ clientId: 'zombie', intercept });
    cluster.append('t', 0, [{ value: 'a' }, { value: 'b' }]);
    const held = broker.deleteRecords([{ ...AT, offset: 1 }]);
    const [listed] = await broker.listOffsets([{ ...AT, at: 'earliest' }]);
    expect(listed?.offset).toBe(0);
    const closing = broker.close();
    await expect(held).rejects.toMatchObject({ code: 'CLOSED' });
    await closing;
    release();
    const other = cluster.connect({ clientId: 'other' });
    expect((await other.listOffsets([{ ...AT, at: 'earliest' }]))[0]?.offset).toBe(1);
    await cluster.close();
  });

  test('requests of one client are executed in the order of sending, and none before its call returns', async () => {
    const { cluster } = newCluster();
    const order: string[] = [];
    const intercept: Intercept = ({ api }, phase) => {
      order.push(`${phase} ${api}`);
    };
    const broker = cluster.connect({ clientId: 'c', intercept });
    const all = [broker.metadata(['t']), broker.listOffsets([{ ...AT, at: 'latest' }])];
    expect(order).toEqual([]);
    await Promise.all(all);
    expect(order.filter((entry) => entry.startsWith('before'))).toEqual(['before metadata', 'before listOffsets']);
    await cluster.close();
  });

  test('a broker that does not exist cannot be reached, and one that does not lead says so', async () => {
    const { cluster } = newCluster({ brokers: 2 });
    const broker = cluster.connect({ clientId: 'c' });
    const request = {
      partitions: [{ ...AT, offset: 0, maxBytes: 1_000 }],
      maxWaitMs: 1_000,
      minBytes: 1,
      maxBytes: 1_000,
    };
    await expect(broker.fetch({ ...request, leaderId: 3 }, NEVER)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect((await broker.fetch({ ...request, leaderId: 2 }, NEVER))[0]?.error).toBe('NOT_LEADER_OR_FOLLOWER');
    await cluster.close();
  });
});

describe('feeding and reading without a client', () => {
  test('rows come back with key, value, headers, timestamp and offset', async () => {
    const { cluster } = newCluster();
    cluster.append('t', 0, [
      { key: 'k', value: 'v', timestampMs: 7, headers: [{ key: 'h', value: 'x' }] },
      { value: null },
    ]);
    const rows = cluster.readAll('t', { isolation: 'read_committed' });
    expect(
      rows.map(({ key, value, headers, ...rest }) => ({
        ...rest,
        key: key?.toString(),
        value: value?.toString(),
        headers: headers.length,
      })),
    ).toEqual([
      { topic: 't', partition: 0, offset: 0, timestampMs: 7, key: 'k', value: 'v', headers: 1 },
      { topic: 't', partition: 0, offset: 1, timestampMs: DAY_MS, key: undefined, value: undefined, headers: 0 },
    ]);
    await cluster.close();
  });

  test('open and aborted records are seen uncommitted only', async () => {
    const { cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c' });
    const aborted = await initialise(broker);
    await produce(broker, aborted, { value: 'aborted', sequence: 0 });
    const open = await initialise(broker);
    cluster.append('t', 0, [{ value: 'plain' }]);
    await produce(broker, open, { value: 'open', sequence: 0 });
    cluster.append('t', 0, [{ value: 'behind' }]);
    expect(values(cluster, 'read_committed')).toEqual(['plain']);
    expect(values(cluster, 'read_uncommitted')).toEqual(['aborted', 'plain', 'open', 'behind']);
    await cluster.close();
  });

  test('what the broker refuses is an error that says why', async () => {
    const { cluster } = newCluster();
    expect(() => cluster.append('t', 0, [{ value: 'x', timestampMs: 3 * DAY_MS }])).toThrow('INVALID_TIMESTAMP');
    expect(() => cluster.append('t', 1, [{ value: 'x' }])).toThrow('topic t has no partition 1');
    expect(() => cluster.createTopic({ topic: 't', partitions: 1 })).toThrow('topic t exists already');
    await cluster.close();
  });

  test('a topic grows, and its new partitions are empty', async () => {
    const { cluster } = newCluster();
    cluster.addPartitions('t', 3);
    const broker = cluster.connect({ clientId: 'c' });
    const { topics } = await broker.metadata(['t']);
    expect(topics[0]?.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2]);
    expect(cluster.append('t', 2, [{ value: 'x' }])).toBe(0);
    await cluster.close();
  });
});

describe('time that passes', () => {
  async function commitOffset(broker: Broker): Promise<void> {
    const identity = await initialise(broker);
    await broker.addOffsetsToTxn({ ...identity, groupId: 'g' });
    await broker.txnOffsetCommit({
      ...identity,
      group: UNFENCED,
      offsets: [{ ...AT, offset: 5, leaderEpoch: -1, metadata: '' }],
    });
    await broker.endTxn({ ...identity, commit: true });
  }

  const committed = async (broker: Broker) =>
    (await broker.offsetFetch({ groupId: 'g', partitions: [AT] })).offsets[0]?.offset;

  test('offsets of a group without members expire after seven days', async () => {
    const { clock, cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c' });
    await commitOffset(broker);
    await clock.advance(7 * DAY_MS - 1);
    expect(await committed(broker)).toBe(5);
    await clock.advance(600_000);
    expect(await committed(broker)).toBe(-1);
    await cluster.close();
  });

  const subscriptions: [topics: string, subscription: Buffer, offset: number][] = [
    ['with its topic', Buffer.from([0, 1, 0, 0, 0, 1, 0, 1, 0x74]), 5],
    ['without it', Buffer.from([0, 1, 0, 0, 0, 1, 0, 1, 0x78]), -1],
    ['that cannot be read', Buffer.from([9]), 5],
  ];
  test.each(subscriptions)('W14: offsets of a stable group and a subscription %s', async (_, metadata, expected) => {
    const { clock, cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c' });
    const timeouts = { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 10_000 };
    const protocols = [{ name: 'p', metadata }];
    const member = { groupId: 'g', memberId: '', instanceId: 'pod-a', protocolType: 'consumer', reason: '' };
    const { generation, memberId } = await broker.joinGroup({ ...member, ...timeouts, protocols }, NEVER);
    const stamp = { ...member, generation, memberId };
    await broker.syncGroup({ ...stamp, protocolName: 'p', assignments: [] });
    await commitOffset(broker);
    for (let passedMs = 0; passedMs < 7 * DAY_MS + 600_000; passedMs += 1_200_000) {
      await clock.advance(1_200_000);
      expect((await broker.heartbeat(stamp)).error).toBe('NONE');
    }
    expect(await committed(broker)).toBe(expected);
    await cluster.close();
  });

  test('W4: a transactional id that was idle for seven days is forgotten', async () => {
    const { clock, cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c' });
    const identity = await initialise(broker);
    await clock.advance(7 * DAY_MS);
    const [answer] = await broker.addPartitionsToTxn({ ...identity, partitions: [AT] });
    expect(answer?.error).toBe('INVALID_PRODUCER_ID_MAPPING');
    expect((await initialise(broker)).producerId).not.toBe(identity.producerId);
    await cluster.close();
  });

  test('an epoch that cannot grow any more is followed by a new producer id', async () => {
    const { cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c' });
    const first = await initialise(broker);
    let last = first;
    while (last.producerEpoch < 32_766) last = await initialise(broker);
    const rotated = await initialise(broker);
    expect([last.producerId, rotated.producerEpoch]).toEqual([first.producerId, 0]);
    expect(rotated.producerId).not.toBe(first.producerId);
    await cluster.close();
  });

  test('between the decision and the markers the coordinator asks for patience, and offsets stay unstable', async () => {
    const { clock, cluster } = newCluster({ markerDelayMs: 50 });
    const broker = cluster.connect({ clientId: 'c' });
    const identity = await initialise(broker);
    await produce(broker, identity, { value: 'a', sequence: 0 });
    await broker.addOffsetsToTxn({ ...identity, groupId: 'g' });
    await broker.txnOffsetCommit({
      ...identity,
      group: UNFENCED,
      offsets: [{ ...AT, offset: 5, leaderEpoch: -1, metadata: '' }],
    });
    expect((await broker.endTxn({ ...identity, commit: true })).error).toBe('NONE');
    expect(cluster.transactionState('txn')).toBe('PrepareCommit');
    const initAgain = { transactionalId: 'txn', transactionTimeoutMs: 60_000 };
    expect((await broker.endTxn({ ...identity, commit: true })).error).toBe('CONCURRENT_TRANSACTIONS');
    expect((await broker.initProducerId(initAgain)).error).toBe('CONCURRENT_TRANSACTIONS');
    expect((await broker.addPartitionsToTxn({ ...identity, partitions: [AT] }))[0]?.error).toBe(
      'CONCURRENT_TRANSACTIONS',
    );
    expect((await broker.offsetFetch({ groupId: 'g', partitions: [AT] })).offsets[0]?.error).toBe(
      'UNSTABLE_OFFSET_COMMIT',
    );
    expect(values(cluster, 'read_committed')).toEqual([]);
    await clock.advance(50);
    expect([cluster.transactionState('txn'), values(cluster, 'read_committed')]).toEqual(['CompleteCommit', ['a']]);
    await cluster.close();
  });

  test('with an initial delay the members that come meanwhile meet in the first generation', async () => {
    const { clock, cluster } = newCluster({ groupInitialRebalanceDelayMs: 3_000 });
    const join = (instanceId: string) => {
      const timeouts = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 };
      const protocols = [{ name: 'p', metadata: Buffer.alloc(0) }];
      const request = { groupId: 'g', memberId: '', instanceId, protocolType: 'x', reason: '', protocols, ...timeouts };
      return cluster.connect({ clientId: instanceId }).joinGroup(request, NEVER);
    };
    const first = join('a');
    await clock.advance(2_000);
    const second = join('b');
    await clock.advance(10_000);
    const [leader, follower] = await Promise.all([first, second]);
    expect([leader.generation, follower.generation, leader.members.length]).toEqual([1, 1, 2]);
    await cluster.close();
  });

  test('the same machinery runs on the machine’s clock, and a closed cluster leaves nothing running', async () => {
    const cluster = new MemoryCluster({ clock: systemClock, random: seededRandom(1), transactionScanIntervalMs: 5 });
    cluster.createTopic({ topic: 't', partitions: 1 });
    const broker = cluster.connect({ clientId: 'c' });
    const { error, ...identity } = await broker.initProducerId({ transactionalId: 'txn', transactionTimeoutMs: 1 });
    expect(error).toBe('NONE');
    await produce(broker, { transactionalId: 'txn', ...identity }, { value: 'lost', sequence: 0 });
    const request = {
      partitions: [{ ...AT, offset: 0, maxBytes: 1_000 }],
      maxWaitMs: 10_000,
      minBytes: 1,
      maxBytes: 1_000,
    };
    // Answered when the broker has aborted the transaction by itself.
    const [fetched] = await broker.fetch({ ...request, leaderId: 1 }, NEVER);
    expect([fetched?.lastStableOffset, fetched?.abortedTransactions.length]).toEqual([2, 1]);
    expect(cluster.nextDeadlineMs()).toBeNull();
    await cluster.close();
  });
});

describe('a new leader', () => {
  test('that lacks the last batches ends the log before them, and says where its predecessor ended', async () => {
    const { cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c' });
    for (const value of ['a', 'b', 'c']) cluster.append('t', 0, [{ value }, { value }]);
    // In the middle of a batch, which goes as a whole.
    cluster.truncate('t', 0, 3);
    cluster.append('t', 0, [{ value: 'd' }]);
    expect(values(cluster, 'read_committed')).toEqual(['a', 'a', 'd']);
    const { topics } = await broker.metadata(['t']);
    expect(topics[0]?.partitions[0]?.leaderEpoch).toBe(1);
    const ends = await Promise.all([0, 1, 2].map((leaderEpoch) => endOf(broker, leaderEpoch)));
    expect(ends).toEqual([
      [0, 2],
      [1, 3],
      [-1, -1],
    ]);
    expect(() => cluster.truncate('t', 0, 4)).toThrow('offset 4 of t-0: 0 to 3');
  });

  test('knows producers and open transactions from what is left of the log', async () => {
    const { cluster } = newCluster();
    const broker = cluster.connect({ clientId: 'c' });
    const identity = await initialise(broker);
    for (const sequence of [0, 1]) expect(await produce(broker, identity, { value: 'x', sequence })).toBe('NONE');
    cluster.truncate('t', 0, 1);
    expect(await produce(broker, identity, { value: 'lost before', sequence: 2 })).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(await produce(broker, identity, { value: 'again', sequence: 1 })).toBe('NONE');
    expect(values(cluster, 'read_committed')).toEqual([]);
    await broker.endTxn({ ...identity, commit: true });
    expect(values(cluster, 'read_committed')).toEqual(['x', 'again']);
  });
});

async function endOf(broker: Broker, leaderEpoch: number): Promise<unknown> {
  const [end] = await broker.offsetsForLeaderEpochs([{ ...AT, leaderEpoch }]);
  return [end?.leaderEpoch, end?.endOffset];
}

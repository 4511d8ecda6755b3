import { describe, expect, it } from 'vitest';
import { RecordsBuilder } from '../batch/index.ts';
import { type Broker, BrokerError, type GroupStamp, type ProducePartition } from '../broker.ts';
import type { Intercept, MemoryClusterOptions } from '../memory/index.ts';
import { ClientWorld, recordsOf, withFaults } from './client-world.cases.ts';
import { fetchCommitted, fetchStableNow } from './committed-offsets.ts';
import { GroupWorker, Ledger } from './group-worker.cases.ts';
import { fenceTransactionalId } from './producer-id.ts';
import type { TransactionError } from './transaction-error.ts';
import { TransactionalProducer } from './transactional-producer.ts';

const never = new AbortController().signal;
const OUT = { topic: 'out', partition: 0 };

class World extends ClientWorld {
  readonly broker: Broker;
  readonly producer: TransactionalProducer;
  readonly worker: GroupWorker;

  constructor(
    setup: { intercept?: Intercept; wrap?: (broker: Broker) => Broker; cluster?: Partial<MemoryClusterOptions> } = {},
  ) {
    super(setup.cluster);
    this.cluster.createTopic({ topic: 'in', partitions: 2 });
    this.cluster.createTopic({ topic: 'out', partitions: 2 });
    const { clock, random } = this;
    this.broker = this.connect('test');
    const connected = this.connect('producer', setup.intercept);
    const broker = setup.wrap === undefined ? connected : setup.wrap(connected);
    this.producer = new TransactionalProducer({
      broker,
      clock,
      random,
      transactionalId: 'job-w0',
      transactionTimeoutMs: 10_000,
    });
    this.worker = new GroupWorker({
      broker: this.connect('w0'),
      clock,
      random,
      ledger: new Ledger(),
      groupId: 'job',
      instanceId: 'w0',
      counts: [{ topic: 'in', partitions: 2 }],
    });
  }

  async begin(): Promise<GroupStamp> {
    await this.drive(this.producer.initialise(never));
    await this.until('a member', () => this.worker.stamp !== null);
    return this.worker.stamp as GroupStamp;
  }

  async produce(...values: string[]): Promise<void> {
    await this.drive(this.producer.produce([{ ...OUT, records: recordsOf(...values) }]));
  }

  async offset(stamp: GroupStamp, offset: number): Promise<void> {
    await this.drive(this.producer.sendOffsets(stamp, [at(offset)]));
  }

  async commit(): Promise<void> {
    await this.drive(this.producer.commit());
  }

  async committed(): Promise<number> {
    const { broker, clock, random } = this;
    const partitions = [{ topic: 'in', partition: 0 }];
    const [found] = await this.drive(
      fetchCommitted({ broker, clock, random, groupId: 'job', partitions, signal: never }),
    );
    return found?.offset ?? -2;
  }

  rows(): string[] {
    return this.cluster.readAll('out', { isolation: 'read_committed' }).map(({ value }) => String(value));
  }
}

const at = (offset: number, metadata = '') => ({ topic: 'in', partition: 0, offset, leaderEpoch: -1, metadata });

const failing = async (work: Promise<unknown>): Promise<TransactionError> =>
  await work.then(
    () => {
      throw new Error('it succeeded');
    },
    (error: TransactionError) => error,
  );

/** The answer to the first request of this kind is lost (after), or the request itself (before). */
const lose = (api: string, phase: 'before' | 'after'): Intercept => {
  let lost = false;
  return (request, now) => {
    if (request.api !== api || now !== phase || lost) return;
    lost = true;
    throw new BrokerError('UNKNOWN_OUTCOME', `${api}: connection lost`);
  };
};

describe('transactional producer', () => {
  it('commits outputs and offsets together', async () => {
    const world = new World();
    const stamp = await world.begin();
    await world.produce('a', 'b');
    await world.offset(stamp, 7);
    expect([world.rows(), world.producer.state]).toEqual([[], 'inTransaction']);
    await world.commit();
    expect([world.rows(), await world.committed(), world.producer.state]).toEqual([['a', 'b'], 7, 'ready']);
  });

  it('numbers batches on from transaction to transaction, and from 0 after initialise', async () => {
    const world = new World();
    await world.begin();
    for (const value of ['a', 'b', 'c']) {
      await world.produce(value);
      await world.produce(`${value}'`);
      await world.commit();
      if (value === 'b') await world.drive(world.producer.initialise(never));
    }
    expect(world.rows()).toEqual(['a', "a'", 'b', "b'", 'c', "c'"]);
  });

  it('lets produce and sendOffsets run side by side while the markers of the last transaction are being written', async () => {
    const world = new World({ cluster: { markerDelayMs: 30 } });
    const stamp = await world.begin();
    for (let round = 1; round <= 5; round++) {
      const produced = world.producer.produce([{ ...OUT, records: recordsOf(`r${round}`) }]);
      await world.drive(Promise.all([produced, world.producer.sendOffsets(stamp, [at(round)])]));
      await world.commit();
    }
    expect([await world.committed(), world.rows()]).toEqual([5, ['r1', 'r2', 'r3', 'r4', 'r5']]);
  });

  it('does nothing when there is nothing to commit', async () => {
    const world = new World();
    await world.begin();
    await world.drive(world.producer.produce([{ ...OUT, records: new RecordsBuilder() }]));
    await world.commit();
    expect([world.producer.state, world.cluster.transactionState('job-w0')]).toEqual(['ready', 'Empty']);
  });

  it('refuses two batches of one partition in one produce', async () => {
    const world = new World();
    await world.begin();
    const twice = [recordsOf('a'), recordsOf('b')].map((records) => ({ ...OUT, records }));
    await expect(world.producer.produce(twice)).rejects.toThrow('at most one batch per partition');
    expect(world.producer.state).toBe('ready');
  });

  for (const [api, phase] of [
    ['addPartitionsToTxn', 'before'],
    ['addPartitionsToTxn', 'after'],
    ['produce', 'before'],
    ['produce', 'after'],
    ['addOffsetsToTxn', 'after'],
    ['initProducerId', 'after'],
  ] as const)
    it(`sends ${api} again when ${phase === 'before' ? 'it' : 'its answer'} was lost, and writes every row once`, async () => {
      const world = new World({ intercept: lose(api, phase) });
      const stamp = await world.begin();
      await world.produce('a');
      await world.offset(stamp, 1);
      await world.commit();
      await world.produce('b');
      await world.commit();
      expect([world.rows(), await world.committed()]).toEqual([['a', 'b'], 1]);
    });

  it('W4: asks what became of a commit whose answer was lost, and learns that it went through', async () => {
    const world = new World({ intercept: lose('endTxn', 'after') });
    const stamp = await world.begin();
    await world.produce('a');
    await world.offset(stamp, 9);
    expect(await failing(world.commit())).toMatchObject({ kind: 'fenced', code: 'UNKNOWN_OUTCOME' });
    expect(world.producer.state).toBe('needsInit');
    await world.drive(world.producer.initialise(never));
    expect([world.rows(), await world.committed()]).toEqual([['a'], 9]);
  });

  for (const [api, phase] of [
    ['endTxn', 'before'],
    ['txnOffsetCommit', 'before'],
    ['txnOffsetCommit', 'after'],
  ] as const)
    it(`W4: takes nothing for committed when ${api} was lost (${phase} it was executed)`, async () => {
      const world = new World({ intercept: lose(api, phase) });
      const stamp = await world.begin();
      await world.produce('a');
      const rest = world.offset(stamp, 9).then(() => world.commit());
      expect(await failing(rest)).toMatchObject({ kind: 'fenced', code: 'UNKNOWN_OUTCOME' });
      expect(await failing(world.commit())).toMatchObject({ kind: 'fenced', code: 'NOT_INITIALISED' });
      await world.drive(world.producer.initialise(never));
      expect([world.rows(), await world.committed()]).toEqual([[], -1]);
      await world.produce('b');
      await world.offset(stamp, 9);
      await world.commit();
      expect([world.rows(), await world.committed()]).toEqual([['b'], 9]);
    });

  const steps: Record<string, (world: World, stamp: GroupStamp) => Promise<void>> = {
    'its first batch': (world) => world.produce('a'),
    'a batch to another partition': async (world) => {
      await world.drive(world.producer.produce([{ topic: 'out', partition: 1, records: recordsOf('b') }]));
    },
    offsets: (world, stamp) => world.offset(stamp, 9),
  };
  for (const [what, step] of Object.entries(steps))
    it(`learns at once that its id was taken over, when it sends ${what}`, async () => {
      const world = new World();
      const stamp = await world.begin();
      if (what !== 'its first batch') await world.produce('a');
      const { broker, clock, random } = world;
      const id = { transactionalId: 'job-w0', transactionTimeoutMs: 10_000 };
      await world.drive(fenceTransactionalId({ broker, clock, random, ...id, signal: never }));
      const begun = clock.monotonicMs();
      expect(await failing(step(world, stamp))).toMatchObject({ kind: 'fenced', code: 'PRODUCER_FENCED' });
      expect(clock.monotonicMs() - begun).toBeLessThan(5);
    });

  it('W4(b): a batch of a failed transaction that arrives late is in no later one', async () => {
    const sent: ProducePartition[][] = [];
    const lost = lose('endTxn', 'before');
    const intercept: Intercept = (request, phase) => {
      if (request.api === 'produce' && phase === 'before')
        sent.push([...(request.payload as { partitions: ProducePartition[] }).partitions]);
      return lost(request, phase);
    };
    const world = new World({ intercept });
    await world.begin();
    await world.produce('late');
    await failing(world.commit());
    await world.drive(world.producer.initialise(never));
    await world.drive(world.producer.produce([{ topic: 'out', partition: 1, records: recordsOf('next') }]));
    const answer = world.broker.produce({ transactionalId: 'job-w0', timeoutMs: 1_000, partitions: sent[0] ?? [] });
    expect((await world.drive(answer)).map(({ error }) => error)).toEqual(['INVALID_PRODUCER_EPOCH']);
    await world.commit();
    expect(world.rows()).toEqual(['next']);
  });

  it('W5(c): one refused offset refuses the transaction', async () => {
    const world = new World();
    const stamp = await world.begin();
    await world.produce('a');
    const offsets = [at(1), { ...at(1, 'x'.repeat(5_000)), partition: 1 }];
    const failure = await failing(world.drive(world.producer.sendOffsets(stamp, offsets)));
    expect(failure).toMatchObject({ kind: 'rejected', code: 'OFFSET_METADATA_TOO_LARGE', retryable: false });
    expect(failure.partitions.map(({ topic, partition, error }) => [topic, partition, error])).toEqual([
      ['in', 1, 'OFFSET_METADATA_TOO_LARGE'],
    ]);
    expect(world.producer.state).toBe('needsInit');
  });

  it('W5(c): a partition that the answer leaves out is no success', async () => {
    const world = new World({
      wrap: (broker) =>
        withFaults(broker, { txnOffsetCommit: async (request) => (await broker.txnOffsetCommit(request)).slice(1) }),
    });
    const stamp = await world.begin();
    const failure = await failing(world.drive(world.producer.sendOffsets(stamp, [at(1), { ...at(1), partition: 1 }])));
    expect(failure).toMatchObject({ kind: 'fenced', code: 'CORRUPT' });
  });

  it('W5: a stale generation leaves the transaction open, and the new stamp commits it', async () => {
    const world = new World();
    const old = await world.begin();
    world.worker.member.rejoin('test');
    await world.until('the next generation', () => (world.worker.stamp?.generation ?? 0) > old.generation);
    await world.produce('a');
    expect(await failing(world.offset(old, 1))).toMatchObject({ kind: 'generation', code: 'ILLEGAL_GENERATION' });
    expect(world.producer.state).toBe('inTransaction');
    await world.offset(world.worker.stamp as GroupStamp, 1);
    await world.commit();
    expect([world.rows(), await world.committed()]).toEqual([['a'], 1]);
  });

  it('a member that was removed commits nothing', async () => {
    const world = new World();
    const stamp = await world.begin();
    await world.drive(world.worker.leave());
    await world.produce('a');
    expect(await failing(world.offset(stamp, 1))).toMatchObject({ kind: 'member', code: 'UNKNOWN_MEMBER_ID' });
    expect(world.producer.state).toBe('needsInit');
  });

  it('names the partitions whose records a broker refuses', async () => {
    const world = new World();
    await world.begin();
    const future = new RecordsBuilder();
    future.append({ timestampMs: world.clock.now() + 7_200_000, key: null, value: Buffer.from('x') });
    const both = [
      { ...OUT, records: recordsOf('fine') },
      { topic: 'out', partition: 1, records: future },
    ];
    const failure = await failing(world.drive(world.producer.produce(both)));
    expect(failure).toMatchObject({ kind: 'rejected', code: 'INVALID_TIMESTAMP' });
    expect(failure.partitions).toMatchObject([{ topic: 'out', partition: 1, error: 'INVALID_TIMESTAMP' }]);
    await world.drive(world.producer.initialise(never));
    expect(world.rows()).toEqual([]);
  });

  it('waits a while for a topic that the brokers do not know, then refuses it', async () => {
    const world = new World();
    await world.begin();
    const begun = world.clock.monotonicMs();
    const failure = await failing(
      world.drive(world.producer.produce([{ topic: 'gone', partition: 0, records: recordsOf('x') }])),
    );
    expect(failure).toMatchObject({ kind: 'rejected', code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(world.clock.monotonicMs() - begun).toBeGreaterThanOrEqual(3_000);
    expect(world.clock.monotonicMs() - begun).toBeLessThan(4_000);
  });

  it('S3: a departed member that turns out to be alive is fenced, and recovers by initialise', async () => {
    const world = new World();
    const stamp = await world.begin();
    await world.produce('a');
    await world.offset(stamp, 1);
    const partitions = [{ topic: 'in', partition: 0 }];
    expect(await fetchStableNow(world.broker, 'job', partitions)).toEqual({ stable: [], unstable: partitions });
    const { broker, clock, random } = world;
    const parts = { broker, clock, random, transactionalId: 'job-w0', transactionTimeoutMs: 10_000, signal: never };
    await world.drive(fenceTransactionalId(parts));
    expect(await world.committed()).toBe(-1);
    expect(await failing(world.commit())).toMatchObject({ kind: 'fenced' });
    await world.drive(world.producer.initialise(never));
    await world.produce('b');
    await world.offset(stamp, 1);
    await world.commit();
    expect([world.rows(), await world.committed()]).toEqual([['b'], 1]);
  });

  it('learns that the broker has aborted a transaction that was open too long', async () => {
    const world = new World();
    await world.begin();
    await world.produce('a');
    await world.clock.advance(25_000);
    expect(await failing(world.commit())).toMatchObject({ kind: 'fenced' });
    await world.drive(world.producer.initialise(never));
    expect(world.rows()).toEqual([]);
  });

  it('waits for the offsets of an undecided transaction, and gives the others at once', async () => {
    const world = new World();
    const stamp = await world.begin();
    await world.offset(stamp, 5);
    const { broker, clock, random } = world;
    const early: number[] = [];
    const partitions = [0, 1].map((partition) => ({ topic: 'in', partition }));
    const waiting = fetchCommitted({
      broker,
      clock,
      random,
      groupId: 'job',
      partitions,
      signal: never,
      onStable: ({ partition }) => early.push(partition),
    });
    await world.clock.advance(1_000);
    expect(early).toEqual([1]);
    await world.commit();
    expect((await world.drive(waiting)).map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 5],
      [1, -1],
    ]);
  });
});

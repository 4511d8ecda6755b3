// Rules of transactions: what readers see, who is fenced, what a broker answers when the order of requests is wrong.
import { expect } from 'vitest';
import type { BrokerCase, BrokerContext } from './context.ts';
import { errors, until } from './context.ts';
import { CaseProducer } from './producer.ts';
import { committedValues, fetchOnce, readFrom } from './reader.ts';

/** A partition that was never taken into the transaction: the name of the refusal depends on the version of Produce. */
const NOT_IN_TRANSACTION = /^(INVALID_TXN_STATE|TRANSACTION_ABORTABLE)$/;

async function setUp(context: BrokerContext, partitions = 1) {
  const topic = await context.createTopic(partitions);
  const producer = await CaseProducer.create(context);
  return { topic, at: { topic, partition: 0 }, producer, broker: producer.broker };
}

export const transactionCases: readonly BrokerCase[] = [
  {
    name: 'records of an open transaction raise the high watermark, but not the last stable offset, and are not read',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.write({ ...at, values: ['a', 'b'] });
      const open = await fetchOnce(context, broker, { ...at, offset: 0 });
      expect([open.highWatermark, open.lastStableOffset, open.records?.length ?? 0]).toEqual([2, 0, 0]);
      await producer.commit();
      expect(await committedValues(context, broker, { ...at, count: 2 })).toEqual(['a', 'b']);
    },
  },
  {
    name: 'an open transaction holds back what others commit behind it until it is fenced',
    async run(context) {
      const { at, producer: pinning, broker } = await setUp(context);
      await pinning.write({ ...at, values: ['pinned'] });
      const other = await CaseProducer.create(context);
      await other.writeCommitted({ ...at, values: ['done'] });
      const pinned = await until(
        context,
        () => fetchOnce(context, broker, { ...at, offset: 0 }),
        ({ highWatermark }) => highWatermark === 3,
      );
      expect([pinned.lastStableOffset, pinned.records?.length ?? 0]).toEqual([0, 0]);
      await pinning.successor();
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['done']);
    },
  },
  {
    name: 'S8: aborted records are never read, and the position passes them and all markers',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a'] });
      await producer.write({ ...at, values: ['lost', 'lost'] });
      await producer.init();
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['a']);
      const { position, last } = await readFrom(context, broker, { ...at, offset: 0 });
      expect([position, last.lastStableOffset, last.highWatermark]).toEqual([5, 5, 5]);
      const fromMiddle = await readFrom(context, broker, { ...at, offset: 3 });
      expect([fromMiddle.records, fromMiddle.position]).toEqual([[], 5]);
    },
  },
  {
    name: 'one producer may abort, commit and abort again inside one fetch',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.write({ ...at, values: ['lost 1'] });
      await producer.init();
      await producer.writeCommitted({ ...at, values: ['kept 1'] });
      await producer.writeCommitted({ ...at, values: ['kept 2'] });
      await producer.write({ ...at, values: ['lost 2'] });
      await producer.init();
      await producer.writeCommitted({ ...at, values: ['kept 3'] });
      expect(await committedValues(context, broker, { ...at, count: 3 })).toEqual(['kept 1', 'kept 2', 'kept 3']);
    },
  },
  {
    name: 'two producers write through each other in one partition, one commits, one aborts',
    async run(context) {
      const { at, producer: committing, broker } = await setUp(context);
      const aborting = await CaseProducer.create(context);
      for (let round = 0; round < 3; round++) {
        await committing.write({ ...at, values: [`kept ${round}`] });
        await aborting.write({ ...at, values: [`lost ${round}`] });
      }
      await aborting.init();
      await committing.commit();
      expect(await committedValues(context, broker, { ...at, count: 3 })).toEqual(['kept 0', 'kept 1', 'kept 2']);
    },
  },
  {
    name: 'aborted transactions are listed by their first offset',
    async run(context) {
      const { at, producer: first, broker } = await setUp(context);
      const second = await CaseProducer.create(context);
      await first.write({ ...at, values: ['x'] });
      await second.write({ ...at, values: ['y'] });
      const identities = [first.identity.producerId, second.identity.producerId];
      // Ended in the other order.
      await second.init();
      await first.init();
      const fetched = await until(
        context,
        () => fetchOnce(context, broker, { ...at, offset: 0 }),
        ({ lastStableOffset }) => lastStableOffset === 4,
      );
      expect(fetched.abortedTransactions).toEqual(
        identities.map((producerId, firstOffset) => ({ producerId, firstOffset })),
      );
    },
  },
  {
    name: 'one transaction over several partitions becomes visible in all of them',
    async run(context) {
      const { topic, producer, broker } = await setUp(context, 3);
      for (const partition of [0, 1, 2]) await producer.write({ topic, partition, values: [`p${partition}`] });
      await producer.commit();
      for (const partition of [0, 1, 2])
        expect(await committedValues(context, broker, { topic, partition, count: 1 })).toEqual([`p${partition}`]);
    },
  },
  {
    name: 'S8: a partition that was taken into a transaction and got no record still gets its marker',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      expect(await producer.add(at)).toEqual(['NONE']);
      await producer.commit();
      const read = await until(
        context,
        () => readFrom(context, broker, { ...at, offset: 0 }),
        ({ position }) => position === 1,
      );
      expect(read.records).toEqual([]);
      expect(await producer.writeCommitted({ ...at, values: ['a'] })).toBe(1);
    },
  },
  {
    name: 'a transactional batch is refused in a partition that was not taken into the transaction',
    async run(context) {
      const { topic, at, producer } = await setUp(context, 2);
      expect((await producer.send({ ...at, values: ['a'], sequence: 0 })).error).toMatch(NOT_IN_TRANSACTION);
      await producer.write({ topic, partition: 1, values: ['b'] });
      expect((await producer.send({ ...at, values: ['a'], sequence: 0 })).error).toMatch(NOT_IN_TRANSACTION);
      await producer.write({ ...at, values: ['a'], sequence: 0 });
    },
  },
  {
    name: 'after a batch was refused for that reason, a partition takes nothing behind its sequence before it',
    async run(context) {
      const { at, producer } = await setUp(context);
      expect((await producer.send({ ...at, values: ['a'], sequence: 0 })).error).toMatch(NOT_IN_TRANSACTION);
      expect(await producer.add(at)).toEqual(['NONE']);
      expect((await producer.send({ ...at, values: ['b'], sequence: 1 })).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      expect((await producer.send({ ...at, values: ['a'], sequence: 0 })).error).toBe('NONE');
      expect((await producer.send({ ...at, values: ['b'], sequence: 1 })).error).toBe('NONE');
    },
  },
  {
    name: 'after a commit a partition must be taken into the next transaction anew',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a'] });
      // The marker is in the log; before that the partition takes the transaction for open.
      await committedValues(context, broker, { ...at, count: 1 });
      expect((await producer.send({ ...at, values: ['b'], sequence: 1 })).error).toMatch(NOT_IN_TRANSACTION);
      await producer.write({ ...at, values: ['b'], sequence: 1 });
    },
  },
  {
    name: 'partitions that do not exist keep the others of their request out of the transaction',
    async run(context) {
      const { topic, at, producer } = await setUp(context);
      const answers = await producer.broker.addPartitionsToTxn({
        ...producer.request,
        partitions: [at, { topic, partition: 7 }],
      });
      const byPartition = [...answers].sort((a, b) => a.partition - b.partition);
      expect(errors(byPartition)).toEqual(['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION']);
    },
  },
  {
    name: 'the same batch sent again is answered with its first offset and stored once',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      expect(await producer.add(at)).toEqual(['NONE']);
      const batch = producer.batch({ ...at, values: ['a', 'b'] });
      const answers = [await producer.sendBatch(at, batch), await producer.sendBatch(at, batch)];
      expect(answers.map(({ error, baseOffset }) => [error, baseOffset])).toEqual([
        ['NONE', 0],
        ['NONE', 0],
      ]);
      await producer.commit();
      expect(await committedValues(context, broker, { ...at, count: 2 })).toEqual(['a', 'b']);
    },
  },
  {
    name: 'each of the last five batches is known again, an older one is out of order',
    async run(context) {
      const { at, producer } = await setUp(context);
      expect(await producer.add(at)).toEqual(['NONE']);
      const batches = Array.from({ length: 6 }, (_, index) => producer.batch({ ...at, values: [`v${index}`] }));
      for (const batch of batches) expect((await producer.sendBatch(at, batch)).error).toBe('NONE');
      const again: unknown[] = [];
      for (const batch of batches) {
        const { error, baseOffset } = await producer.sendBatch(at, batch);
        again.push([error, baseOffset]);
      }
      expect(again.slice(1)).toEqual([1, 2, 3, 4, 5].map((offset) => ['NONE', offset]));
      expect(again[0]).toEqual(['OUT_OF_ORDER_SEQUENCE_NUMBER', -1]);
    },
  },
  {
    name: 'a gap in the sequence is refused',
    async run(context) {
      const { at, producer } = await setUp(context);
      await producer.write({ ...at, values: ['a', 'b'], sequence: 0 });
      expect((await producer.send({ ...at, values: ['c'], sequence: 3 })).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      expect((await producer.send({ ...at, values: ['c'], sequence: 2 })).error).toBe('NONE');
    },
  },
  {
    name: 'sequences go on over transactions of one epoch and restart at 0 with the next epoch',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a', 'b'], sequence: 0 });
      await producer.writeCommitted({ ...at, values: ['c'], sequence: 2 });
      await producer.init();
      expect(await producer.add(at)).toEqual(['NONE']);
      expect((await producer.send({ ...at, values: ['d'], sequence: 3 })).error).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
      expect((await producer.send({ ...at, values: ['d'], sequence: 0 })).error).toBe('NONE');
      await producer.commit();
      expect(await committedValues(context, broker, { ...at, count: 4 })).toEqual(['a', 'b', 'c', 'd']);
    },
  },
  {
    name: 'InitProducerId keeps the producer id and raises the epoch',
    async run(context) {
      const { producer } = await setUp(context);
      const before = producer.identity;
      await producer.init();
      expect(producer.identity.producerId).toBe(before.producerId);
      expect(producer.identity.producerEpoch).toBeGreaterThan(before.producerEpoch);
    },
  },
  {
    name: 'InitProducerId on an open transaction aborts it, and every request of the earlier user is fenced',
    async run(context) {
      const { topic, at, producer: zombie, broker } = await setUp(context, 2);
      await zombie.write({ ...at, values: ['lost'] });
      const successor = await zombie.successor();
      expect(successor.identity.producerEpoch).toBeGreaterThan(zombie.identity.producerEpoch);
      expect(await zombie.add({ topic, partition: 1 })).toEqual(['PRODUCER_FENCED']);
      expect(await zombie.addOffsets(context.uniqueName('group'))).toBe('PRODUCER_FENCED');
      expect(await zombie.end()).toBe('PRODUCER_FENCED');
      expect((await zombie.send({ ...at, values: ['lost'] })).error).toBe('INVALID_PRODUCER_EPOCH');
      await successor.writeCommitted({ ...at, values: ['kept'] });
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['kept']);
    },
  },
  {
    name: 'an idle transactional id is fenced by InitProducerId too',
    async run(context) {
      const { at, producer: zombie } = await setUp(context);
      await zombie.writeCommitted({ ...at, values: ['a'] });
      await zombie.successor();
      expect(await zombie.add(at)).toEqual(['PRODUCER_FENCED']);
      expect(await zombie.end()).toBe('PRODUCER_FENCED');
    },
  },
  {
    name: 'W4: a late batch of a fenced transaction is refused although the next transaction has the partition open',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.write({ ...at, values: ['lost'] });
      const late = producer.batch({ ...at, values: ['late'] });
      await producer.init();
      await producer.write({ ...at, values: ['kept'] });
      expect((await producer.sendBatch(at, late)).error).toBe('INVALID_PRODUCER_EPOCH');
      await producer.commit();
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['kept']);
    },
  },
  {
    name: 'W4: a late batch of a fenced transaction is refused in a partition that neither transaction has touched',
    async run(context) {
      const { topic, at, producer, broker } = await setUp(context, 2);
      await producer.write({ ...at, values: ['lost'] });
      const elsewhere = { topic, partition: 1 };
      const late = producer.batch({ ...elsewhere, values: ['late'] });
      await producer.init();
      expect((await producer.sendBatch(elsewhere, late)).error).toMatch(
        /^(INVALID_PRODUCER_EPOCH|PRODUCER_FENCED|INVALID_TXN_STATE)$/,
      );
      const { records, last } = await readFrom(context, broker, { ...elsewhere, offset: 0 });
      expect([records, last.highWatermark]).toEqual([[], 0]);
    },
  },
  {
    name: 'EndTxn(commit) sent again after its commit is answered as done',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.writeCommitted({ ...at, values: ['a'] });
      await producer.commit();
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['a']);
    },
  },
  {
    name: 'EndTxn(commit) without a transaction is refused, before the first one and after an aborted one',
    async run(context) {
      const { at, producer } = await setUp(context);
      expect(await producer.end()).toBe('INVALID_TXN_STATE');
      await producer.write({ ...at, values: ['lost'] });
      await producer.init();
      expect(await producer.end()).toBe('INVALID_TXN_STATE');
    },
  },
  {
    name: 'a transactional id that nobody initialised and a foreign producer id are refused',
    async run(context) {
      const { at, producer } = await setUp(context);
      const foreign = { ...producer.request, producerId: producer.identity.producerId + 1_000_000n };
      const unknown = { ...producer.request, transactionalId: context.uniqueName('nobody') };
      for (const request of [foreign, unknown]) {
        expect(errors(await producer.broker.addPartitionsToTxn({ ...request, partitions: [at] }))).toEqual([
          'INVALID_PRODUCER_ID_MAPPING',
        ]);
        expect((await producer.broker.endTxn({ ...request, commit: true })).error).toBe('INVALID_PRODUCER_ID_MAPPING');
      }
    },
  },
  {
    name: 'a transaction time-out above the limit of the broker is refused',
    async run(context) {
      const { producer } = await setUp(context);
      const request = { transactionalId: context.uniqueName('txn'), transactionTimeoutMs: 900_001 };
      expect((await producer.broker.initProducerId(request)).error).toBe('INVALID_TRANSACTION_TIMEOUT');
    },
  },
  {
    name: 'S3: a transaction that outlives its time-out is aborted by the broker and its producer is fenced',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      await producer.init(1_000);
      await producer.write({ ...at, values: ['lost'] });
      const freed = await until(
        context,
        () => fetchOnce(context, broker, { ...at, offset: 0 }),
        ({ lastStableOffset, highWatermark }) => lastStableOffset === highWatermark,
      );
      expect(freed.highWatermark).toBe(2);
      expect(await producer.end()).toBe('PRODUCER_FENCED');
      expect((await producer.send({ ...at, values: ['late'] })).error).toBe('INVALID_PRODUCER_EPOCH');
      await producer.init();
      await producer.writeCommitted({ ...at, values: ['kept'] });
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['kept']);
    },
  },
];

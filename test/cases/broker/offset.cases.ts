// Rules of committed offsets: when they count, whom the broker lets commit them, what it refuses.
import { expect } from 'vitest';
import type { BrokerCase, BrokerContext } from './context.ts';
import { settled, until } from './context.ts';
import { CaseMember, rebalancing, stableGroup } from './member.ts';
import { CaseProducer, unfenced } from './producer.ts';
import { committedNow, committedStable, committedValues } from './reader.ts';

async function setUp(context: BrokerContext, partitions = 2) {
  const topic = await context.createTopic(partitions);
  const producer = await CaseProducer.create(context);
  const groupId = context.uniqueName('group');
  return { topic, at: { topic, partition: 0 }, producer, broker: producer.broker, groupId };
}

/** A group of one stable static member and a producer that commits for it. */
async function setUpMember(context: BrokerContext, partitions = 2) {
  const base = await setUp(context, partitions);
  const [member] = await stableGroup(context, ['pod-a']);
  if (member === undefined) throw new Error('the group has no member');
  return { ...base, member, groupId: member.options.groupId };
}

export const offsetCases: readonly BrokerCase[] = [
  {
    name: 'a partition without a commit has offset -1, in a known and in an unknown group',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      expect(await committedNow(context, broker, { ...at, groupId })).toMatchObject({
        error: 'NONE',
        offset: -1,
        metadata: '',
      });
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 3 });
      await producer.commit();
      await committedStable(context, broker, { ...at, groupId });
      expect(await committedNow(context, broker, { ...at, partition: 1, groupId })).toMatchObject({
        error: 'NONE',
        offset: -1,
      });
    },
  },
  {
    name: 'a committed offset comes back with its leader epoch and metadata',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const offsets = [{ ...at, offset: 42, leaderEpoch: 0, metadata: '{"v":1,"é":"ü"}' }];
      await producer.broker.txnOffsetCommit({ ...producer.request, group: unfenced(groupId), offsets });
      await producer.commit();
      const committed = await committedStable(context, broker, { ...at, groupId });
      expect(committed).toMatchObject({ error: 'NONE', offset: 42, leaderEpoch: 0, metadata: '{"v":1,"é":"ü"}' });
    },
  },
  {
    name: 'the last commit of a partition within a transaction wins',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 5 });
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 9 });
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(9);
    },
  },
  {
    name: 'a pending offset makes its partition unstable until the commit, and no other partition',
    async run(context) {
      const { topic, at, producer, broker, groupId } = await setUp(context);
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 10 });
      expect((await committedNow(context, broker, { ...at, groupId })).error).toBe('UNSTABLE_OFFSET_COMMIT');
      expect(await committedNow(context, broker, { topic, partition: 1, groupId })).toMatchObject({
        error: 'NONE',
        offset: -1,
      });
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(10);
    },
  },
  {
    name: 'AddOffsetsToTxn alone does not make offsets unstable',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      expect((await committedNow(context, broker, { ...at, groupId })).error).toBe('NONE');
    },
  },
  {
    name: 'a refused commit does not make offsets unstable',
    async run(context) {
      const { at, producer, broker, member, groupId } = await setUpMember(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const stale = { ...member.stamp, generation: member.generation + 5 };
      expect(await producer.commitOffsets(stale, { ...at, offset: 1 })).toEqual(['ILLEGAL_GENERATION']);
      expect((await committedNow(context, broker, { ...at, groupId })).error).toBe('NONE');
    },
  },
  {
    name: 'offsets of an aborted transaction are forgotten',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 10 });
      await producer.commit();
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 20 });
      await producer.init();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(10);
    },
  },
  {
    name: 'records and offsets of one transaction count together',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      await producer.write({ ...at, values: ['kept'] });
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 1 });
      await producer.commit();
      await producer.write({ ...at, values: ['lost'] });
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 2 });
      await producer.init();
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['kept']);
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(1);
    },
  },
  {
    name: 'an offset commit without AddOffsetsToTxn is refused and leaves nothing pending',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      const [error] = await producer.commitOffsets(unfenced(groupId), { ...at, offset: 1 });
      expect(error).toMatch(/^(INVALID_TXN_STATE|TRANSACTION_ABORTABLE)$/);
      expect((await committedNow(context, broker, { ...at, groupId })).error).toBe('NONE');
    },
  },
  {
    name: 'W4: after a commit of unknown outcome that was done, InitProducerId and OffsetFetch tell the new offset',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      await producer.write({ ...at, values: ['a'] });
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 1000 });
      // The answer is lost on the way: the worker does not look at it.
      await producer.end();
      await producer.init();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(1000);
      expect(await committedValues(context, broker, { ...at, count: 1 })).toEqual(['a']);
    },
  },
  {
    name: 'W4: after a commit of unknown outcome that never arrived, InitProducerId and OffsetFetch tell the old offset',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 900 });
      await producer.commit();
      await producer.write({ ...at, values: ['lost'] });
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 1000 });
      const late = producer.request;
      await producer.init();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(900);
      expect((await broker.endTxn({ ...late, commit: true })).error).toBe('PRODUCER_FENCED');
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(900);
    },
  },
  {
    name: 'W4: a late offset commit of a fenced transaction is refused and leaves nothing pending',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const late = producer.request;
      await producer.init();
      const offsets = [{ ...at, offset: 7, leaderEpoch: -1, metadata: '' }];
      const [answer] = await broker.txnOffsetCommit({ ...late, group: unfenced(groupId), offsets });
      expect(answer?.error).toMatch(/^(INVALID_PRODUCER_EPOCH|PRODUCER_FENCED|INVALID_TXN_STATE)$/);
      expect((await committedNow(context, broker, { ...at, groupId })).error).toBe('NONE');
    },
  },
  {
    name: 'W5: a stale generation is refused, and the commit sent again with the right one counts in the same transaction',
    async run(context) {
      const { at, producer, broker, member, groupId } = await setUpMember(context);
      await producer.write({ ...at, values: ['a'] });
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const stale = { ...member.stamp, generation: member.generation - 1 };
      expect(await producer.commitOffsets(stale, { ...at, offset: 5 })).toEqual(['ILLEGAL_GENERATION']);
      expect(await producer.commitOffsets(member.stamp, { ...at, offset: 5 })).toEqual(['NONE']);
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(5);
    },
  },
  {
    name: 'W5: an unknown member and a foreign member id of an instance are refused for every partition',
    async run(context) {
      const { topic, producer, member, groupId } = await setUpMember(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const offsets = [0, 1].map((partition) => ({ topic, partition, offset: 1 }));
      const strangerInstance = { ...member.stamp, instanceId: 'pod-z' };
      expect(await producer.commitOffsets(strangerInstance, ...offsets)).toEqual([
        'UNKNOWN_MEMBER_ID',
        'UNKNOWN_MEMBER_ID',
      ]);
      const strangerMember = { ...member.stamp, memberId: 'pod-a-other' };
      expect(await producer.commitOffsets(strangerMember, ...offsets)).toEqual([
        'FENCED_INSTANCE_ID',
        'FENCED_INSTANCE_ID',
      ]);
    },
  },
  {
    name: 'W5: generation -1 without member and instance is not fenced, also while the group has members',
    async run(context) {
      const { at, producer, broker, groupId } = await setUpMember(context);
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 7 });
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(7);
    },
  },
  {
    name: 'a generation in a group that does not exist is refused',
    async run(context) {
      const { at, producer, groupId } = await setUp(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const stamp = { groupId, generation: 1, memberId: 'pod-a-1', instanceId: 'pod-a' };
      expect(await producer.commitOffsets(stamp, { ...at, offset: 1 })).toEqual(['ILLEGAL_GENERATION']);
    },
  },
  {
    name: 'W5: the broker does not check who owns a partition: any member may commit any of them',
    async run(context) {
      const { at, producer, broker } = await setUp(context);
      const [, follower] = await stableGroup(context, ['pod-a', 'pod-b']);
      if (follower === undefined) throw new Error('the group has no second member');
      await producer.writeOffsets(follower.stamp, { ...at, offset: 11 });
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId: follower.options.groupId })).offset).toBe(11);
    },
  },
  {
    name: 'W5: the old generation is accepted while a rebalance gathers its members, the new one before anything is assigned',
    async run(context) {
      const { at, producer, broker, member, groupId } = await setUpMember(context);
      const second = await CaseMember.create(context, { groupId, instanceId: 'pod-b' });
      const joining = second.join();
      await rebalancing(context, member);
      await producer.writeOffsets(member.stamp, { ...at, offset: 1 });
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(1);
      const old = member.stamp;
      await settled(context, Promise.all([joining, member.join()]));
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      expect(await producer.commitOffsets(old, { ...at, offset: 2 })).toEqual(['ILLEGAL_GENERATION']);
      expect(await producer.commitOffsets(member.stamp, { ...at, offset: 3 })).toEqual(['NONE']);
      expect(await producer.commitOffsets(second.stamp, { ...at, partition: 1, offset: 4 })).toEqual(['NONE']);
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(3);
    },
  },
  {
    name: 'S5: metadata above the limit fail for their partition alone, and the others are committed',
    async run(context) {
      const { topic, at, producer, broker, member, groupId } = await setUpMember(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const offsets = ['', 'x'.repeat(4097)].map((metadata, partition) => ({ topic, partition, offset: 9, metadata }));
      expect(await producer.commitOffsets(member.stamp, ...offsets)).toEqual(['NONE', 'OFFSET_METADATA_TOO_LARGE']);
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(9);
      expect((await committedStable(context, broker, { topic, partition: 1, groupId })).offset).toBe(-1);
    },
  },
  {
    name: 'S5: the limit of metadata counts characters, not bytes',
    async run(context) {
      const { at, producer, broker, groupId } = await setUp(context);
      const metadata = 'é'.repeat(4096);
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 1, metadata });
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).metadata).toBe(metadata);
    },
  },
  {
    name: 'offsets of a partition that does not exist are refused, those beside it are taken',
    async run(context) {
      const { topic, at, producer, broker, groupId } = await setUp(context);
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      const answers = await producer.commitOffsets(
        unfenced(groupId),
        { ...at, offset: 4 },
        { topic, partition: 99, offset: 4 },
      );
      expect(answers).toEqual(['NONE', 'UNKNOWN_TOPIC_OR_PARTITION']);
      await producer.commit();
      expect((await committedStable(context, broker, { ...at, groupId })).offset).toBe(4);
    },
  },
  {
    name: 'W13: deleting a topic deletes the offsets that groups had committed for it',
    async run(context) {
      const { topic, at, producer, broker, groupId } = await setUp(context);
      const kept = { topic: await context.createTopic(1), partition: 0 };
      await producer.writeOffsets(unfenced(groupId), { ...at, offset: 10 }, { ...kept, offset: 20 });
      await producer.commit();
      await committedStable(context, broker, { ...at, groupId });
      await context.deleteTopic(topic);
      await until(
        context,
        () => committedNow(context, broker, { ...at, groupId }),
        ({ offset }) => offset === -1,
      );
      expect((await committedNow(context, broker, { ...kept, groupId })).offset).toBe(20);
    },
  },
];

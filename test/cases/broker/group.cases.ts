// Rules of group membership: joining, static restarts, rebalances, eviction, sessions.
import { expect } from 'vitest';
import type { BrokerCase } from './context.ts';
import { settled, staysOpen } from './context.ts';
import { CaseMember, rebalance, rebalancing, stableGroup } from './member.ts';
import { CaseProducer } from './producer.ts';

const NEVER = new AbortController().signal;

function defined<T>(values: readonly T[]): [T, T] {
  const [a, b] = values;
  if (a === undefined || b === undefined) throw new Error('the group has fewer than two members');
  return [a, b];
}

export const groupCases: readonly BrokerCase[] = [
  {
    name: 'the first static member leads, sees itself in the list, and gets what it assigns itself',
    async run(context) {
      const member = await CaseMember.create(context, { groupId: context.uniqueName('group'), instanceId: 'pod-a' });
      const joined = await settled(context, member.join());
      expect(joined).toMatchObject({
        error: 'NONE',
        generation: 1,
        leaderId: joined.memberId,
        protocolName: 'sj-00000000',
        skipAssignment: false,
      });
      expect(
        joined.members.map(({ memberId, instanceId, metadata }) => [
          memberId,
          instanceId,
          Buffer.from(metadata).toString(),
        ]),
      ).toEqual([[joined.memberId, 'pod-a', 'first']]);
      expect(await member.assignment({ [member.memberId]: 'all' })).toBe('all');
      expect(await member.heartbeat()).toBe('NONE');
    },
  },
  {
    name: 'a dynamic member is told its id first and joins with it, a static one need not',
    async run(context) {
      const member = await CaseMember.create(context, { groupId: context.uniqueName('group'), instanceId: '' });
      const told = await settled(context, member.join());
      expect(told.error).toBe('MEMBER_ID_REQUIRED');
      expect(told.memberId).not.toBe('');
      member.memberId = told.memberId;
      expect((await settled(context, member.join())).error).toBe('NONE');
      expect(await member.assignment({ [member.memberId]: 'all' })).toBe('all');
    },
  },
  {
    name: 'a second member starts a rebalance: the first learns it by its heartbeat, and both meet in the next generation',
    async run(context) {
      const [first] = await stableGroup(context, ['pod-a']);
      if (first === undefined) throw new Error('the group has no member');
      const second = await CaseMember.create(context, {
        groupId: first.options.groupId,
        instanceId: 'pod-b',
        metadata: 'other',
      });
      const joining = second.join();
      expect(await staysOpen(context, joining, 200)).toBe(true);
      await rebalancing(context, first);
      const [leader, follower] = await settled(context, Promise.all([first.join(), joining]));
      expect([leader.generation, follower.generation, leader.leaderId, follower.leaderId]).toEqual([
        2,
        2,
        first.memberId,
        first.memberId,
      ]);
      const seen = new Map(leader.members.map((each) => [each.instanceId, Buffer.from(each.metadata).toString()]));
      expect(Object.fromEntries(seen)).toEqual({ 'pod-a': 'first', 'pod-b': 'other' });
      expect(follower.members).toEqual([]);
    },
  },
  {
    name: 'SyncGroup of a follower waits for the assignments of the leader',
    async run(context) {
      const [first] = await stableGroup(context, ['pod-a']);
      if (first === undefined) throw new Error('the group has no member');
      const second = await CaseMember.create(context, { groupId: first.options.groupId, instanceId: 'pod-b' });
      const joining = second.join();
      await rebalancing(context, first);
      await settled(context, Promise.all([first.join(), joining]));
      const waiting = second.sync();
      expect(await staysOpen(context, waiting, 300)).toBe(true);
      expect(await first.assignment({ [first.memberId]: 'a', [second.memberId]: 'b' })).toBe('a');
      const answer = await settled(context, waiting);
      expect([answer.error, Buffer.from(answer.assignment).toString()]).toEqual(['NONE', 'b']);
    },
  },
  {
    name: 'while a rebalance gathers its members SyncGroup is told so, and a stale generation is refused everywhere',
    async run(context) {
      const [first] = await stableGroup(context, ['pod-a']);
      if (first === undefined) throw new Error('the group has no member');
      const second = await CaseMember.create(context, { groupId: first.options.groupId, instanceId: 'pod-b' });
      const joining = second.join();
      await rebalancing(context, first);
      expect((await first.sync()).error).toBe('REBALANCE_IN_PROGRESS');
      await settled(context, Promise.all([first.join(), joining]));
      first.generation -= 1;
      expect(await first.heartbeat()).toBe('ILLEGAL_GENERATION');
      expect((await first.sync()).error).toBe('ILLEGAL_GENERATION');
    },
  },
  {
    name: 'unknown groups, members and instances are refused',
    async run(context) {
      const [member] = await stableGroup(context, ['pod-a']);
      if (member === undefined) throw new Error('the group has no member');
      const { broker } = member;
      const heartbeat = async (change: object) => (await broker.heartbeat({ ...member.stamp, ...change })).error;
      expect(await heartbeat({ groupId: context.uniqueName('group') })).toBe('UNKNOWN_MEMBER_ID');
      expect(await heartbeat({ instanceId: 'pod-z' })).toBe('UNKNOWN_MEMBER_ID');
      expect(await heartbeat({ memberId: 'pod-a-other' })).toBe('FENCED_INSTANCE_ID');
      const stranger = new CaseMember(context, broker, member.options);
      stranger.memberId = 'pod-a-other';
      expect((await settled(context, stranger.join())).error).toBe('FENCED_INSTANCE_ID');
    },
  },
  {
    name: 'S2: a static member that restarts in a stable group keeps generation and assignment, and no one else notices',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const restarted = await follower.restarted();
      const joined = await settled(context, restarted.join());
      expect(joined).toMatchObject({
        error: 'NONE',
        generation: follower.generation,
        leaderId: leader.memberId,
        skipAssignment: false,
        members: [],
      });
      expect(joined.memberId).not.toBe(follower.memberId);
      expect(await restarted.assignment()).toBe('pod-b');
      expect(await leader.heartbeat()).toBe('NONE');
      expect(await restarted.heartbeat()).toBe('NONE');
    },
  },
  {
    name: 'the process before a static restart is fenced in heartbeats, syncs, joins and offset commits',
    async run(context) {
      const topic = await context.createTopic(1);
      const producer = await CaseProducer.create(context);
      const [, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const restarted = await follower.restarted();
      await settled(context, restarted.join());
      expect(await follower.heartbeat()).toBe('FENCED_INSTANCE_ID');
      expect((await follower.sync()).error).toBe('FENCED_INSTANCE_ID');
      expect(await producer.addOffsets(follower.options.groupId)).toBe('NONE');
      expect(await producer.commitOffsets(follower.stamp, { topic, partition: 0, offset: 1 })).toEqual([
        'FENCED_INSTANCE_ID',
      ]);
      expect(await producer.commitOffsets(restarted.stamp, { topic, partition: 0, offset: 1 })).toEqual(['NONE']);
      expect((await settled(context, follower.join())).error).toBe('FENCED_INSTANCE_ID');
    },
  },
  {
    name: 'a static leader that restarts is told to skip the assignment, and sees the members',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const restarted = await leader.restarted();
      const joined = await settled(context, restarted.join());
      expect(joined).toMatchObject({
        error: 'NONE',
        generation: leader.generation,
        leaderId: joined.memberId,
        skipAssignment: true,
      });
      expect(new Set(joined.members.map(({ instanceId }) => instanceId))).toEqual(new Set(['pod-a', 'pod-b']));
      expect(await restarted.assignment()).toBe('pod-a');
      expect(await follower.heartbeat()).toBe('NONE');
    },
  },
  {
    name: 'W11: a static restart with other metadata but the same protocol name starts no rebalance',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const restarted = await follower.restarted('quite other');
      const joined = await settled(context, restarted.join());
      expect([joined.error, joined.generation]).toEqual(['NONE', follower.generation]);
      expect(await leader.heartbeat()).toBe('NONE');
    },
  },
  {
    name: 'S2: a follower that joins again byte for byte changes nothing, with other metadata it starts a rebalance',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const { generation } = follower;
      expect(await settled(context, follower.join())).toMatchObject({ error: 'NONE', generation, members: [] });
      expect(await leader.heartbeat()).toBe('NONE');
      follower.metadata = 'nonce 2';
      const joining = follower.join();
      expect(await staysOpen(context, joining, 200)).toBe(true);
      await rebalancing(context, leader);
      const [, again] = await settled(context, Promise.all([leader.join(), joining]));
      expect(again.generation).toBe(generation + 1);
    },
  },
  {
    name: 'a leader that joins again starts a rebalance even when nothing changed',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const joining = leader.join();
      expect(await staysOpen(context, joining, 200)).toBe(true);
      await rebalancing(context, follower);
      const [again] = await settled(context, Promise.all([joining, follower.join()]));
      expect(again).toMatchObject({ error: 'NONE', leaderId: leader.memberId });
    },
  },
  {
    name: 'a static restart before the assignment is given starts another rebalance',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const rejoining = leader.join();
      await rebalancing(context, follower);
      await settled(context, Promise.all([rejoining, follower.join()]));
      const restarted = await follower.restarted();
      const joining = restarted.join();
      expect(await staysOpen(context, joining, 200)).toBe(true);
      await rebalancing(context, leader);
      const [answer] = await settled(context, Promise.all([leader.join(), joining]));
      expect(answer.members.map(({ memberId }) => memberId).sort()).toEqual(
        [leader.memberId, restarted.memberId].sort(),
      );
    },
  },
  {
    name: 'a member that joins while the generation is being assigned, unchanged, is given its answer again',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const rejoining = leader.join();
      await rebalancing(context, follower);
      const [first] = await settled(context, Promise.all([rejoining, follower.join()]));
      const again = await settled(context, leader.join());
      expect([again.error, again.generation, again.members.length]).toEqual(['NONE', first.generation, 2]);
      expect((await settled(context, follower.join())).generation).toBe(first.generation);
    },
  },
  {
    name: 'W11: a member with another protocol name, or another protocol type, cannot join',
    async run(context) {
      const [member] = await stableGroup(context, ['pod-a'], { protocol: 'sj-aaaaaaaa' });
      if (member === undefined) throw new Error('the group has no member');
      const other = await CaseMember.create(context, {
        ...member.options,
        instanceId: 'pod-b',
        protocol: 'sj-bbbbbbbb',
      });
      expect((await settled(context, other.join())).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
      const { groupId } = member.options;
      const protocols = [{ name: 'sj-aaaaaaaa', metadata: Buffer.from('x') }];
      const request = {
        groupId,
        memberId: '',
        instanceId: 'pod-c',
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        protocols,
        reason: '',
      };
      expect((await other.broker.joinGroup({ ...request, protocolType: 'connect' }, NEVER)).error).toBe(
        'INCONSISTENT_GROUP_PROTOCOL',
      );
      expect(await member.heartbeat()).toBe('NONE');
    },
  },
  {
    name: 'W11: a static member cannot come back to a group of others under another protocol name',
    async run(context) {
      const [, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b'], { protocol: 'sj-aaaaaaaa' }));
      const changed = await CaseMember.create(context, { ...follower.options, protocol: 'sj-bbbbbbbb' });
      expect((await settled(context, changed.join())).error).toBe('INCONSISTENT_GROUP_PROTOCOL');
    },
  },
  {
    name: 'LeaveGroup by instance id alone removes a member at once, and it is unknown from then on',
    async run(context) {
      const topic = await context.createTopic(1);
      const producer = await CaseProducer.create(context);
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const { groupId } = leader.options;
      const evict = { groupId, memberId: '', instanceId: 'pod-b', reason: 'the pod is gone' };
      expect((await leader.broker.leaveGroup(evict)).error).toBe('NONE');
      await rebalancing(context, leader);
      expect(await follower.heartbeat()).toBe('UNKNOWN_MEMBER_ID');
      expect(await producer.addOffsets(groupId)).toBe('NONE');
      expect(await producer.commitOffsets(follower.stamp, { topic, partition: 0, offset: 1 })).toEqual([
        'UNKNOWN_MEMBER_ID',
      ]);
      const joined = await settled(context, leader.join());
      expect(joined.members.map(({ instanceId }) => instanceId)).toEqual(['pod-a']);
      expect((await leader.broker.leaveGroup(evict)).error).toBe('UNKNOWN_MEMBER_ID');
    },
  },
  {
    name: 'a member that is evicted while it waits is told so in its join, and gets no answer to its sync',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const evict = { groupId: leader.options.groupId, memberId: '', instanceId: 'pod-b', reason: '' };
      follower.metadata = 'changed';
      const joining = follower.join();
      expect(await staysOpen(context, joining, 200)).toBe(true);
      expect((await leader.broker.leaveGroup(evict)).error).toBe('NONE');
      expect((await settled(context, joining)).error).toBe('UNKNOWN_MEMBER_ID');
      await settled(context, leader.join());
      const again = await follower.restarted();
      const coming = again.join();
      await rebalancing(context, leader);
      await settled(context, Promise.all([leader.join(), coming]));
      const waiting = again.sync();
      expect(await staysOpen(context, waiting, 200)).toBe(true);
      expect((await leader.broker.leaveGroup(evict)).error).toBe('NONE');
      expect(await staysOpen(context, waiting, 500)).toBe(true);
      await rebalancing(context, leader);
    },
  },
  {
    name: 'an evicted leader is followed by another member',
    async run(context) {
      const [leader, follower] = defined(await stableGroup(context, ['pod-a', 'pod-b']));
      const { groupId } = leader.options;
      expect((await follower.broker.leaveGroup({ groupId, memberId: '', instanceId: 'pod-a', reason: '' })).error).toBe(
        'NONE',
      );
      const joined = await settled(context, follower.join());
      expect([joined.error, joined.leaderId]).toEqual(['NONE', follower.memberId]);
    },
  },
  {
    name: 'a group that everybody left starts its next generation higher',
    async run(context) {
      const [member] = await stableGroup(context, ['pod-a']);
      if (member === undefined) throw new Error('the group has no member');
      const { groupId, instanceId } = member.options;
      expect(
        (await member.broker.leaveGroup({ groupId, memberId: member.memberId, instanceId, reason: '' })).error,
      ).toBe('NONE');
      const next = await member.restarted();
      const joined = await settled(context, next.join());
      expect([joined.error, joined.leaderId]).toEqual(['NONE', next.memberId]);
      expect(joined.generation).toBeGreaterThan(member.generation);
    },
  },
  {
    name: 'a member that falls silent is removed when its session ends, and the others must join again',
    async run(context) {
      const [leader, silent] = defined(await stableGroup(context, ['pod-a', 'pod-b'], { sessionTimeoutMs: 6_000 }));
      await rebalancing(context, leader);
      expect(await silent.heartbeat()).toBe('UNKNOWN_MEMBER_ID');
      const joined = await settled(context, leader.join());
      expect(joined.members.map(({ instanceId }) => instanceId)).toEqual(['pod-a']);
    },
  },
  {
    name: 'a static member that does not come to a rebalance stays in the group when the rebalance times out',
    async run(context) {
      const timeouts = { sessionTimeoutMs: 20_000, rebalanceTimeoutMs: 1_500 };
      const [leader, absent] = defined(await stableGroup(context, ['pod-a', 'pod-b'], timeouts));
      const joined = await settled(context, leader.join());
      expect(joined.members.map(({ memberId }) => memberId).sort()).toEqual([leader.memberId, absent.memberId].sort());
      expect(joined.generation).toBe(absent.generation + 1);
      expect(await absent.heartbeat()).toBe('ILLEGAL_GENERATION');
      expect(await leader.assignment({ [leader.memberId]: 'a', [absent.memberId]: 'b' })).toBe('a');
      absent.generation = joined.generation;
      expect(await absent.assignment()).toBe('b');
      expect(await leader.heartbeat()).toBe('NONE');
    },
  },
  {
    name: 'a member that joined but does not sync within the rebalance timeout is removed, static or not',
    async run(context) {
      const timeouts = { sessionTimeoutMs: 20_000, rebalanceTimeoutMs: 1_500 };
      const [leader, absent] = defined(await stableGroup(context, ['pod-a', 'pod-b'], timeouts));
      await settled(context, leader.join());
      await leader.assignment({ [leader.memberId]: 'a', [absent.memberId]: 'b' });
      await rebalancing(context, leader);
      expect(await absent.heartbeat()).toBe('UNKNOWN_MEMBER_ID');
      const joined = await settled(context, leader.join());
      expect(joined.members.map(({ instanceId }) => instanceId)).toEqual(['pod-a']);
    },
  },
  {
    name: 'a session time-out outside of what the broker allows is refused',
    async run(context) {
      const options = { groupId: context.uniqueName('group'), instanceId: 'pod-a', sessionTimeoutMs: 2_000_000 };
      const member = await CaseMember.create(context, options);
      expect((await settled(context, member.join())).error).toBe('INVALID_SESSION_TIMEOUT');
    },
  },
  {
    name: 'three members meet in one generation and each gets its own assignment',
    async run(context) {
      const members = await stableGroup(context, ['pod-a', 'pod-b', 'pod-c']);
      expect(new Set(members.map(({ generation }) => generation)).size).toBe(1);
      expect(await rebalance(context, members)).toEqual(['pod-a', 'pod-b', 'pod-c']);
    },
  },
];

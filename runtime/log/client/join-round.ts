// One attempt at a generation: JoinGroup, for the leader the assignment of everybody, SyncGroup.
import type { GroupStamp, JoinResponse, SyncRequest } from '../broker.ts';
import { assign, type AssignorMember } from './assignor.ts';
import { type Assignment, decodeAssignment, decodeSubscription, encodeAssignment } from './consumer-protocol.ts';
import { isRetryableError } from './error-codes.ts';
import { membershipVerdict } from './membership-error.ts';
import { backoffMs, retry } from './retry.ts';
import type { GroupMemberOptions } from './types.ts';

const PROTOCOL_TYPE = 'consumer';

export interface JoinRoundOptions extends Required<GroupMemberOptions> {
  readonly signal: AbortSignal;
}

export interface JoinRoundInput {
  readonly memberId: string;
  readonly reason: string;
  /** Bytes of the subscription, made right before each JoinGroup. */
  readonly subscription: () => Uint8Array;
}

export type JoinOutcome =
  | {
      readonly kind: 'assigned';
      readonly stamp: GroupStamp;
      readonly assignment: Assignment;
      readonly isLeader: boolean;
    }
  /** The generation was over before it began; `memberId` still counts. */
  | { readonly kind: 'rejoin'; readonly why: string; readonly memberId: string }
  | { readonly kind: 'lost'; readonly why: string };

/** Throws GroupMemberError for what ends the membership, what the events throw, and the signal's reason. */
export async function joinRound(options: JoinRoundOptions, input: JoinRoundInput): Promise<JoinOutcome> {
  const joined = await join(options, input);
  if (joined === 'lost') return { kind: 'lost', why: 'JoinGroup: UNKNOWN_MEMBER_ID' };
  const { groupId, instanceId } = options;
  const stamp = { groupId, generation: joined.generation, memberId: joined.memberId, instanceId };
  const isLeader = joined.leaderId === joined.memberId;
  let assignments: SyncRequest['assignments'] = [];
  if (isLeader && !joined.skipAssignment) {
    const led = await lead(options, joined, stamp);
    if ('verdict' in led) return over(led.verdict, 'while leading', stamp);
    assignments = led.assignments;
  }
  const synced = await sync(options, {
    ...stamp,
    protocolType: PROTOCOL_TYPE,
    protocolName: options.protocolName,
    assignments,
  });
  if (typeof synced === 'string') return over(synced, 'SyncGroup', stamp);
  // A member that the leader did not know of yet gets nothing at all: it must be seen.
  if (synced.length === 0) return { kind: 'rejoin', why: 'the assignment is empty', memberId: stamp.memberId };
  return { kind: 'assigned', stamp, assignment: decodeAssignment(synced), isLeader };
}

function over(verdict: 'rejoin' | 'lost', where: string, { generation, memberId }: GroupStamp): JoinOutcome {
  return verdict === 'lost'
    ? { kind: 'lost', why: `${where}: UNKNOWN_MEMBER_ID` }
    : { kind: 'rejoin', why: `${where}: generation ${generation} is over`, memberId };
}

async function join(options: JoinRoundOptions, input: JoinRoundInput): Promise<JoinResponse | 'lost'> {
  const { broker, groupId, instanceId, protocolName, sessionTimeoutMs, rebalanceTimeoutMs, signal } = options;
  let { memberId } = input;
  return await retry<JoinResponse | 'lost'>(
    async () => {
      const response = await broker.joinGroup(
        {
          groupId,
          memberId,
          instanceId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          protocolType: PROTOCOL_TYPE,
          protocols: [{ name: protocolName, metadata: input.subscription() }],
          reason: input.reason,
        },
        signal,
      );
      if (response.error === 'MEMBER_ID_REQUIRED') {
        memberId = response.memberId;
        return { again: response.error, what: 'JoinGroup' };
      }
      const verdict = membershipVerdict('JoinGroup', response.error, options);
      if (verdict === 'ok') return { value: response };
      return verdict === 'lost' ? { value: verdict } : { again: response.error, what: 'JoinGroup' };
    },
    // Joining twice is the same as once: the instance id is one place in the group.
    { ...options, unknownOutcome: 'retry', onWait: (why) => options.events.waiting(why) },
  );
}

async function sync(options: JoinRoundOptions, request: SyncRequest): Promise<Uint8Array | 'rejoin' | 'lost'> {
  return await retry<Uint8Array | 'rejoin' | 'lost'>(
    async () => {
      const { error, assignment } = await options.broker.syncGroup(request);
      const verdict = membershipVerdict('SyncGroup', error, options);
      if (verdict === 'again') return { again: error, what: 'SyncGroup' };
      return { value: verdict === 'ok' ? assignment : verdict };
    },
    // In a stable group a repeated SyncGroup gets the same assignment again.
    { ...options, unknownOutcome: 'retry', onWait: (why) => options.events.waiting(why) },
  );
}

type Led = { readonly assignments: SyncRequest['assignments'] } | { readonly verdict: 'rejoin' | 'lost' };

/** The others wait for us in SyncGroup; heartbeats keep our own session, and say when the generation is over. */
async function lead(options: JoinRoundOptions, joined: JoinResponse, stamp: GroupStamp): Promise<Led> {
  const { events } = options;
  const done = new AbortController();
  const term: Term = { verdict: null };
  const beating = beat(options, stamp, { term, until: done.signal });
  try {
    const counts = await persist(options, term, () => events.partitionCounts());
    if (counts !== null) {
      const members = joined.members.map(asAssignorMember);
      const { map, assignments, departed } = assign({ generation: stamp.generation, members, topics: counts });
      // Before the new owners are told: they wait for what the departed have left open (S3).
      if (departed.length > 0) events.departed(departed);
      const begun = await persist(options, term, async () => {
        await events.beforeAssignment(stamp, counts);
        return true;
      });
      if (begun !== null && term.verdict === null)
        return {
          assignments: [...assignments].map(([memberId, partitions]) => ({
            memberId,
            assignment: encodeAssignment({ partitions, map }),
          })),
        };
    }
  } finally {
    done.abort();
    await beating;
  }
  return { verdict: term.verdict ?? 'rejoin' };
}

function asAssignorMember({ memberId, instanceId, metadata }: JoinResponse['members'][number]): AssignorMember {
  const { ownedPartitions, generation, knownMap } = decodeSubscription(metadata);
  return {
    memberId,
    instanceId: instanceId ?? memberId,
    claims: { generation, partitions: ownedPartitions },
    knownMap,
  };
}

/** The time in which we lead; `verdict` says that it is over. */
interface Term {
  verdict: 'rejoin' | 'lost' | null;
}

async function beat(
  options: JoinRoundOptions,
  stamp: GroupStamp,
  { term, until }: { term: Term; until: AbortSignal },
): Promise<void> {
  const { broker, clock, signal, heartbeatIntervalMs } = options;
  const given = AbortSignal.any([signal, until]);
  while (term.verdict === null) {
    try {
      await clock.sleep(heartbeatIntervalMs, given);
      const verdict = membershipVerdict('Heartbeat', (await broker.heartbeat(stamp)).error, options);
      if (verdict === 'rejoin' || verdict === 'lost') term.verdict = verdict;
    } catch (error) {
      if (given.aborted) return;
      // A fenced member learns it again from SyncGroup, which is where it is reported.
      if (!isRetryableError(error)) term.verdict = 'rejoin';
    }
  }
}

/** Until it succeeds or the term is over: then null. */
async function persist<T>(options: JoinRoundOptions, term: Term, run: () => Promise<T>): Promise<T | null> {
  const { clock, random, signal, events } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      const value = await run();
      if (attempt > 0) events.waiting(null);
      return value;
    } catch (error) {
      if (!isRetryableError(error)) throw error;
      if (term.verdict !== null) return null;
      events.waiting(error.message);
      await clock.sleep(backoffMs(attempt, random, { minMs: 50, maxMs: 1_000 }), signal);
    }
  }
}

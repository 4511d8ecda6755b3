// How a rebalance of a group runs: gathering the members, naming a leader, handing out assignments, and removing those who do
// not come back in time.
//
//   Empty ─▶ PreparingRebalance ─all joined, or time is up─▶ CompletingRebalance ─leader's SyncGroup─▶ Stable
//                 ▲ member joins, leaves, dies or changes its metadata ◀──────────────┴───────────────────┘
import { BrokerError, type ErrorCode, type JoinResponse, type SyncRequest } from '../broker.ts';
import { parseSubscribedTopics } from './consumer-protocol.ts';
import { EMPTY_BYTES, type Group, type Member, type SyncAnswer, type Waiter } from './group.ts';
import type { Timers } from './timers.ts';

/** A broker waits so long for a member that never completed a join: it cannot heartbeat before it knows its id. */
const NEW_MEMBER_TIMEOUT_MS = 300_000;
/** What a client waits for an answer on top of what the request lets the broker wait. */
const CLIENT_PATIENCE_MS = 10_000;

export class Rebalancer {
  readonly #timers: Timers;
  readonly #initialDelayMs: number;

  /** `initialDelayMs`: `group.initial.rebalance.delay.ms`. */
  constructor(timers: Timers, initialDelayMs: number) {
    this.#timers = timers;
    this.#initialDelayMs = initialDelayMs;
  }

  addPending(group: Group, memberId: string, sessionTimeoutMs: number): void {
    group.pendingMembers.set(
      memberId,
      this.#timers.schedule(sessionTimeoutMs, () => this.dropPending(group, memberId)),
    );
  }

  dropPending(group: Group, memberId: string): void {
    group.pendingMembers.get(memberId)?.cancel();
    group.pendingMembers.delete(memberId);
    this.maybeComplete(group);
  }

  addMember(group: Group, member: Member, protocolType: string): void {
    group.pendingMembers.get(member.memberId)?.cancel();
    group.pendingMembers.delete(member.memberId);
    if (group.state === 'PreparingRebalance' && group.previousState === 'Empty') group.newMemberAdded = true;
    group.add(member, protocolType);
    this.#startSession(group, member, NEW_MEMBER_TIMEOUT_MS);
    this.rebalanceOrComplete(group);
  }

  removeMember(group: Group, member: Member): void {
    member.awaitingJoin?.resolve(failedJoin('UNKNOWN_MEMBER_ID', ''));
    this.leaveUnanswered(member, 'awaitingSync');
    group.remove(member);
    if (group.state === 'Stable' || group.state === 'CompletingRebalance') this.#prepare(group);
    else this.maybeComplete(group);
  }

  /**
   * A broker forgets the SyncGroup of a member that it removes, and a JoinGroup that its member has sent again: there is no answer,
   * and the client runs into its own time-out.
   */
  leaveUnanswered(member: Member, request: 'awaitingJoin' | 'awaitingSync'): void {
    const waiter = member[request];
    member[request] = null;
    if (waiter === null) return;
    const { memberId, rebalanceTimeoutMs, sessionTimeoutMs } = member;
    const patienceMs = rebalanceTimeoutMs + CLIENT_PATIENCE_MS + (request === 'awaitingJoin' ? sessionTimeoutMs : 0);
    const name = request === 'awaitingJoin' ? 'JoinGroup' : 'SyncGroup';
    this.#timers.schedule(patienceMs, () => {
      waiter.reject(new BrokerError('UNKNOWN_OUTCOME', `${name} of ${memberId} had no answer within ${patienceMs} ms`));
    });
  }

  rebalanceOrComplete(group: Group): void {
    if (group.canRebalance()) this.#prepare(group);
    else this.maybeComplete(group);
  }

  /** Ends the gathering when everybody is there. The first one of an empty group ends by time alone. */
  maybeComplete(group: Group): void {
    if (group.state === 'PreparingRebalance' && group.previousState !== 'Empty' && group.everyoneJoined())
      this.#complete(group);
  }

  receiveSync(
    group: Group,
    member: Member,
    sync: { waiter: Waiter<SyncAnswer>; assignments: SyncRequest['assignments'] },
  ): void {
    member.awaitingSync = sync.waiter;
    this.#confirm(group, member);
    if (group.leaderId !== member.memberId) return;
    const given = new Map(sync.assignments.map(({ memberId, assignment }) => [memberId, assignment]));
    for (const each of group.members.values()) each.assignment = given.get(each.memberId) ?? EMPTY_BYTES;
    group.transition('Stable', this.#timers.wallMs());
    for (const each of group.members.values()) this.#answerSync(group, each, 'NONE');
  }

  /** A SyncGroup in a stable group: its member has the assignment now. */
  confirmSync(group: Group, member: Member): void {
    this.#confirm(group, member);
    this.restartSession(group, member);
  }

  restartSession(group: Group, member: Member): void {
    this.#startSession(group, member, member.sessionTimeoutMs);
  }

  #startSession(group: Group, member: Member, timeoutMs: number): void {
    member.heartbeat?.cancel();
    member.heartbeat = this.#timers.schedule(timeoutMs, () => this.#expire(group, member));
  }

  /** Whoever waits for an answer of ours is alive; the session starts again with the answer. */
  #expire(group: Group, member: Member): void {
    if (group.members.get(member.memberId) !== member) return;
    const waits = member.awaitingJoin !== null || member.awaitingSync !== null;
    if (member.isNew || !waits) this.removeMember(group, member);
  }

  #prepare(group: Group): void {
    if (group.state === 'CompletingRebalance') {
      for (const member of group.members.values()) {
        member.assignment = EMPTY_BYTES;
        this.#answerSync(group, member, 'REBALANCE_IN_PROGRESS');
      }
    }
    group.syncTimer?.cancel();
    group.pendingSync.clear();
    const first = group.state === 'Empty';
    group.transition('PreparingRebalance', this.#timers.wallMs());
    if (first)
      this.#gatherFirst(group, this.#initialDelayMs, Math.max(group.rebalanceTimeoutMs() - this.#initialDelayMs, 0));
    else if (group.everyoneJoined()) this.#complete(group);
    else this.#completeAtLatest(group);
  }

  /** An empty group gives others time to join, longer while they come, up to the rebalance timeout. */
  #gatherFirst(group: Group, delayMs: number, remainingMs: number): void {
    if (delayMs === 0 && !group.newMemberAdded) {
      this.#complete(group);
      return;
    }
    group.joinTimer?.cancel();
    group.joinTimer = this.#timers.schedule(delayMs, () => {
      if (!group.newMemberAdded || remainingMs === 0) {
        this.#complete(group);
        return;
      }
      group.newMemberAdded = false;
      this.#gatherFirst(group, Math.min(this.#initialDelayMs, remainingMs), Math.max(remainingMs - delayMs, 0));
    });
  }

  #completeAtLatest(group: Group): void {
    group.joinTimer?.cancel();
    group.joinTimer = this.#timers.schedule(group.rebalanceTimeoutMs(), () => this.#complete(group));
  }

  #complete(group: Group): void {
    group.joinTimer?.cancel();
    group.joinTimer = null;
    group.newMemberAdded = false;
    // Static members may come back until their session ends; dynamic ones must be here.
    for (const member of Array.from(group.members.values())) {
      if (member.awaitingJoin === null && member.instanceId === null) group.remove(member);
    }
    if (!group.electJoinedLeader() && group.members.size > 0) {
      this.#completeAtLatest(group);
      return;
    }
    group.generation++;
    if (group.members.size === 0) {
      group.protocolName = null;
      group.leaderId = null;
      group.subscribedTopics = null;
      group.transition('Empty', this.#timers.wallMs());
      return;
    }
    group.protocolName = group.selectProtocol();
    group.subscribedTopics = parseSubscribedTopics(group);
    group.transition('CompletingRebalance', this.#timers.wallMs());
    for (const member of group.members.values()) {
      member.awaitingJoin?.resolve(joinAnswer(group, member));
      member.awaitingJoin = null;
      member.isNew = false;
      this.restartSession(group, member);
      group.pendingSync.add(member.memberId);
    }
    this.#expectSync(group);
  }

  /** Members that have joined but do not sync within the rebalance timeout are removed, static ones too. */
  #expectSync(group: Group): void {
    group.syncTimer?.cancel();
    group.syncTimer = this.#timers.schedule(group.rebalanceTimeoutMs(), () => {
      if (group.state !== 'CompletingRebalance' && group.state !== 'Stable') return;
      const missing = [...group.pendingSync].map((memberId) => group.members.get(memberId));
      for (const member of missing) if (member !== undefined) group.remove(member);
      if (missing.length > 0) this.#prepare(group);
    });
  }

  #confirm(group: Group, member: Member): void {
    group.pendingSync.delete(member.memberId);
    if (group.pendingSync.size > 0) return;
    group.syncTimer?.cancel();
    group.syncTimer = null;
  }

  #answerSync(group: Group, member: Member, error: ErrorCode): void {
    if (member.awaitingSync === null) return;
    member.awaitingSync.resolve({ error, assignment: error === 'NONE' ? member.assignment : EMPTY_BYTES });
    member.awaitingSync = null;
    this.restartSession(group, member);
  }
}

/** What a member is told of the generation it belongs to. */
export function joinAnswer(group: Group, member: Member): JoinResponse {
  const leads = group.leaderId === member.memberId;
  return {
    error: 'NONE',
    generation: group.generation,
    memberId: member.memberId,
    leaderId: group.leaderId ?? '',
    protocolName: group.protocolName,
    skipAssignment: false,
    members: leads ? group.describeMembers() : [],
  };
}

export function failedJoin(error: ErrorCode, memberId: string): JoinResponse {
  return { error, generation: -1, memberId, leaderId: '', protocolName: null, skipAssignment: false, members: [] };
}

// Group coordinator of the embedded log: the classic protocol with static members, as the broker runs it. Requests are answered
// here; how a rebalance goes on and ends is in rebalance.ts.
import type { ErrorCode, GroupStamp, JoinRequest, JoinResponse, SyncRequest } from '../broker.ts';
import type { Random } from '../../random.ts';
import { EMPTY_BYTES, type Group, type Member, sameProtocols, type SyncAnswer, type Waiter } from './group.ts';
import { failedJoin, joinAnswer, type Rebalancer } from './rebalance.ts';
import { uuidOf } from './uuid.ts';

export interface GroupLimits {
  /** `group.min.session.timeout.ms` and `group.max.session.timeout.ms`. */
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
}

export interface GroupRegistry {
  find(groupId: string): Group | null;
  findOrCreate(groupId: string): Group;
}

export interface GroupCoordinatorParts {
  readonly groups: GroupRegistry;
  readonly rebalancer: Rebalancer;
  readonly random: Random;
  readonly limits: GroupLimits;
}

type JoinContext = { readonly request: JoinRequest; readonly clientId: string; readonly waiter: Waiter<JoinResponse> };

export class GroupCoordinator {
  readonly #groups: GroupRegistry;
  readonly #rebalancer: Rebalancer;
  readonly #random: Random;
  readonly #limits: GroupLimits;

  constructor(parts: GroupCoordinatorParts) {
    this.#groups = parts.groups;
    this.#rebalancer = parts.rebalancer;
    this.#random = parts.random;
    this.#limits = parts.limits;
  }

  /** Answers when the rebalance that it takes part in, or starts, has gathered its members. */
  join(request: JoinRequest, clientId: string): Promise<JoinResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<JoinResponse>();
    const error = this.#join({ request, clientId, waiter: { resolve, reject } });
    if (error !== 'NONE') resolve(failedJoin(error, request.memberId));
    return promise;
  }

  /** Answers when the leader has given its assignments. */
  sync(request: SyncRequest): Promise<SyncAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<SyncAnswer>();
    const error = this.#sync(request, { resolve, reject });
    if (error !== 'NONE') resolve({ error, assignment: EMPTY_BYTES });
    return promise;
  }

  heartbeat(stamp: GroupStamp): ErrorCode {
    if (stamp.groupId === '') return 'INVALID_GROUP_ID';
    const group = this.#groups.find(stamp.groupId);
    if (group === null) return 'UNKNOWN_MEMBER_ID';
    const invalid = group.validateMember(stamp.memberId, stamp.instanceId);
    if (invalid !== 'NONE') return invalid;
    if (stamp.generation !== group.generation) return 'ILLEGAL_GENERATION';
    this.#rebalancer.restartSession(group, memberOf(group, stamp.memberId));
    return group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE';
  }

  /** By member id, or, with an empty one, by instance id: so an administrator removes a member that is gone. */
  leave(request: { groupId: string; memberId: string; instanceId: string }): ErrorCode {
    if (request.groupId === '') return 'INVALID_GROUP_ID';
    const group = this.#groups.find(request.groupId);
    if (group === null) return 'UNKNOWN_MEMBER_ID';
    const pending = group.pendingMembers.get(request.memberId);
    if (pending !== undefined) {
      this.#rebalancer.dropPending(group, request.memberId);
      return 'NONE';
    }
    let memberId = request.memberId;
    if (memberId === '') memberId = group.memberOfInstance(request.instanceId) ?? '';
    const invalid = group.validateMember(memberId, request.instanceId);
    if (invalid === 'NONE') this.#rebalancer.removeMember(group, memberOf(group, memberId));
    return invalid;
  }

  /** Whether a transactional offset commit with this stamp is taken. Neither ownership nor the group's state matter. */
  validateTxnCommit(stamp: GroupStamp): ErrorCode {
    const group = this.#groups.find(stamp.groupId);
    if (group === null) return stamp.generation < 0 ? 'NONE' : 'ILLEGAL_GENERATION';
    if (stamp.generation < 0 && group.state === 'Empty') return 'NONE';
    if (stamp.generation < 0 && stamp.memberId === '' && stamp.instanceId === '') return 'NONE';
    const invalid = group.validateMember(stamp.memberId, stamp.instanceId);
    if (invalid !== 'NONE') return invalid;
    return stamp.generation === group.generation ? 'NONE' : 'ILLEGAL_GENERATION';
  }

  #join(context: JoinContext): ErrorCode {
    const { groupId, memberId, sessionTimeoutMs } = context.request;
    if (groupId === '') return 'INVALID_GROUP_ID';
    if (sessionTimeoutMs < this.#limits.minSessionTimeoutMs || sessionTimeoutMs > this.#limits.maxSessionTimeoutMs)
      return 'INVALID_SESSION_TIMEOUT';
    const group = memberId === '' ? this.#groups.findOrCreate(groupId) : this.#groups.find(groupId);
    if (group === null) return 'UNKNOWN_MEMBER_ID';
    if (!group.supports(context.request.protocolType, context.request.protocols)) return 'INCONSISTENT_GROUP_PROTOCOL';
    if (memberId !== '') return this.#joinAgain(group, context);
    const { instanceId } = context.request;
    const newMemberId = `${instanceId === '' ? context.clientId : instanceId}-${uuidOf(this.#random.hex(16))}`;
    if (instanceId === '') return this.#askForMemberId(group, newMemberId, context);
    const known = group.memberOfInstance(instanceId);
    if (known === null) this.#addMember(group, newMemberId, context);
    else this.#replaceStatic(group, newMemberId, { ...context, known: memberOf(group, known) });
    return 'NONE';
  }

  /** KIP-394: a dynamic member is told its id first, so that one whose answer is lost does not stay behind. */
  #askForMemberId(group: Group, memberId: string, { request, waiter }: JoinContext): ErrorCode {
    this.#rebalancer.addPending(group, memberId, request.sessionTimeoutMs);
    waiter.resolve(failedJoin('MEMBER_ID_REQUIRED', memberId));
    return 'NONE';
  }

  #joinAgain(group: Group, context: JoinContext): ErrorCode {
    const { request, waiter } = context;
    if (group.pendingMembers.has(request.memberId)) {
      this.#addMember(group, request.memberId, context);
      return 'NONE';
    }
    const invalid = group.validateMember(request.memberId, request.instanceId);
    if (invalid !== 'NONE') return invalid;
    const member = memberOf(group, request.memberId);
    // An unchanged member of a running generation has lost its last answer, which is given again. In a stable group the leader
    // may always ask for another rebalance.
    const unchanged = sameProtocols(member.protocols, request.protocols);
    const leads = group.state === 'Stable' && group.leaderId === member.memberId;
    if (group.state === 'PreparingRebalance' || !unchanged || leads) this.#update(group, member, context);
    else waiter.resolve(joinAnswer(group, member));
    return 'NONE';
  }

  #addMember(group: Group, memberId: string, { request, waiter }: JoinContext): void {
    const { instanceId, protocols, sessionTimeoutMs, rebalanceTimeoutMs } = request;
    const member: Member = {
      memberId,
      instanceId: instanceId === '' ? null : instanceId,
      protocols,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      assignment: EMPTY_BYTES,
      isNew: true,
      awaitingJoin: waiter,
      awaitingSync: null,
      heartbeat: null,
    };
    this.#rebalancer.addMember(group, member, request.protocolType);
  }

  /** The newest request of a member speaks for it. */
  #takeOver(member: Member, { request, waiter }: JoinContext): void {
    this.#rebalancer.leaveUnanswered(member, 'awaitingJoin');
    member.awaitingJoin = waiter;
    member.protocols = request.protocols;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  }

  #update(group: Group, member: Member, context: JoinContext): void {
    this.#takeOver(member, context);
    this.#rebalancer.rebalanceOrComplete(group);
  }

  /** A static member without its member id: a restarted process, or an impostor. The broker cannot tell, the last one wins. */
  #replaceStatic(group: Group, memberId: string, context: JoinContext & { known: Member }): void {
    const { known: member, waiter } = context;
    const before = { memberId: member.memberId, leaderId: group.leaderId ?? '' };
    member.awaitingJoin?.resolve(failedJoin('FENCED_INSTANCE_ID', before.memberId));
    member.awaitingSync?.resolve({ error: 'FENCED_INSTANCE_ID', assignment: EMPTY_BYTES });
    member.awaitingJoin = null;
    member.awaitingSync = null;
    group.rename(member, memberId);
    this.#takeOver(member, context);
    this.#rebalancer.restartSession(group, member);
    switch (group.state) {
      case 'Stable': {
        if (group.selectProtocol() !== group.protocolName) {
          this.#rebalancer.rebalanceOrComplete(group);
          return;
        }
        // Nobody else learns of the restart: same generation, and the assignment stays as it is.
        member.awaitingJoin = null;
        const skipAssignment = group.leaderId === memberId;
        waiter.resolve({
          ...joinAnswer(group, member),
          leaderId: skipAssignment ? memberId : before.leaderId,
          skipAssignment,
        });
        return;
      }
      case 'CompletingRebalance':
        // The leader may be assigning to the old member id.
        this.#rebalancer.rebalanceOrComplete(group);
        return;
      case 'PreparingRebalance':
        this.#rebalancer.maybeComplete(group);
        return;
      case 'Empty':
      case 'Dead':
        throw new Error(`group ${group.groupId} is ${group.state} but has the static member ${memberId}`);
    }
  }

  #sync(request: SyncRequest, waiter: Waiter<SyncAnswer>): ErrorCode {
    if (request.groupId === '') return 'INVALID_GROUP_ID';
    const group = this.#groups.find(request.groupId);
    if (group === null) return 'UNKNOWN_MEMBER_ID';
    const invalid = group.validateMember(request.memberId, request.instanceId);
    if (invalid !== 'NONE') return invalid;
    if (request.generation !== group.generation) return 'ILLEGAL_GENERATION';
    if (
      request.protocolType !== group.protocolType ||
      (group.protocolName !== null && request.protocolName !== group.protocolName)
    )
      return 'INCONSISTENT_GROUP_PROTOCOL';
    const member = memberOf(group, request.memberId);
    if (group.state === 'PreparingRebalance') return 'REBALANCE_IN_PROGRESS';
    if (group.state === 'CompletingRebalance') {
      this.#rebalancer.receiveSync(group, member, { waiter, assignments: request.assignments });
    } else {
      this.#rebalancer.confirmSync(group, member);
      waiter.resolve({ error: 'NONE', assignment: member.assignment });
    }
    return 'NONE';
  }
}

function memberOf(group: Group, memberId: string): Member {
  const member = group.members.get(memberId);
  if (member === undefined) throw new Error(`group ${group.groupId} has no member ${memberId}`);
  return member;
}

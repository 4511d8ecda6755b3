// Data of one consumer group (classic protocol) and the questions that can be answered from it alone. The coordinator decides
// what happens when; this file knows who is a member, who leads, which protocol wins.
import type { ErrorCode, JoinRequest, JoinResponse } from '../broker.ts';
import type { Timer } from './timers.ts';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

/** From which states each state may be entered. */
const ENTERED_FROM: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty'],
};

/** The pending answer of a request that waits for others. */
export interface Waiter<T> {
  resolve(answer: T): void;
  reject(error: Error): void;
}

export interface SyncAnswer {
  readonly error: ErrorCode;
  readonly assignment: Uint8Array;
}

export interface Member {
  memberId: string;
  readonly instanceId: string | null;
  protocols: JoinRequest['protocols'];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  assignment: Uint8Array;
  /** Never completed a join yet: it does not know its id and cannot heartbeat. */
  isNew: boolean;
  awaitingJoin: Waiter<JoinResponse> | null;
  awaitingSync: Waiter<SyncAnswer> | null;
  heartbeat: Timer | null;
}

export const EMPTY_BYTES: Uint8Array = new Uint8Array(0);

export class Group {
  readonly groupId: string;
  /** Wall clock of the last change of state. */
  stateSinceMs: number;
  generation = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  /** Topics of the members' ConsumerProtocol subscriptions; null when they cannot be read. */
  subscribedTopics: ReadonlySet<string> | null = null;
  readonly members = new Map<string, Member>();
  /** Dynamic members that were told their id and have not come back with it. */
  readonly pendingMembers = new Map<string, Timer>();
  readonly pendingSync = new Set<string>();
  joinTimer: Timer | null = null;
  syncTimer: Timer | null = null;
  /** During the first rebalance of an empty group: somebody joined since the last look. */
  newMemberAdded = false;
  #state: GroupState = 'Empty';
  #previousState: GroupState = 'Empty';
  readonly #instances = new Map<string, string>();

  constructor(groupId: string, nowMs: number) {
    this.groupId = groupId;
    this.stateSinceMs = nowMs;
  }

  get state(): GroupState {
    return this.#state;
  }

  get previousState(): GroupState {
    return this.#previousState;
  }

  transition(to: GroupState, nowMs: number): void {
    if (!ENTERED_FROM[to].includes(this.#state))
      throw new Error(`group ${this.groupId} cannot go from ${this.#state} to ${to}`);
    this.#previousState = this.#state;
    this.#state = to;
    this.stateSinceMs = nowMs;
  }

  canRebalance(): boolean {
    return ENTERED_FROM.PreparingRebalance.includes(this.#state);
  }

  memberOfInstance(instanceId: string): string | null {
    return this.#instances.get(instanceId) ?? null;
  }

  /** Who may speak for the member: NONE, UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID. An empty instance id means none was given. */
  validateMember(memberId: string, instanceId: string): ErrorCode {
    if (instanceId !== '') {
      const current = this.#instances.get(instanceId);
      if (current === undefined) return 'UNKNOWN_MEMBER_ID';
      if (current !== memberId) return 'FENCED_INSTANCE_ID';
    }
    return this.members.has(memberId) ? 'NONE' : 'UNKNOWN_MEMBER_ID';
  }

  add(member: Member, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType;
    if (member.instanceId !== null) this.#instances.set(member.instanceId, member.memberId);
    this.leaderId ??= member.memberId;
    this.members.set(member.memberId, member);
  }

  remove(member: Member): void {
    member.heartbeat?.cancel();
    this.members.delete(member.memberId);
    this.pendingSync.delete(member.memberId);
    if (member.instanceId !== null && this.#instances.get(member.instanceId) === member.memberId)
      this.#instances.delete(member.instanceId);
    if (this.leaderId === member.memberId) this.leaderId = this.members.keys().next().value ?? null;
  }

  /** Gives a static member its new member id; leadership goes with it. */
  rename(member: Member, memberId: string): void {
    const old = member.memberId;
    this.members.delete(old);
    this.pendingSync.delete(old);
    member.memberId = memberId;
    this.members.set(memberId, member);
    if (member.instanceId !== null) this.#instances.set(member.instanceId, memberId);
    if (this.leaderId === old) this.leaderId = memberId;
  }

  /** Whether all members understand one of the protocols offered. */
  supports(protocolType: string, protocols: JoinRequest['protocols']): boolean {
    if (this.members.size === 0) return protocolType !== '' && protocols.length > 0;
    return this.protocolType === protocolType && protocols.some(({ name }) => this.#candidates().has(name));
  }

  /** The protocol that most members prefer among those that all understand. */
  selectProtocol(): string {
    const candidates = this.#candidates();
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const choice = member.protocols.find(({ name }) => candidates.has(name));
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    const [winner] = [...votes].sort((a, b) => b[1] - a[1]);
    if (winner === undefined) throw new Error(`group ${this.groupId} has no protocol that all its members understand`);
    return winner[0];
  }

  everyoneJoined(): boolean {
    return this.pendingMembers.size === 0 && [...this.members.values()].every((member) => member.awaitingJoin !== null);
  }

  /** Makes sure that the leader takes part in this join; false when nobody does. */
  electJoinedLeader(): boolean {
    if (this.leaderId === null) return false;
    if (this.members.get(this.leaderId)?.awaitingJoin) return true;
    const next = [...this.members.values()].find((member) => member.awaitingJoin !== null);
    if (next === undefined) return false;
    this.leaderId = next.memberId;
    return true;
  }

  rebalanceTimeoutMs(): number {
    return Math.max(0, ...[...this.members.values()].map((member) => member.rebalanceTimeoutMs));
  }

  /** What the leader is told of the members. */
  describeMembers(): JoinResponse['members'] {
    return [...this.members.values()].map(({ memberId, instanceId, protocols }) => ({
      memberId,
      instanceId,
      metadata: protocols.find(({ name }) => name === this.protocolName)?.metadata ?? EMPTY_BYTES,
    }));
  }

  #candidates(): Set<string> {
    const [first, ...others] = this.members.values();
    const names = new Set(first?.protocols.map(({ name }) => name));
    return new Set(
      [...names].filter((name) => others.every((member) => member.protocols.some((p) => p.name === name))),
    );
  }
}

/** Whether a member offers byte for byte what it offered before. */
export function sameProtocols(a: JoinRequest['protocols'], b: JoinRequest['protocols']): boolean {
  return (
    a.length === b.length &&
    a.every((p, i) => p.name === b[i]?.name && Buffer.compare(p.metadata, b[i]?.metadata ?? EMPTY_BYTES) === 0)
  );
}

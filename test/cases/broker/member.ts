// A group member for cases: it remembers who it is, and hands back the broker's own answers.
import { equal } from 'node:assert/strict';
import type { Broker, ErrorCode, GroupStamp, JoinResponse } from '../../../runtime/log/broker.ts';
import { answered, type BrokerContext, settled, until } from './context.ts';

export interface MemberOptions {
  readonly groupId: string;
  /** Empty for a dynamic member. */
  readonly instanceId: string;
  readonly protocol?: string;
  readonly metadata?: string;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
}

const PROTOCOL = 'sj-00000000';
const TYPE = 'streamjob-test';
const NEVER = new AbortController().signal;

export class CaseMember {
  readonly broker: Broker;
  readonly context: BrokerContext;
  readonly options: MemberOptions;
  memberId = '';
  generation = -1;
  metadata: string;

  constructor(context: BrokerContext, broker: Broker, options: MemberOptions) {
    this.context = context;
    this.broker = broker;
    this.options = options;
    this.metadata = options.metadata ?? 'first';
  }

  static async create(context: BrokerContext, options: MemberOptions): Promise<CaseMember> {
    return new CaseMember(context, await context.connect(), options);
  }

  get stamp(): GroupStamp {
    const { groupId, instanceId } = this.options;
    return { groupId, generation: this.generation, memberId: this.memberId, instanceId };
  }

  /** JoinGroup as it stands; the answer may take as long as the rebalance does. */
  async join(): Promise<JoinResponse> {
    const {
      groupId,
      instanceId,
      protocol = PROTOCOL,
      sessionTimeoutMs = 20_000,
      rebalanceTimeoutMs = 10_000,
    } = this.options;
    const protocols = [{ name: protocol, metadata: Buffer.from(this.metadata) }];
    const timeouts = { sessionTimeoutMs, rebalanceTimeoutMs };
    const request = { groupId, instanceId, ...timeouts, protocolType: TYPE, protocols, reason: 'case' };
    const answer = await answered(this.context, () =>
      this.broker.joinGroup({ ...request, memberId: this.memberId }, NEVER),
    );
    if (answer.error === 'NONE') {
      this.memberId = answer.memberId;
      this.generation = answer.generation;
    }
    return answer;
  }

  /** SyncGroup; a leader gives assignments by member id. */
  sync(assignments: Readonly<Record<string, string>> = {}): Promise<{ error: ErrorCode; assignment: Uint8Array }> {
    const list = Object.entries(assignments).map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) }));
    const { protocol = PROTOCOL } = this.options;
    const request = { ...this.stamp, protocolType: TYPE, protocolName: protocol, assignments: list };
    return answered(this.context, () => this.broker.syncGroup(request));
  }

  /** Text of the assignment that SyncGroup gives, which must succeed. */
  async assignment(assignments: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await settled(this.context, this.sync(assignments));
    equal(answer.error, 'NONE');
    return Buffer.from(answer.assignment).toString();
  }

  async heartbeat(): Promise<ErrorCode> {
    return (await answered(this.context, () => this.broker.heartbeat(this.stamp))).error;
  }

  /** A process that took over the instance id and knows nothing of the one before. */
  async restarted(metadata = this.metadata): Promise<CaseMember> {
    return CaseMember.create(this.context, { ...this.options, metadata });
  }
}

/** Resolves when the member is told to join again. */
export async function rebalancing(context: BrokerContext, member: CaseMember): Promise<void> {
  await until(
    context,
    () => member.heartbeat(),
    (error) => error === 'REBALANCE_IN_PROGRESS',
  );
}

/** A stable group of static members; the first one leads, each is assigned its own instance id. */
export async function stableGroup(
  context: BrokerContext,
  instanceIds: readonly string[],
  options: Partial<MemberOptions> = {},
): Promise<CaseMember[]> {
  const groupId = context.uniqueName('group');
  const members: CaseMember[] = [];
  for (const instanceId of instanceIds)
    members.push(await CaseMember.create(context, { groupId, instanceId, ...options }));
  const [leader] = members;
  if (leader === undefined) return [];
  // The first one alone, so that it leads; the others in one go with it.
  equal((await leader.join()).error, 'NONE');
  await leader.assignment({ [leader.memberId]: leader.options.instanceId });
  for (let joined = 2; joined <= members.length; joined++) await rebalance(context, members.slice(0, joined));
  return members;
}

/** All members join and sync; the first one leads and assigns each its own instance id. Returns the assignments. */
export async function rebalance(context: BrokerContext, members: readonly CaseMember[]): Promise<string[]> {
  const [leader, ...others] = members;
  if (leader === undefined) return [];
  // New ones first, then the leader: both start a rebalance, and it ends when the others have come.
  const isNew = (member: CaseMember): boolean => member.memberId === '';
  const joining: Promise<JoinResponse>[] = [];
  for (const member of [...others.filter(isNew), leader, ...others.filter((other) => !isNew(other))]) {
    joining.push(member.join());
    if (joining.length === 1 && members.length > 1) await rebalancing(context, leader);
  }
  for (const answer of await settled(context, Promise.all(joining))) equal(answer.error, 'NONE');
  const plan = Object.fromEntries(members.map((member) => [member.memberId, member.options.instanceId]));
  return Promise.all([leader.assignment(plan), ...others.map((member) => member.assignment())]);
}

// Membership in the job's group as a static member: joins, leads when it must, sends heartbeats, joins again when the group moves
// on. Work goes on under the old stamp until a new assignment is there (W5); only the broker's word ends it.
import type { GroupStamp } from '../broker.ts';
import { type Assignment, encodeSubscription } from './consumer-protocol.ts';
import { type JoinOutcome, joinRound, type JoinRoundOptions } from './join-round.ts';
import { membershipVerdict } from './membership-error.ts';
import { ownershipOf, partitionCounts, releases, releasingBy } from './ownership.ts';
import { partitionKey } from './partition-key.ts';
import { backoffMs, retry, RetryDeadlineError } from './retry.ts';
import type { GroupMemberOptions, OwnershipMap } from './types.ts';
import { Wake } from './wake.ts';

const LEAVE_DEADLINE_MS = 5_000;
/** Between heartbeats while partitions are on their way: nobody works on them until all have noticed the next generation. */
const HAND_OVER_HEARTBEAT_MS = 200;

interface Waiter {
  readonly resolve: (stamp: GroupStamp) => void;
  readonly reject: (reason: unknown) => void;
}

export class GroupMember {
  readonly #options: JoinRoundOptions;
  readonly #stop = new AbortController();
  readonly #wake = new Wake();
  readonly #waiters = new Set<Waiter>();
  #memberId = '';
  /** A JoinGroup went out that no answer or removal has followed: the group may know us. */
  #mayBeMember = false;
  #stamp: GroupStamp | null = null;
  #isLeader = false;
  #map: OwnershipMap | null = null;
  /** In which what we hold was assigned; −1 for nothing. */
  #claimsGeneration = -1;
  #nonce: string;
  #rejoinReason: string | null = 'the worker starts';
  /** Since when each release has been asked for. */
  #releaseSinceMs = new Map<string, number>();

  constructor(options: GroupMemberOptions) {
    this.#options = {
      sessionTimeoutMs: 15_000,
      rebalanceTimeoutMs: 10_000,
      heartbeatIntervalMs: 1_000,
      releaseReminderMs: 30_000,
      ...options,
      signal: this.#stop.signal,
    };
    this.#nonce = options.random.hex(4);
  }

  /** For a transaction that begins now; null before the first assignment and after `lost`. */
  stamp(): GroupStamp | null {
    return this.#stamp;
  }

  /**
   * The stamp once the coordinator has confirmed it: by a heartbeat that is sent at once, or by the next assignment when the group
   * has moved on. Throws the signal's reason, or what ended the membership.
   */
  async whenSettled(signal: AbortSignal): Promise<GroupStamp> {
    signal.throwIfAborted();
    this.#stop.signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<GroupStamp>();
    const waiter = { resolve, reject };
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiters.add(waiter);
    this.#wake.ring();
    try {
      return await promise;
    } finally {
      this.#waiters.delete(waiter);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Starts a new generation, with the claims of the moment in which it begins. */
  rejoin(reason: string): void {
    this.#rejoinReason = reason;
    // The metadata of a follower must differ from the last, or the broker does nothing.
    this.#nonce = this.#options.random.hex(4);
    this.#wake.ring();
  }

  /** Until the signal is aborted, `leave`, or `fatal`. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#end(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await this.#loop();
    } catch (error) {
      if (!this.#stop.signal.aborted) {
        this.#end(error);
        this.#options.events.fatal(error instanceof Error ? error : new Error(String(error)));
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /**
   * Ends `run` and leaves the group at once, so that nobody waits for the session to time out. Call it after the last commit. A
   * broker that cannot be reached for five seconds is not told: the session time-out will do it, and `waiting` says so.
   */
  async leave(reason: string): Promise<void> {
    this.#end(new Error(`the member left the group: ${reason}`));
    this.#stamp = null;
    if (!this.#mayBeMember) return;
    const { broker, clock, random, groupId, instanceId, events } = this.#options;
    const request = { groupId, memberId: this.#memberId, instanceId, reason };
    try {
      await retry<null>(
        async () => {
          const { error } = await broker.leaveGroup(request);
          // Removed already, or replaced: either way this process is no member.
          if (error === 'UNKNOWN_MEMBER_ID' || error === 'FENCED_INSTANCE_ID') return { value: null };
          const verdict = membershipVerdict('LeaveGroup', error, this.#options);
          return verdict === 'ok' ? { value: null } : { again: error, what: 'LeaveGroup' };
        },
        { clock, random, deadlineMs: LEAVE_DEADLINE_MS, unknownOutcome: 'retry' },
      );
      this.#mayBeMember = false;
    } catch (error) {
      if (!(error instanceof RetryDeadlineError)) throw error;
      events.waiting(`${error.message}; the membership ends with its session`);
    }
  }

  async #loop(): Promise<void> {
    const { clock, random, events, signal } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      if (this.#stamp !== null && this.#rejoinReason === null) {
        await this.#stayUntilMoved(this.#stamp);
        continue;
      }
      const outcome = await this.#join();
      if (signal.aborted) return;
      if (outcome.kind === 'assigned') {
        failures = 0;
        this.#apply(outcome.stamp, outcome.assignment, outcome.isLeader);
        continue;
      }
      this.#rejoinReason ??= outcome.why;
      if (outcome.kind === 'lost') this.#lose(outcome.why);
      else this.#memberId = outcome.memberId;
      // The first repetition is the normal course of a rebalance; a row of them is not.
      if (++failures === 1) continue;
      events.waiting(outcome.why);
      await clock.sleep(backoffMs(failures, random), signal);
      events.waiting(null);
    }
  }

  async #join(): Promise<JoinOutcome> {
    const { events, topics } = this.#options;
    const reason = this.#rejoinReason ?? '';
    this.#mayBeMember = true;
    return await joinRound(this.#options, {
      memberId: this.#memberId,
      reason,
      subscription: () => {
        // What is asked for from now on needs another generation.
        this.#rejoinReason = null;
        return encodeSubscription({
          topics,
          ownedPartitions: events.claims(),
          generation: this.#claimsGeneration,
          nonce: this.#nonce,
          knownMap: this.#map,
        });
      },
    });
  }

  #apply(stamp: GroupStamp, { partitions, map }: Assignment, isLeader: boolean): void {
    const { events, instanceId } = this.#options;
    this.#memberId = stamp.memberId;
    this.#stamp = stamp;
    this.#isLeader = isLeader;
    this.#map = map;
    this.#claimsGeneration = map.generation;
    this.#noteReleases(map);
    const releasing = releasingBy(map, instanceId);
    events.assigned({ stamp, partitions, releasing, map, partitionCounts: partitionCounts(map), isLeader });
    const held = new Set(events.claims().map(partitionKey));
    const gone = releasing.filter((each) => !held.has(partitionKey(each)));
    // Everybody waits for us to let go of what we do not have: after a restart, or because it was released meanwhile (S2).
    if (gone.length > 0) this.rejoin(`${gone.length} partitions are released already`);
    this.#settle(stamp, this.#waiters);
  }

  #noteReleases(map: OwnershipMap): void {
    const now = this.#options.clock.monotonicMs();
    const before = this.#releaseSinceMs;
    this.#releaseSinceMs = new Map(
      releases(map).map((each) => {
        const key = `${partitionKey(each)} by ${ownershipOf(map, each)?.releasingBy}`;
        return [key, before.get(key) ?? now];
      }),
    );
  }

  /** Heartbeats, until there is a reason to join again. */
  async #stayUntilMoved(stamp: GroupStamp): Promise<void> {
    const { clock, signal, heartbeatIntervalMs } = this.#options;
    const handOver = this.#releaseSinceMs.size > 0;
    const intervalMs = handOver ? Math.min(HAND_OVER_HEARTBEAT_MS, heartbeatIntervalMs) : heartbeatIntervalMs;
    while (!signal.aborted && this.#rejoinReason === null) {
      await this.#wake.wait(clock, signal, intervalMs);
      if (signal.aborted || this.#rejoinReason !== null) return;
      this.#remindOfReleases();
      const asking = new Set(this.#waiters);
      const verdict = await this.#heartbeat(stamp);
      if (signal.aborted) return;
      if (verdict === 'ok') this.#settle(stamp, asking);
      else if (verdict === 'lost') {
        this.#rejoinReason = 'the broker removed the member';
        this.#lose('Heartbeat: UNKNOWN_MEMBER_ID');
      } else this.#rejoinReason ??= 'the group rebalances';
    }
  }

  async #heartbeat(stamp: GroupStamp): Promise<'ok' | 'rejoin' | 'lost'> {
    const { broker, events } = this.#options;
    return await retry<'ok' | 'rejoin' | 'lost'>(
      async () => {
        const { error } = await broker.heartbeat(stamp);
        const verdict = membershipVerdict('Heartbeat', error, this.#options);
        return verdict === 'again' ? { again: error, what: 'Heartbeat' } : { value: verdict };
      },
      { ...this.#options, unknownOutcome: 'retry', onWait: (why) => events.waiting(why) },
    );
  }

  /** A member that restarted in the middle of a release may not know that all wait for it: another generation tells it (S2). */
  #remindOfReleases(): void {
    const { clock, releaseReminderMs } = this.#options;
    if (!this.#isLeader) return;
    const now = clock.monotonicMs();
    const late = [...this.#releaseSinceMs].filter(([, sinceMs]) => now - sinceMs >= releaseReminderMs);
    if (late.length === 0) return;
    for (const [key] of late) this.#releaseSinceMs.set(key, now);
    this.rejoin(
      `release of ${late
        .map(([key]) => key)
        .slice(0, 3)
        .join(', ')} takes longer than ${releaseReminderMs} ms`,
    );
  }

  #lose(why: string): void {
    const had = this.#stamp !== null;
    this.#memberId = '';
    this.#mayBeMember = false;
    this.#stamp = null;
    this.#isLeader = false;
    this.#claimsGeneration = -1;
    if (had) this.#options.events.lost(why);
  }

  #settle(stamp: GroupStamp, waiters: ReadonlySet<Waiter>): void {
    for (const { resolve } of waiters) resolve(stamp);
  }

  #end(reason: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(reason);
    for (const { reject } of this.#waiters) reject(reason);
  }
}

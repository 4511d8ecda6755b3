// All groups of the embedded log, and the clean-up that a broker does every ten minutes: offsets that expired, groups that are
// empty of members and offsets.
import { Group } from './group.ts';
import type { GroupRegistry } from './group-coordinator.ts';
import type { OffsetStore } from './group-offsets.ts';
import type { Timers } from './timers.ts';

/** `offsets.retention.check.interval.ms`. */
const CHECK_INTERVAL_MS = 600_000;

export class Groups implements GroupRegistry {
  readonly #timers: Timers;
  readonly #offsets: OffsetStore;
  readonly #retentionMs: number;
  readonly #groups = new Map<string, Group>();
  #checkedMs: number;

  /** `retentionMs`: `offsets.retention.minutes` as milliseconds. */
  constructor(timers: Timers, offsets: OffsetStore, retentionMs: number) {
    this.#timers = timers;
    this.#offsets = offsets;
    this.#retentionMs = retentionMs;
    this.#checkedMs = timers.wallMs();
  }

  find(groupId: string): Group | null {
    this.cleanUp();
    return this.#groups.get(groupId) ?? null;
  }

  findOrCreate(groupId: string): Group {
    let group = this.find(groupId);
    if (group === null) this.#groups.set(groupId, (group = new Group(groupId, this.#timers.wallMs())));
    return group;
  }

  /** Done with the first request after each interval: nobody can see the difference to a timer. */
  cleanUp(): void {
    const nowMs = this.#timers.wallMs();
    if (nowMs - this.#checkedMs < CHECK_INTERVAL_MS) return;
    this.#checkedMs = nowMs;
    for (const group of this.#groups.values()) {
      const expired = this.#offsets.expire(group.groupId, ({ topic, committedAtMs }) => {
        const sinceMs = expirationStartMs(group, topic, committedAtMs);
        return sinceMs !== null && nowMs - sinceMs >= this.#retentionMs;
      });
      if (expired && group.state === 'Empty' && group.pendingMembers.size === 0) this.#groups.delete(group.groupId);
    }
  }
}

/** From when on the retention of an offset counts, null while it cannot expire. */
function expirationStartMs(group: Group, topic: string, committedAtMs: number): number | null {
  if (group.protocolType === null) return committedAtMs;
  if (group.state === 'Empty') return group.stateSinceMs;
  const idle = group.state === 'Stable' && group.subscribedTopics !== null && !group.subscribedTopics.has(topic);
  return idle ? committedAtMs : null;
}

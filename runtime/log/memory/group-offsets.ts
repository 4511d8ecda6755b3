// The offsets committed to groups, and those that wait for the end of a transaction.
import type { CommittedOffset, OffsetAndMetadata, ProducerIdentity, TopicPartition } from '../broker.ts';

interface StoredOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Wall clock of the commit: for a transactional one, of the request. */
  readonly committedAtMs: number;
  /** Order of writing: an older pending commit does not replace a newer one. */
  readonly written: number;
}

interface PendingOffsets {
  producerEpoch: number;
  readonly offsets: Map<string, StoredOffset>;
}

interface GroupOffsets {
  readonly committed: Map<string, StoredOffset>;
  readonly pending: Map<bigint, PendingOffsets>;
}

export class OffsetStore {
  readonly #groups = new Map<string, GroupOffsets>();
  #written = 0;

  /** Keeps an offset until the producer's transaction ends. */
  addPending(groupId: string, producer: ProducerIdentity, commit: { offset: OffsetAndMetadata; nowMs: number }): void {
    const { pending } = this.#at(groupId);
    const { producerId, producerEpoch } = producer;
    let open = pending.get(producerId);
    if (open === undefined) pending.set(producerId, (open = { producerEpoch, offsets: new Map() }));
    open.producerEpoch = producerEpoch;
    const { topic, partition, offset, leaderEpoch, metadata } = commit.offset;
    const stored = {
      topic,
      partition,
      offset,
      leaderEpoch,
      metadata,
      committedAtMs: commit.nowMs,
      written: this.#written++,
    };
    open.offsets.set(keyOf(commit.offset), stored);
  }

  /** The producer's transaction has ended. */
  complete(groupId: string, producerId: bigint, commit: boolean): void {
    const group = this.#groups.get(groupId);
    const open = group?.pending.get(producerId);
    if (group === undefined || open === undefined) return;
    group.pending.delete(producerId);
    if (!commit) return;
    for (const [key, stored] of open.offsets) {
      const current = group.committed.get(key);
      if (current === undefined || current.written < stored.written) group.committed.set(key, stored);
    }
  }

  /** Whether this very producer has an open transaction with offsets of the group. */
  hasPending(groupId: string, { producerId, producerEpoch }: ProducerIdentity): boolean {
    return this.#groups.get(groupId)?.pending.get(producerId)?.producerEpoch === producerEpoch;
  }

  /** Answer of OffsetFetch with require_stable. */
  fetch(groupId: string, { topic, partition }: TopicPartition): CommittedOffset {
    const group = this.#groups.get(groupId);
    const key = keyOf({ topic, partition });
    const none = { topic, partition, offset: -1, leaderEpoch: -1, metadata: '' };
    if (group === undefined) return { ...none, error: 'NONE' };
    if ([...group.pending.values()].some(({ offsets }) => offsets.has(key)))
      return { ...none, error: 'UNSTABLE_OFFSET_COMMIT' };
    const stored = group.committed.get(key);
    if (stored === undefined) return { ...none, error: 'NONE' };
    const { offset, leaderEpoch, metadata } = stored;
    return { topic, partition, error: 'NONE', offset, leaderEpoch, metadata };
  }

  /** A deleted topic takes its offsets with it, in every group. */
  dropTopic(topic: string): void {
    for (const { committed, pending } of this.#groups.values()) {
      for (const offsets of [committed, ...[...pending.values()].map((open) => open.offsets)]) {
        for (const [key, stored] of offsets) if (stored.topic === topic) offsets.delete(key);
      }
    }
  }

  /** Removes what `isExpired` says, unless a transaction is about to replace it; true when nothing is left of the group. */
  expire(groupId: string, isExpired: (offset: { topic: string; committedAtMs: number }) => boolean): boolean {
    const group = this.#groups.get(groupId);
    if (group === undefined) return true;
    for (const [key, stored] of group.committed) {
      const replaced = [...group.pending.values()].some(({ offsets }) => offsets.has(key));
      if (!replaced && isExpired(stored)) group.committed.delete(key);
    }
    if (group.committed.size > 0 || group.pending.size > 0) return false;
    this.#groups.delete(groupId);
    return true;
  }

  #at(groupId: string): GroupOffsets {
    let group = this.#groups.get(groupId);
    if (group === undefined) this.#groups.set(groupId, (group = { committed: new Map(), pending: new Map() }));
    return group;
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}

// The group's own assignor: cooperative (a partition that must leave a live member is withheld until that member lets go),
// sticky, balanced per topic and in total. Pure: the leader of a generation calls it between JoinGroup and SyncGroup.
import type { TopicPartition } from '../broker.ts';
import { quotas } from './balance.ts';
import { assignedTo, ownershipOf } from './ownership.ts';
import { compareText, partitionKey } from './partition-key.ts';
import type { Ownership, OwnershipMap, TopicPartitionCount } from './types.ts';

/** What a member says when it joins. */
export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string;
  readonly claims: {
    /** In which it was assigned what it holds; −1 when it never was. */
    readonly generation: number;
    readonly partitions: readonly TopicPartition[];
  };
  /** The newest map that it has seen. */
  readonly knownMap: OwnershipMap | null;
}

export interface AssignorInput {
  /** The one that begins now. */
  readonly generation: number;
  readonly members: readonly AssignorMember[];
  readonly topics: readonly TopicPartitionCount[];
}

export interface AssignorResult {
  readonly map: OwnershipMap;
  /** By member id: what may be worked on now. */
  readonly assignments: ReadonlyMap<string, readonly TopicPartition[]>;
  /** Instance ids of the previous map that are no members any more (S3). */
  readonly departed: readonly string[];
}

/** One partition before the new generation; members are indexes. */
interface Before {
  /** Who may be working on it, −1 for nobody. */
  readonly holder: number;
  /** Who should keep it, if the balance allows. */
  readonly home: number;
}

export function assign({ generation, members, topics }: AssignorInput): AssignorResult {
  const sorted = members.toSorted((a, b) => compareText(a.instanceId, b.instanceId));
  const counts = topics.toSorted((a, b) => compareText(a.topic, b.topic));
  const previous = newestMap(sorted, generation);
  const lookup = new Lookup(sorted, previous, generation);
  const before = counts.map(({ topic, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => lookup.before({ topic, partition })),
  );
  const limits = quotas(
    before.map((partitions) => ({
      partitions: partitions.length,
      held: sorted.map((_, member) => partitions.filter(({ home }) => home === member).length),
    })),
    sorted.length,
  );
  const instances = sorted.map(({ instanceId }) => instanceId);
  const map: OwnershipMap = {
    generation,
    instances,
    topics: counts.map(({ topic }, index) => ({
      topic,
      partitions: place(before[index] ?? [], limits[index] ?? []).map((ownership) => named(ownership, instances)),
    })),
  };
  return {
    map,
    assignments: new Map(sorted.map(({ memberId, instanceId }) => [memberId, assignedTo(map, instanceId)])),
    departed: previous?.instances.filter((instanceId) => !instances.includes(instanceId)) ?? [],
  };
}

function newestMap(members: readonly AssignorMember[], generation: number): OwnershipMap | null {
  let newest: OwnershipMap | null = null;
  for (const { knownMap } of members) {
    // A map from the future belongs to an earlier life of the group, whose generations were counted anew.
    if (knownMap === null || knownMap.generation >= generation) continue;
    if (newest === null || knownMap.generation > newest.generation) newest = knownMap;
  }
  return newest;
}

/** Who holds a partition, from the newest map and from the claims that are as new as it is. */
class Lookup {
  readonly #previous: OwnershipMap | null;
  readonly #byInstance: ReadonlyMap<string, number>;
  /** The newest generation that anybody knows; what is older does not count (W5d). */
  readonly #previousGeneration: number;
  /** By member: its claims, null when it has not spoken since that generation. */
  readonly #claims: readonly (ReadonlySet<string> | null)[];

  constructor(members: readonly AssignorMember[], previous: OwnershipMap | null, generation: number) {
    this.#previous = previous;
    this.#byInstance = new Map(members.map(({ instanceId }, index) => [instanceId, index]));
    const known = members.map(({ claims }) => claims.generation).filter((claimed) => claimed < generation);
    this.#previousGeneration = Math.max(previous?.generation ?? -1, ...known);
    this.#claims = members.map(({ claims }) =>
      claims.generation === this.#previousGeneration && claims.generation >= 0
        ? new Set(claims.partitions.map(partitionKey))
        : null,
    );
  }

  before(tp: TopicPartition): Before {
    const known = this.#previous === null ? null : ownershipOf(this.#previous, tp);
    const holder = this.#holder(partitionKey(tp), known);
    const owner = known === null ? -1 : this.#index(known.owner);
    return { holder, home: owner >= 0 ? owner : holder };
  }

  #holder(key: string, known: Ownership | null): number {
    if (known === null || this.#previous?.generation !== this.#previousGeneration) {
      const claimant = this.#claims.findIndex((claims) => claims?.has(key) === true);
      if (claimant >= 0) return claimant;
    }
    if (known === null) return -1;
    // The map was made from the claims before it. Whoever it does not name has been told to drop the partition, so only the
    // one it names can hold it: unless that one has read the map and says no, or is gone.
    const holder = this.#index(known.releasingBy ?? known.owner);
    const claims = this.#claims[holder];
    return claims === undefined || claims === null || claims.has(key) ? holder : -1;
  }

  #index(instanceId: string): number {
    return this.#byInstance.get(instanceId) ?? -1;
  }
}

interface Placed {
  readonly owner: number;
  readonly releasingBy: number;
}

/** Deals one topic's partitions: everybody keeps what is its own up to its quota, the rest goes where there is room. */
function place(before: readonly Before[], limits: readonly number[]): Placed[] {
  const room = [...limits];
  const owners = before.map(() => -1);
  const take = (partition: number, member: number): boolean => {
    if (member < 0 || (room[member] ?? 0) <= 0) return false;
    owners[partition] = member;
    room[member] = (room[member] ?? 0) - 1;
    return true;
  };
  const pass = (wanted: (each: Before) => number): void => {
    before.forEach((each, partition) => {
      if (owners[partition] === -1) take(partition, wanted(each));
    });
  };
  // First what runs where it belongs, then what is nobody's, then what is on its way; a move that is not needed any more ends
  // where it began.
  pass(({ home, holder }) => (holder === home ? home : -1));
  pass(({ home, holder }) => (holder === -1 ? home : -1));
  pass(({ home }) => home);
  pass(({ holder }) => holder);
  pass(() => room.indexOf(Math.max(...room)));
  return before.map(({ holder }, partition) => {
    const owner = owners[partition] ?? -1;
    return { owner, releasingBy: holder >= 0 && holder !== owner ? holder : -1 };
  });
}

function named({ owner, releasingBy }: Placed, instances: readonly string[]): Ownership {
  return { owner: instances[owner] ?? '', releasingBy: instances[releasingBy] ?? null };
}

// How many partitions each member gets: per topic and in total equal to within one, and so that as few as possible move.

/** Number of partitions of one topic that each member has now; members in one order for all topics. */
export interface TopicLoad {
  readonly partitions: number;
  readonly held: readonly number[];
}

/**
 * Quota per topic and member. Every member gets the quotient; the remainders ("extras") of all topics are dealt so that a member's
 * total differs by at most one from any other's, preferring members that have more than the quotient already. The dealing is a
 * minimum-cost flow topic → member (successive shortest paths); among equally good ones the order of topics and members decides.
 */
export function quotas(topics: readonly TopicLoad[], members: number): number[][] {
  if (members === 0) return topics.map(() => []);
  const base = topics.map(({ partitions }) => Math.floor(partitions / members));
  const extras = topics.map(({ partitions }) => partitions % members);
  const wants = topics.map(({ held }, topic) => held.map((count) => count > (base[topic] ?? 0)));
  const dealt = deal(extras, wants, members);
  return base.map((quotient, topic) =>
    Array.from({ length: members }, (_, member) => quotient + (dealt[topic]?.[member] === true ? 1 : 0)),
  );
}

interface Edge {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
  room: number;
  /** Index of the same edge the other way. */
  readonly back: number;
}

function deal(extras: readonly number[], wants: readonly (readonly boolean[])[], members: number): boolean[][] {
  const total = extras.reduce((sum, count) => sum + count, 0);
  const each = Math.floor(total / members);
  // Weighs more than all wishes together: first everybody gets `each`, then wishes count.
  const must = total + 1;
  const source = extras.length + members;
  const sink = source + 1;
  const edges: Edge[] = [];
  const add = (from: number, to: number, room: number, cost: number): number => {
    const at = edges.length;
    edges.push({ from, to, cost, room, back: at + 1 }, { from: to, to: from, cost: -cost, room: 0, back: at });
    return at;
  };
  extras.forEach((count, topic) => add(source, topic, count, 0));
  const choices = wants.map((row, topic) =>
    row.map((wanted, member) => add(topic, extras.length + member, 1, wanted ? -1 : 0)),
  );
  for (let member = 0; member < members; member++) {
    add(extras.length + member, sink, each, -must);
    add(extras.length + member, sink, 1, 0);
  }
  for (let left = total; left > 0; left--) augment(edges, source, sink);
  return choices.map((row) => row.map((at) => edges[at]?.room === 0));
}

/** Sends one unit along the cheapest path (Bellman–Ford: costs may be negative, cycles are not). */
function augment(edges: readonly Edge[], source: number, sink: number): void {
  const cost = Array.from({ length: sink + 1 }, () => Infinity);
  const via = Array.from({ length: sink + 1 }, (): Edge | null => null);
  cost[source] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (const edge of edges) {
      const through = (cost[edge.from] ?? Infinity) + edge.cost;
      if (edge.room === 0 || through >= (cost[edge.to] ?? Infinity)) continue;
      cost[edge.to] = through;
      via[edge.to] = edge;
      changed = true;
    }
  }
  for (let edge = via[sink]; edge !== null && edge !== undefined; edge = via[edge.from]) {
    edge.room--;
    const back = edges[edge.back];
    if (back !== undefined) back.room++;
  }
}

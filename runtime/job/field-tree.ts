// The wanted field paths as a tree, flattened into arrays for the scanner: which child of an object a name is, found by the
// length of the name first, because most names of a record are not wanted and most of those differ in length already.

const LENGTHS = 256;

export const ROOT = 0;
export const NO_NODE = -1;

export class FieldTree {
  /** Node → index of its field, −1 when only fields below it are wanted. */
  readonly slots: Int32Array;
  /** Node → fields to forget when its value is replaced (duplicate names: the last one wins), itself included. */
  readonly below: readonly Int32Array[];
  /** Node → whether fields below it are wanted. */
  readonly inner: Uint8Array;
  private readonly names: Buffer;
  private readonly nameStarts: Int32Array;
  private readonly nameEnds: Int32Array;
  private readonly byLength: Int32Array;
  private readonly next: Int32Array;

  /** Paths are `a` or `a.b`; names with dots of their own cannot be addressed. */
  constructor(paths: readonly string[]) {
    const nodes: { name: Buffer; parent: number; slot: number; children: Map<string, number> }[] = [
      { name: Buffer.alloc(0), parent: NO_NODE, slot: -1, children: new Map() },
    ];
    for (const [slot, path] of paths.entries()) {
      let node = ROOT;
      for (const name of path.split('.')) {
        const known = nodes[node]!.children.get(name);
        if (known === undefined) {
          nodes.push({ name: Buffer.from(name), parent: node, slot: -1, children: new Map() });
          nodes[node]!.children.set(name, nodes.length - 1);
        }
        node = known ?? nodes.length - 1;
      }
      nodes[node]!.slot = slot;
    }
    this.slots = Int32Array.from(nodes, (node) => node.slot);
    this.inner = Uint8Array.from(nodes, (node) => (node.children.size > 0 ? 1 : 0));
    this.names = Buffer.concat(nodes.map((node) => node.name));
    this.nameStarts = new Int32Array(nodes.length);
    this.nameEnds = new Int32Array(nodes.length);
    this.byLength = new Int32Array(nodes.length * LENGTHS).fill(NO_NODE);
    this.next = new Int32Array(nodes.length).fill(NO_NODE);
    const below: number[][] = nodes.map(() => []);
    for (let node = 0, at = 0; node < nodes.length; node++) {
      const { name, parent, slot } = nodes[node]!;
      this.nameStarts[node] = at;
      at += name.length;
      this.nameEnds[node] = at;
      if (slot >= 0) for (let above = node; above >= 0; above = nodes[above]!.parent) below[above]!.push(slot);
      if (parent < 0) continue;
      const bucket = parent * LENGTHS + Math.min(name.length, LENGTHS - 1);
      this.next[node] = this.byLength[bucket]!;
      this.byLength[bucket] = node;
    }
    this.below = below.map((slots) => Int32Array.from(slots));
  }

  /** Child of `node` called `buffer[start, end)`, or `NO_NODE`. */
  child(node: number, buffer: Buffer, start: number, end: number): number {
    const length = end - start;
    let candidate = this.byLength[node * LENGTHS + (length < LENGTHS ? length : LENGTHS - 1)]!;
    for (; candidate >= 0; candidate = this.next[candidate]!) {
      let at = this.nameStarts[candidate]!;
      if (this.nameEnds[candidate]! - at !== length) continue;
      let i = start;
      while (i < end && buffer[i] === this.names[at]) {
        i++;
        at++;
      }
      if (i === end) return candidate;
    }
    return NO_NODE;
  }
}

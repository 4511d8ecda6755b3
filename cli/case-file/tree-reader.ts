// Reads trees against what is allowed in them and collects every problem, so that one look at a wrong file shows all of it.
import { durationMs, nearest } from '../../crds/index.ts';
import type { FileProblem } from './test-file.ts';
import { type Entry, entryOf, type MapTree, type Tree } from './yaml-tree.ts';

/** A tree and where it stands. */
export interface Place<T extends Tree = Tree> {
  readonly tree: T;
  readonly path: string;
}

export class TreeReader {
  readonly problems: FileProblem[] = [];

  problem({ tree, path }: Place, message: string): void {
    this.problems.push({ line: tree.line, path, message });
  }

  /** Null when it is no map. Fields that are not in `known` are problems. */
  map(place: Place, known: readonly string[]): Place<MapTree> | null {
    const { tree, path } = place;
    if (tree.kind !== 'map') {
      this.problem(place, `must be a map with ${list(known)}; got ${describe(tree)}`);
      return null;
    }
    for (const { key, line } of tree.entries)
      if (!known.includes(key))
        this.problems.push({ line, path: join(path, key), message: unknown('field', key, known) });
    return { tree, path };
  }

  /** Undefined when the field is not there. */
  field({ tree, path }: Place<MapTree>, name: string): Place | undefined {
    const entry = entryOf(tree, name);
    return entry === undefined ? undefined : { tree: entry.value, path: join(path, name) };
  }

  required(place: Place<MapTree>, name: string): Place | undefined {
    const field = this.field(place, name);
    if (field === undefined) this.problem(place, `needs ${name}`);
    return field;
  }

  items(place: Place, what: string): readonly Place[] {
    const { tree, path } = place;
    if (tree.kind === 'list') return tree.items.map((item, index) => ({ tree: item, path: `${path}[${index}]` }));
    this.problem(place, `must be a list of ${what}; got ${describe(tree)}`);
    return [];
  }

  text(place: Place | undefined): string | null {
    if (place === undefined) return null;
    if (place.tree.kind === 'scalar' && typeof place.tree.value === 'string') return place.tree.value;
    this.problem(place, `must be text; got ${describe(place.tree)}`);
    return null;
  }

  /** `fallback` when it is not there or wrong. */
  integer(place: Place | undefined, { min, max, fallback }: { min: number; max: number; fallback: number }): number {
    if (place === undefined) return fallback;
    const { tree } = place;
    const value = tree.kind === 'scalar' ? tree.value : null;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `≥ ${min}` : `from ${min} to ${max}`;
    this.problem(place, `must be an integer ${range}; got ${describe(tree)}`);
    return fallback;
  }

  duration(place: Place): number {
    const ms = place.tree.kind === 'scalar' ? durationMs(place.tree.value) : null;
    if (ms !== null && ms >= 0) return ms;
    this.problem(place, `must be a duration such as 250ms, 10s, 5m, 1h or 1d; got ${describe(place.tree)}`);
    return 0;
  }

  /** Whatever YAML 1.1 takes for something else than JSON would: every name is text, true and false are written out. */
  jsonLike({ tree, path }: Place): void {
    if (tree.kind === 'list')
      for (const [index, item] of tree.items.entries()) this.jsonLike({ tree: item, path: `${path}[${index}]` });
    if (tree.kind === 'map')
      for (const entry of tree.entries) {
        if (entry.isBoolean) this.problems.push({ line: entry.line, path, message: booleanWord(entry) });
        this.jsonLike({ tree: entry.value, path: join(path, entry.key) });
      }
    if (tree.kind !== 'scalar') return;
    if (typeof tree.value === 'boolean' && !/^(true|false)$/i.test(tree.source))
      this.problem(
        { tree, path },
        `${tree.source} is the boolean ${tree.value} in YAML 1.1; write "${tree.source}" or ${tree.value}`,
      );
    if (typeof tree.value === 'number' && !Number.isFinite(tree.value))
      this.problem({ tree, path }, `${tree.source} is no number that JSON has`);
  }
}

export function unknown(what: string, word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return `unknown ${what} ${JSON.stringify(word)}; ${near === null ? `must be one of ${known.join(', ')}` : `did you mean ${JSON.stringify(near)}?`}`;
}

export function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

export function describe(tree: Tree): string {
  if (tree.kind === 'map') return 'a map';
  if (tree.kind === 'list') return 'a list';
  return tree.source === '' ? JSON.stringify(tree.value) : tree.source;
}

function booleanWord({ key }: Entry): string {
  return `the name ${key} is a boolean in YAML 1.1; put it in quotes`;
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing in it' : names.join(', ');
}

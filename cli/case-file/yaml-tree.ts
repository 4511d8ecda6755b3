// YAML with the line of every value and numbers as they are written: what a test file needs for good messages and exact records.
// It reads YAML 1.1, as kubectl does, so that an inline job means what it means to the cluster.
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, type Document, type Node } from 'yaml';

export type Tree = MapTree | ListTree | ScalarTree;

export interface Entry {
  readonly key: string;
  /** The key was written without quotes and is a boolean to YAML 1.1. */
  readonly isBoolean: boolean;
  readonly line: number;
  readonly value: Tree;
}

export interface MapTree {
  readonly kind: 'map';
  readonly line: number;
  readonly entries: readonly Entry[];
}

export interface ListTree {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly Tree[];
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly line: number;
  readonly value: string | number | boolean | null;
  /** Of an unquoted scalar. */
  readonly source: string;
}

export type ParsedYaml =
  | { readonly ok: true; readonly documents: readonly Tree[] }
  | { readonly ok: false; readonly line: number; readonly message: string };

/** All documents of a stream; empty ones are left out. */
export function parseTrees(text: string): ParsedYaml {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.1',
    // Times stay text, as in Go's reader.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp'),
    uniqueKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  const trees: Tree[] = [];
  for (const document of documents) {
    const error = document.errors[0];
    if (error !== undefined) return { ok: false, line: lines.linePos(error.pos[0]).line, message: error.message };
    const { contents } = document;
    if (contents === null) continue;
    const tree = new Reader(document, lines).tree(contents);
    if (tree.kind !== 'scalar' || tree.value !== null) trees.push(tree);
  }
  return { ok: true, documents: trees };
}

class Reader {
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  tree(node: unknown, fallbackLine = 1): Tree {
    const resolved = isAlias(node) ? node.resolve(this.#document) : (node as Node | null | undefined);
    const start = (isAlias(node) ? node : resolved)?.range?.[0];
    const line = start === undefined ? fallbackLine : this.#lines.linePos(start).line;
    if (isMap(resolved))
      return { kind: 'map', line, entries: resolved.items.flatMap((pair) => this.#entries(pair, line)) };
    if (isSeq(resolved)) return { kind: 'list', line, items: resolved.items.map((item) => this.tree(item, line)) };
    const value = isScalar(resolved) ? resolved.value : null;
    const source = isScalar(resolved) && resolved.type === 'PLAIN' ? (resolved.source ?? '') : '';
    return { kind: 'scalar', line, value: plain(value), source };
  }

  #entries({ key, value }: { readonly key: unknown; readonly value: unknown }, mapLine: number): readonly Entry[] {
    const name = this.tree(key, mapLine);
    const tree = this.tree(value, name.line);
    if (name.kind !== 'scalar') return [{ key: '?', isBoolean: false, line: name.line, value: tree }];
    if (name.source === '<<') return merged(tree);
    const isBoolean = typeof name.value === 'boolean';
    const text = typeof name.value === 'string' ? name.value : name.source || String(name.value);
    return [{ key: text, isBoolean, line: name.line, value: tree }];
  }
}

/** `<<: *other` takes over the entries of the map, or of each map of a list. */
function merged(tree: Tree): readonly Entry[] {
  if (tree.kind === 'map') return tree.entries;
  return tree.kind === 'list' ? tree.items.flatMap(merged) : [];
}

function plain(value: unknown): ScalarTree['value'] {
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

export function entryOf(tree: MapTree, key: string): Entry | undefined {
  return tree.entries.find((entry) => entry.key === key);
}

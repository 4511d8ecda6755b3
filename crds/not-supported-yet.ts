// The parts of the contract that this release does not implement. A manifest that sets one is refused; a default never
// counts as set. An entry goes away with the release that brings its part.
import { durationMs } from './duration.ts';
import { canonicalJson } from './canonical-json.ts';
import { type Problem, isObject, pathText, show } from './problem.ts';
import { schemasAt } from './parse-manifest.ts';

export interface NotSupportedYet {
  /** Path from the root; `*` stands for any key or index. */
  readonly path: string;
  /** Only these values are not supported; all but the default when absent. */
  readonly values?: readonly string[];
}

export const NOT_SUPPORTED_YET: readonly NotSupportedYet[] = [
  { path: 'spec.source.kafka.topics' },
  { path: 'spec.source.kafka.topicPattern' },
  { path: 'spec.source.kafka.startFrom.offsets' },
  { path: 'spec.source.kafka.endAt' },
  { path: 'spec.source.kafka.partitionDiscovery' },
  { path: 'spec.source.kafka.onDataLoss' },
  { path: 'spec.source.kafka.auth' },
  { path: 'spec.source.format.text' },
  { path: 'spec.source.format.avro' },
  { path: 'spec.source.format.protobuf' },
  { path: 'spec.source.format.csv' },
  { path: 'spec.source.format.debezium' },
  { path: 'spec.sinks.*.postgres' },
  { path: 'spec.delivery.guarantee' },
  { path: 'spec.autoscale.*' },
  { path: 'spec.upgrade.mode' },
  { path: 'spec.upgrade.maxSnapshotAge' },
  { path: 'spec.upgrade.rollback.*' },
  { path: 'spec.restoreFrom' },
  { path: 'spec.deletion.policy', values: ['snapshot'] },
];

/** Every part that the document sets and this release refuses. */
export function findNotSupportedYet(input: unknown): Problem[] {
  return NOT_SUPPORTED_YET.flatMap((entry) =>
    matches(input, entry.path.split('.'), []).flatMap(({ path, value }) =>
      isSet(entry, path, value) ? [problem(entry, path, value)] : [],
    ),
  );
}

/** Whether the reference page marks a field: `path` as in the list, with `*` for keys and indexes. */
export function isNotSupportedYet(path: string): boolean {
  return NOT_SUPPORTED_YET.some(
    (entry) =>
      entry.values === undefined &&
      (path === entry.path ||
        path.startsWith(`${entry.path}.`) ||
        (entry.path.endsWith('.*') && path.startsWith(entry.path.slice(0, -1)))),
  );
}

/** The values of a field that this release refuses: what the entries with `values` say. */
export function valuesNotSupportedYet(path: string): readonly string[] {
  return NOT_SUPPORTED_YET.flatMap((entry) => (entry.path === path ? (entry.values ?? []) : []));
}

function isSet(entry: NotSupportedYet, path: readonly PropertyKey[], value: unknown): boolean {
  if (entry.values !== undefined) return typeof value === 'string' && entry.values.includes(value);
  const defaults = schemasAt(path.slice(1)).flatMap((schema) => ('default' in schema ? [schema.default] : []));
  return !defaults.some((byDefault) => sameValue(value, byDefault));
}

function sameValue(value: unknown, other: unknown): boolean {
  const [a, b] = [durationMs(value), durationMs(other)];
  return a !== null && b !== null ? a === b : canonicalJson(value) === canonicalJson(other);
}

function problem(entry: NotSupportedYet, path: readonly PropertyKey[], value: unknown): Problem {
  const text = pathText(path);
  const one = entry.values !== undefined ? ` ${show(value)}` : '';
  return {
    path: text,
    rule: 'notSupportedYet',
    value,
    message: `not supported yet: ${text}${one}`,
    reason: 'NotSupportedYet',
  };
}

interface Match {
  readonly path: readonly PropertyKey[];
  readonly value: unknown;
}

/** All places of a document that a pattern with `*` leads to. */
export function matches(value: unknown, pattern: readonly string[], path: readonly PropertyKey[]): Match[] {
  const [part, ...rest] = pattern;
  if (part === undefined) return value === undefined || value === null ? [] : [{ path, value }];
  if (Array.isArray(value)) {
    return part === '*' ? value.flatMap((item: unknown, index) => matches(item, rest, [...path, index])) : [];
  }
  if (!isObject(value)) return [];
  const keys = part === '*' ? Object.keys(value) : Object.hasOwn(value, part) ? [part] : [];
  return keys.flatMap((key) => matches(value[key], rest, [...path, key]));
}

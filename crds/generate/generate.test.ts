import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drift, generatedFiles } from '../generate.ts';
import { NOT_SUPPORTED_YET } from '../not-supported-yet.ts';
import { schemasAt } from '../parse-manifest.ts';
import { isObject } from '../problem.ts';
import { crd } from './crd.ts';
import { referencePage } from './reference.ts';

const ROOT = join(import.meta.dirname, '../..');

test('the committed files are what the schema says', () => {
  expect(drift(ROOT)).toEqual([]);
});

test('a file that differs is named with its first line that does', () => {
  const empty = mkdtempSync(join(tmpdir(), 'generate-'));
  expect(drift(empty)).toEqual([
    expect.stringMatching(
      /^config\/crd\/streamjobs\.streamjob\.dev\.yaml:1: is "", the schema says "# Generated .*; run: make generate$/,
    ),
    expect.stringMatching(
      /^docs\/reference\/streamjob\.md:1: is "", the schema says "# StreamJob reference"; run: make generate$/,
    ),
  ]);
  rmSync(empty, { recursive: true });
});

/** Every schema node of the definition with its path. */
function nodes(node: unknown, path: string): [string, Record<string, unknown>][] {
  if (!isObject(node)) return [];
  const properties = isObject(node['properties']) ? node['properties'] : {};
  return [
    [path, node],
    ...Object.entries(properties).flatMap(([name, child]) => nodes(child, `${path}.${name}`)),
    ...nodes(node['items'], `${path}[]`),
    ...nodes(node['additionalProperties'], `${path}{}`),
  ];
}

const definition = crd() as { spec: { versions: [{ schema: { openAPIV3Schema: Record<string, unknown> } }] } };
const all = nodes(definition.spec.versions[0].schema.openAPIV3Schema, '');

test('the definition is structural', () => {
  expect(all.length).toBeGreaterThan(200);
  const banned = ['$ref', 'anyOf', 'oneOf', 'allOf', 'not', 'const', 'propertyNames', 'pattern'];
  const wrong = all.filter(
    ([, node]) =>
      (node['type'] === undefined && node['x-kubernetes-preserve-unknown-fields'] !== true) ||
      (node['properties'] !== undefined && node['additionalProperties'] !== undefined) ||
      banned.some((keyword) => keyword in node),
  );
  expect(wrong.map(([path]) => path)).toEqual([]);
});

test('only choices of types, later formats and sinks, and pod parts are open', () => {
  const open = all.filter(([, node]) => node['x-kubernetes-preserve-unknown-fields'] === true).map(([path]) => path);
  expect(open).toEqual([
    '.spec.source.kafka.startFrom',
    '.spec.source.format.avro',
    '.spec.source.format.protobuf',
    '.spec.source.format.csv',
    '.spec.source.format.debezium',
    '.spec.onBadRecord',
    '.spec.sinks[].postgres',
    '.spec.restoreFrom',
    '.spec.worker.resources',
    '.spec.worker.env[]',
    '.spec.worker.podTemplate',
  ]);
});

test('kubectl explain has something to say about every field', () => {
  const silent = all.filter(
    ([path, node]) =>
      /\.[A-Za-z0-9]+$/.test(path) &&
      path !== '.metadata' &&
      path !== '.metadata.name' &&
      node['description'] === undefined,
  );
  expect(silent.map(([path]) => path)).toEqual([]);
});

test('every entry of the list of parts to come is a part of the contract', () => {
  const strange = NOT_SUPPORTED_YET.filter(({ path }) => {
    const parts = path
      .split('.')
      .slice(1)
      .map((part, index, rest) => (part === '*' && ['sinks', 'keyBy'].includes(rest[index - 1] ?? '') ? 0 : part));
    return schemasAt(parts.at(-1) === '*' ? parts.slice(0, -1) : parts).length === 0;
  });
  expect(strange).toEqual([]);
});

test.each([
  '| `spec.window.tumbling.size` | duration | required | Length of each window. |',
  '| `spec.maxParallelism` | integer | `32` |',
  '| `spec.emit.every` | duration |  | The distance of mode interval. |',
  '| `spec.source.kafka.onDataLoss` | `fail`, `continue` | `fail` | What to do when the broker has deleted records that were not read yet. *Not supported yet.* |',
  '*Not supported yet: snapshot.*',
  '| `spec.sinks[…].kafka.topic` | string | required |',
  '| `spec.aggregates.<name>.sum.field` | string |',
  '- `spec.window` must have exactly one of tumbling, sliding, session, cumulative, global.',
  '| `keyBy` | yes |',
])('the reference page says %s', (line) => {
  expect(referencePage()).toContain(line);
});

test('what is generated is the same each time', () => {
  expect([...generatedFiles()]).toEqual([...generatedFiles()]);
});

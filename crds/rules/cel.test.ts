// The two forms of each rule must say the same: the CEL of the API server, run here by an interpreter, and the predicate.
import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, test } from 'vitest';
import { matches } from '../not-supported-yet.ts';
import { isObject } from '../problem.ts';
import { type JsonSchema, specJsonSchema } from '../schema/stream-job.ts';
import { BAD_MANIFESTS, BASE_MANIFEST, manifestWith } from '../validate.cases.ts';
import { RULES } from './check.ts';

const environment = new Environment({ unlistedVariablesAreDyn: true }).registerFunction({
  signature: 'string.replace(string, string): string',
  handler: (text: string, from: string, to: string) => text.replaceAll(from, to),
});

/** Numbers of a manifest are integers to the API server. */
const asCel = (value: unknown): unknown => {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  if (Array.isArray(value)) return value.map(asCel);
  if (isObject(value)) return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, asCel(field)]));
  return value;
};

const window = (kind: string, fields: Record<string, string>) => ({ 'spec.window': { [kind]: fields } });
const MORE: Record<string, Record<string, unknown>> = {
  'a valid sliding window': window('sliding', { size: '1d', slide: '60m', offset: '-59m' }),
  'a valid cumulative window': window('cumulative', { size: '10m', step: '120s', offset: '9m' }),
  'a cumulative window without step': window('cumulative', { size: '10m', step: '0s' }),
  'a global window that updates': { 'spec.window': { global: {} }, 'spec.emit': { mode: 'update' } },
  'an interval': { 'spec.emit': { mode: 'interval', every: '5s' } },
  'a mode without interval but with its length': { 'spec.emit': { mode: 'update', every: '5s' } },
  'a filter in two places': { 'spec.aggregates.views': { count: { where: 'a' }, where: 'b' } },
  'two inputs': { 'spec.aggregates.views': { sum: { field: 'a', of: 'b' } } },
  'two inputs of a count': { 'spec.aggregates.views': { count: { field: 'a', of: 'b' } } },
  'another cluster at least once': {
    'spec.sinks': [{ kafka: { topic: 'out', bootstrapServers: 'other:9092' } }],
    'spec.delivery': { guarantee: 'atLeastOnce' },
  },
  'never with the record key': { 'spec.keyBy': ['$key'], 'spec.shuffle': 'never' },
  'an autoscale range': { 'spec.autoscale': { min: 0, max: 1 } },
  'a short transaction': { 'spec.delivery': { transactionTimeout: '501ms' } },
};

const CASES: [string, Record<string, unknown>][] = [
  ['the base', structuredClone(BASE_MANIFEST)],
  ...Object.entries(MORE).map(([name, set]): [string, Record<string, unknown>] => [name, manifestWith(set)]),
  // Where a type is wrong or a field is missing the API server stops before it comes to these rules.
  ...Object.entries(BAD_MANIFESTS)
    .filter(
      ([, { messages }]) => !messages.some((text) => /is required|\((string|number|boolean)\)|got null/.test(text)),
    )
    .map(([name, { set }]): [string, Record<string, unknown>] => [name, manifestWith(set)]),
];

describe('a rule in CEL and as a predicate', () => {
  test.each(CASES)('agree on %s', (_, manifest) => {
    for (const rule of RULES) {
      if (rule.cel === null || rule.id === 'name') continue;
      const places = matches(manifest, rule.at.split('.'), []);
      for (const { value } of places) {
        if (!isObject(value)) continue;
        const cel: unknown = environment.evaluate(rule.cel, { self: asCel(value) });
        expect({ rule: `${rule.at} ${rule.id}`, cel }).toEqual({
          rule: `${rule.at} ${rule.id}`,
          cel: rule.holds(value) === true,
        });
      }
    }
  });
});

test('every rule is about a place that exists', () => {
  const lost = RULES.filter(({ at }) => at !== '' && placeOf(at.split('.').slice(1)) === undefined);
  expect(lost.map(({ at, id }) => `${at} ${id}`)).toEqual([]);
});

function placeOf(parts: readonly string[]): JsonSchema | undefined {
  return parts.reduce<JsonSchema | undefined>((node, part) => {
    const child = part === '*' ? (node?.items ?? node?.additionalProperties) : node?.properties?.[part];
    return typeof child === 'object' ? child : undefined;
  }, specJsonSchema());
}

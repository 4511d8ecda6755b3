// The reference page of StreamJob: every field with type, default and meaning, from the same schema as everything else.
import { isNotSupportedYet, valuesNotSupportedYet } from '../not-supported-yet.ts';
import { PHASES } from '../phases.ts';
import { PLAN_FIELDS } from '../plan-hash.ts';
import { PROBLEM_REASONS, PROGRESS_REASONS } from '../reasons.ts';
import { RULES } from '../rules/check.ts';
import { type JsonSchema, specJsonSchema, statusJsonSchema } from '../schema/stream-job.ts';

interface Row {
  readonly path: string;
  readonly type: string;
  readonly byDefault: string;
  readonly meaning: string;
}

/** The text of the committed page. */
export function referencePage(): string {
  return [
    '# StreamJob reference',
    '',
    '<!-- Generated from crds/schema by `make generate`; do not edit. -->',
    '',
    'API version `streamjob.dev/v1alpha1`, kind `StreamJob`, short name `sj`. The name of a job is a DNS label without dots, at most 40 characters.',
    '',
    'Durations are one whole number and one unit: `250ms`, `10s`, `5m`, `1h`, `1d`. Field paths are dotted: `user.id`.',
    'A field marked *not supported yet* is part of the contract; a manifest that sets it to anything but its default is refused with `not supported yet: <path>`.',
    '',
    'Expressions (`where`, `of`) are CEL: [expressions.md](expressions.md) has every operator and function.',
    '',
    'Names of your own that YAML reads as a boolean (`on`, `off`, `yes`, `no`, `y`, `n`) must be quoted: aggregates, fields.',
    '',
    '## spec',
    '',
    ...table(rows(specJsonSchema(), 'spec')),
    '',
    '## status',
    '',
    ...table(rows(statusJsonSchema(), 'status')),
    '',
    '## Rules between fields',
    '',
    '`streamjob validate`, the operator and (where it can) the API server check them with the same words.',
    '',
    ...RULES.map((rule) => `- \`${place([rule.at, rule.field].filter(Boolean).join('.'))}\` ${rule.text}.`),
    '',
    '## Phases',
    '',
    PHASES.map((phase) => `\`${phase}\``).join(', '),
    '',
    '## Reasons',
    '',
    'Of conditions and Events; a closed list.',
    '',
    `What is wrong: ${PROBLEM_REASONS.map((reason) => `\`${reason}\``).join(', ')}.`,
    '',
    `What is going on: ${PROGRESS_REASONS.map((reason) => `\`${reason}\``).join(', ')}.`,
    '',
    '## Plan hash',
    '',
    '`status.planHash` is made of every field that influences results or state. A change to one of them is another plan: its state cannot be read by the old one.',
    '',
    '| field | in the hash | why |',
    '|---|---|---|',
    ...PLAN_FIELDS.map(({ field, hashed, why }) => `| \`${field}\` | ${hashed ? 'yes' : 'no'} | ${why} |`),
    '',
  ].join('\n');
}

function rows(node: JsonSchema, path: string): Row[] {
  const required = new Set(node.required ?? []);
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const childPath = `${path}.${name}`;
    return [
      {
        path: childPath,
        type: typeText(child),
        byDefault: defaultText(child, required.has(name)),
        meaning: meaning(child, childPath),
      },
      ...inner(child, childPath),
    ];
  });
}

/** Fields below a node: of an object, of each entry of a list or map, of the object in a choice. */
function inner(node: JsonSchema, path: string): Row[] {
  if (node.anyOf !== undefined) return node.anyOf.flatMap((choice) => rows(choice, path));
  if (node.items !== undefined) return rows(node.items, `${path}.*`);
  if (typeof node.additionalProperties === 'object') return rows(node.additionalProperties, `${path}.*`);
  return rows(node, path);
}

function meaning(node: JsonSchema, path: string): string {
  const values = valuesNotSupportedYet(path);
  const mark = isNotSupportedYet(path)
    ? ' *Not supported yet.*'
    : values.length > 0
      ? ` *Not supported yet: ${values.join(', ')}.*`
      : '';
  return `${node.description ?? ''}${mark}`.trim();
}

function typeText(node: JsonSchema): string {
  if (node.anyOf !== undefined) return node.anyOf.map(typeText).join(' or ');
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items === undefined ? 'anything' : typeText(node.items)}`;
  if (node.type === 'object') {
    if (
      typeof node.additionalProperties === 'object' &&
      node.properties === undefined &&
      Object.keys(node.additionalProperties).length > 0
    )
      return `map of ${typeText(node.additionalProperties)}`;
    const names = Object.keys(node.properties ?? {});
    return names.length === 0 && node.additionalProperties === false ? '`{}`' : 'object';
  }
  if (node.type === 'string' && typeof node['pattern'] === 'string' && node['pattern'].includes('(ms|s|m|h|d)'))
    return 'duration';
  return node.type ?? 'anything';
}

function defaultText(node: JsonSchema, required: boolean): string {
  if (required) return 'required';
  const value = node.default;
  if (
    value === undefined ||
    (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0)
  )
    return '';
  return `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;
}

/** Lists and maps as users write them. */
function place(path: string): string {
  return path
    .replace('spec.sinks.*', 'spec.sinks[…]')
    .replace('spec.aggregates.*', 'spec.aggregates.<name>')
    .replace('.env.*', '.env[…]')
    .replace('.conditions.*', '.conditions[…]');
}

function table(all: readonly Row[]): string[] {
  return [
    '| field | type | default | meaning |',
    '|---|---|---|---|',
    ...all.map(
      (row) => `| \`${place(row.path)}\` | ${row.type} | ${row.byDefault} | ${row.meaning.replaceAll('|', '\\|')} |`,
    ),
  ];
}

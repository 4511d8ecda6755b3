// The shape of a manifest: runs the schema over a document and puts each issue into words a user can act on.
import type { z } from 'zod';
import { type Problem, isObject, pathText, show, showWithType, valueAt } from './problem.ts';
import type { FilledSpec } from './schema/spec.ts';
import { type JsonSchema, type StreamJob, StreamJobSchema, specJsonSchema } from './schema/stream-job.ts';
import { nearest } from './suggest.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

export type ParsedManifest =
  | { readonly problems: readonly []; readonly job: StreamJob; readonly filled: FilledSpec }
  | { readonly problems: readonly Problem[]; readonly job: null };

const BOOLEAN_WORDS = 'YAML reads an unquoted on, off, yes, no, y or n as a boolean';
/** Added where text was expected and a boolean came. */
export const QUOTE_HINT = `if you wrote a word, quote it: ${BOOLEAN_WORDS}`;

/** Checks types, required fields, unknown fields, patterns and bounds. Cross-field rules are elsewhere. */
export function parseManifest(input: unknown): ParsedManifest {
  if (!isObject(input)) {
    const message = `a manifest must be an object with apiVersion, kind, metadata and spec; got ${showWithType(input)}`;
    return { problems: [{ path: '', rule: 'type', value: input, message, reason: 'InvalidSpec' }], job: null };
  }
  const parsed = StreamJobSchema.safeParse(input, { error: ruleOf });
  if (parsed.success) return { problems: [], job: input as unknown as StreamJob, filled: parsed.data.spec };
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(input, issue, []));
  return { problems: unique(problems), job: null };
}

/** The rule of an issue in words, as they follow the path; schemas with a rule of their own say it themselves. */
function ruleOf(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeName(issue.expected)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `must be ${String(issue.values[0])}`
        : `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'array'
        ? `must have at least ${amount(issue.minimum, 'entry', 'entries')}`
        : issue.origin === 'string'
          ? 'must not be empty'
          : `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array'
        ? `must have at most ${amount(issue.maximum, 'entry', 'entries')}`
        : issue.origin === 'string'
          ? `must have at most ${amount(issue.maximum, 'character', 'characters')}`
          : `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`;
    case 'invalid_format':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
    case undefined:
      break;
  }
  return issue.message ?? 'is not valid';
}

function problemsOf(input: unknown, issue: Issue, prefix: Path): Problem[] {
  const path = [...prefix, ...issue.path];
  const value = valueAt(input, path);
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(input, path, key));
  if (value === undefined) return [problem({ path, rule: 'required', value, text: 'is required' })];
  if (issue.code === 'invalid_union') {
    const branch = branchOf(issue.errors, value);
    const strange = isObject(value) ? Object.keys(value).filter((key) => !knownFields(path).includes(key)) : [];
    if (strange.length > 0) return strange.map((key) => unknownField(input, path, key));
    if (branch !== null) return branch.flatMap((inner) => problemsOf(input, inner, path));
  }
  const wrongType = issue.code === 'invalid_type';
  const hint = typeof value === 'boolean' && wrongType && issue.expected === 'string' ? `; ${QUOTE_HINT}` : '';
  const shown = wrongType ? showWithType(value) : show(value);
  return [problem({ path, rule: ruleId(issue), value, text: `${issue.message}; got ${shown}${hint}` })];
}

/** Of a choice between words and objects, the object that was meant, so that its own problems can be told. */
function branchOf(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | null {
  if (!isObject(value) || Object.keys(value).length === 0) return null;
  const objects = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code !== 'unrecognized_keys'),
  );
  const meant = objects.filter((issues) => !issues.some((issue) => issue.code === 'unrecognized_keys'));
  return meant[0] ?? (objects.length === 1 ? (objects[0] ?? null) : null);
}

function unknownField(input: unknown, parent: Path, key: string): Problem {
  const path = [...parent, key];
  const known = knownFields(parent);
  const near = nearest(key, known);
  const hint =
    near !== null
      ? `did you mean "${near}"?`
      : known.length === 0
        ? 'nothing can be set here'
        : `known are ${known.join(', ')}`;
  const text = `unknown field; ${hint}${isBooleanWord(key) ? ` (${QUOTE_HINT})` : ''}`;
  return problem({ path, rule: 'unknownField', value: valueAt(input, path), text });
}

/** A YAML 1.1 reader turns a key such as `on` into true, and JSON turns that into "true". */
export function isBooleanWord(key: string): boolean {
  return key === 'true' || key === 'false';
}

function knownFields(path: Path): string[] {
  if (path.length === 0) return ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
  if (path[0] !== 'spec') return [];
  return [...new Set(schemasAt(path.slice(1)).flatMap((schema) => Object.keys(schema.properties ?? {})))];
}

/** The schema nodes that a path of `spec` leads to; several where a choice is on the way. */
export function schemasAt(path: Path): JsonSchema[] {
  let nodes: JsonSchema[] = [specJsonSchema()];
  for (const part of path) {
    nodes = nodes.flatMap(alternatives).flatMap((node) => {
      if (typeof part === 'number') return node.items === undefined ? [] : [node.items];
      const child = node.properties?.[String(part)];
      if (child !== undefined) return [child];
      return typeof node.additionalProperties === 'object' ? [node.additionalProperties] : [];
    });
  }
  return nodes.flatMap(alternatives);
}

function alternatives(node: JsonSchema): JsonSchema[] {
  return node.anyOf === undefined ? [node] : [node, ...node.anyOf.flatMap(alternatives)];
}

function ruleId(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return 'type';
    case 'invalid_value':
    case 'invalid_union':
      return 'choice';
    case 'too_small':
    case 'too_big':
      return 'range';
    case 'invalid_format':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      break;
  }
  return 'format';
}

function typeName(expected: string): string {
  switch (expected) {
    case 'object':
    case 'record':
      return 'an object ({} when there is nothing to set)';
    case 'array':
      return 'a list';
    case 'int':
      return 'an integer';
    case 'boolean':
      return 'true or false';
    default:
      return `a ${expected}`;
  }
}

function amount(count: number | bigint, one: string, many: string): string {
  return `${count} ${Number(count) === 1 ? one : many}`;
}

function problem(about: { path: Path; rule: string; value: unknown; text: string }): Problem {
  const path = pathText(about.path);
  return { path, rule: about.rule, value: about.value, message: `${path}: ${about.text}`, reason: 'InvalidSpec' };
}

/** One problem per place and rule: a text that is too long breaks its pattern as well. */
function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path, rule }) => {
    const id = `${path}\n${rule === 'range' ? 'format' : rule}`;
    return seen.size < seen.add(id).size;
  });
}

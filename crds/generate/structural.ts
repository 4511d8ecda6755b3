// From zod's JSON schema to the structural schema that a kube-apiserver accepts: a type at every node, no choices, no
// references, and only keywords that it knows.
import type { JsonSchema } from '../schema/stream-job.ts';
import type { Rule } from '../rules/rule.ts';
import { RULE_TEXT } from '../schema/scalars.ts';

const OPEN = 'x-kubernetes-preserve-unknown-fields';

/** Keywords that are carried over as they are. */
const KEPT = [
  'description',
  'enum',
  'format',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'exclusiveMinimum',
  'maximum',
  'exclusiveMaximum',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
] as const;

const INT32_MAX = 2_147_483_647;

/**
 * The structural schema of a node.
 * @param path where it is, from the root, with `*` for keys and indexes: finds the rules that belong to it.
 * @throws Error when the node cannot be said structurally.
 */
export function structural(node: JsonSchema, path: string, rules: readonly Rule[]): JsonSchema {
  // A choice between text and object has no structural type: it stays open here and is checked by the operator.
  if (node.anyOf !== undefined) {
    if (node[OPEN] !== true) throw new Error(`${path}: a choice of types must be marked ${OPEN}`);
    return { ...described(node), [OPEN]: true };
  }
  if (node.type === undefined) throw new Error(`${path}: has no type`);
  const result: JsonSchema = { type: node.type };
  for (const keyword of KEPT) if (node[keyword] !== undefined) Object.assign(result, { [keyword]: node[keyword] });
  if (node[RULE_TEXT] !== undefined) delete result['pattern'];
  if (node.type === 'integer') integerBounds(result);
  if (isScalar(node.default)) result.default = node.default;
  if (node.properties !== undefined && Object.keys(node.properties).length > 0) {
    result.properties = Object.fromEntries(
      Object.entries(node.properties).map(([name, child]) => [name, structural(child, `${path}.${name}`, rules)]),
    );
  }
  if (node.required !== undefined && node.required.length > 0) result.required = node.required;
  if (node.items !== undefined) result.items = structural(node.items, `${path}.*`, rules);
  if (typeof node.additionalProperties === 'object' && Object.keys(node.additionalProperties).length > 0) {
    result.additionalProperties = structural(node.additionalProperties, `${path}.*`, rules);
  }
  if (node[OPEN] === true) result[OPEN] = true;
  const validations = [...patternValidation(node), ...celValidations(path, rules)];
  if (validations.length > 0) result['x-kubernetes-validations'] = validations;
  return result;
}

/** The rules of one object, as the API server evaluates them. */
export function celValidations(path: string, rules: readonly Rule[]): Record<string, string>[] {
  return rules
    .filter((rule) => rule.at === path && rule.cel !== null)
    .map((rule) => ({
      rule: rule.cel ?? '',
      message: rule.text,
      ...(rule.field === undefined ? {} : { fieldPath: `.${rule.field}` }),
    }));
}

/** A pattern as a rule, since the API server's own message would show the pattern and not what it means. */
function patternValidation(node: JsonSchema): Record<string, string>[] {
  const { pattern, [RULE_TEXT]: message } = node;
  if (typeof pattern !== 'string' || typeof message !== 'string') return [];
  if (pattern.includes("'")) throw new Error(`pattern ${pattern} cannot stand in a raw CEL string`);
  return [{ rule: `self.matches(r'${pattern}')`, message }];
}

function described(node: JsonSchema): JsonSchema {
  return node.description === undefined ? {} : { description: node.description };
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** Says the width instead of zod's bounds of a safe integer. */
function integerBounds(node: JsonSchema): void {
  if (node['minimum'] === Number.MIN_SAFE_INTEGER) delete node['minimum'];
  if (node['maximum'] === Number.MAX_SAFE_INTEGER) delete node['maximum'];
  const max = node['maximum'];
  node['format'] = typeof max === 'number' && max <= INT32_MAX ? 'int32' : 'int64';
  if (max === INT32_MAX) delete node['maximum'];
}

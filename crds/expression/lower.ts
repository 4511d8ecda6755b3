// From the parser's syntax tree to ours: paths of fields put together, literals as JSON has them, the types of all parts checked.
import type { ASTNode } from '@marcbachmann/cel-js';
import { lowerCall, lowerMethod } from './lower-call.ts';
import { fieldOrSelect, indexInto, lowerIdentifier } from './lower-path.ts';
import type { Expression, Scalar } from './expression.ts';
import { arithmetic, comparison, conditional, membership, requireCondition, requireNumber } from './operators.ts';
import { Refusal } from './refusal.ts';
import { ANY, BOOLEAN, join, NULL, NUMBER, TEXT, type ValueType } from './value-type.ts';

export { requireCondition } from './operators.ts';

/** What is known around a node. */
export interface Scope {
  /** The text as written. */
  readonly text: string;
  /** 0-based start of an identifier that was replaced → its name. */
  readonly names: ReadonlyMap<number, string>;
  /** Variables of the macros around it. */
  readonly variables: ReadonlyMap<string, ValueType>;
  /** How many nodes are around it. */
  readonly depth: number;
}

/** Every level costs stack, here and for each record. */
const MAX_DEPTH = 1_000;

/** @throws Refusal when a part has no meaning. */
export function lower(node: ASTNode, scope: Scope): Expression {
  const position = node.range.start + 1;
  if (scope.depth > MAX_DEPTH)
    throw new Refusal(`an expression must not be nested more than ${MAX_DEPTH} levels deep`, { position });
  const inner = { ...scope, depth: scope.depth + 1 };
  const below = (one: ASTNode): Expression => lower(one, inner);
  switch (node.op) {
    case 'value': {
      const value = literal(node.args, position);
      return { kind: 'literal', value, type: typeOfLiteral(value), position };
    }
    case 'id':
      return lowerIdentifier(node.args, position, scope);
    case '.':
      return fieldOrSelect(
        node.args[0],
        { name: scope.names.get(node.pos) ?? node.args[1], position },
        { scope, below },
      );
    case '[]':
      return indexInto(node.args[0], node.args[1], { scope, below, position });
    case 'list': {
      const items = node.args.map(below);
      return { kind: 'list', items, type: { kind: 'list', element: commonType(items, 'items of a list') }, position };
    }
    case 'map':
      return lowerMap(
        node.args.map(([key, value]) => [below(key), below(value)] as const),
        position,
      );
    case '&&':
    case '||': {
      const [left, right] = [requireCondition(below(node.args[0])), requireCondition(below(node.args[1]))];
      return { kind: node.op === '&&' ? 'and' : 'or', left, right, type: BOOLEAN, position };
    }
    case '!_':
      return { kind: 'not', operand: requireCondition(below(node.args)), type: BOOLEAN, position };
    case '-_': {
      const operand = below(node.args);
      // Not −value: a zero stays the zero that JSON has.
      if (operand.kind === 'literal' && typeof operand.value === 'number')
        return { ...operand, value: 0 - operand.value, position };
      return { kind: 'negate', operand: requireNumber(operand, '-'), type: NUMBER, position };
    }
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node.op, below(node.args[0]), below(node.args[1]));
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return arithmetic(node.op, below(node.args[0]), below(node.args[1]));
    case 'in':
      return membership(below(node.args[0]), below(node.args[1]));
    case '?:':
      return conditional(below(node.args[0]), below(node.args[1]), below(node.args[2]));
    case 'call':
      return lowerCall(node.args, { scope, below, position });
    case 'rcall':
      return lowerMethod(node.args, {
        scope,
        below,
        position,
        inside: (variables, one) => lower(one, { ...inner, variables }),
      });
    case '.?':
    case '[?]':
      throw new Refusal('optional fields (.? and [?]) are not supported: ask has(…),', { position });
    default:
      return unknownNode(node);
  }
}

function lowerMap(entries: readonly (readonly [Expression, Expression])[], position: number): Expression {
  for (const [key] of entries) {
    const { kind } = key.type;
    if (kind === 'any' || kind === 'text' || kind === 'number' || kind === 'boolean') continue;
    throw new Refusal('a key of a map must be text, a number, true or false', key);
  }
  const element = commonType(
    entries.map(([, value]) => value),
    'values of a map',
  );
  return { kind: 'map', entries, type: { kind: 'map', element }, position };
}

function commonType(items: readonly Expression[], what: string): ValueType {
  let type: ValueType | null = null;
  for (const item of items) {
    const joined: ValueType | null = type === null ? item.type : join(type, item.type);
    if (joined === null) throw new Refusal(`${what} must not mix times with anything else`, item);
    type = joined;
  }
  return type ?? ANY;
}

function typeOfLiteral(value: Scalar): ValueType {
  if (value === null) return NULL;
  return typeof value === 'boolean' ? BOOLEAN : typeof value === 'number' ? NUMBER : TEXT;
}

function literal(value: unknown, position: number): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return exact(value, position);
  if (value instanceof Uint8Array)
    throw new Refusal('a bytes literal has nothing to be compared with, a record holds JSON: write text, "…",', {
      position,
    });
  // The library's unsigned integer.
  return exact(BigInt(String((value as { valueOf(): unknown }).valueOf())), position);
}

function exact(value: bigint, position: number): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new Refusal(`an integer must be within ±(2^53 − 1), not ${value},`, { position });
}

/** The library's operators are all named above; a newer one of it is refused, not guessed. */
function unknownNode(node: never): never {
  throw new Error(`The CEL parser returned an unknown node: ${String((node as { op: unknown }).op)}`);
}

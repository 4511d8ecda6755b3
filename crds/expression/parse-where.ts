// From the text of `spec.where` (CEL) to a condition. The grammar is the library's; what this release does not evaluate yet is
// refused here, by name and position, so that a manifest never runs with half of its filter.
import { type ASTNode, ParseError, parse } from '@marcbachmann/cel-js';
import { type ComparisonOperator, type Predicate, fieldsOf, type Operand, type Scalar } from './predicate.ts';

export type ParsedWhere =
  | { readonly ok: true; readonly predicate: Predicate; readonly fields: readonly string[] }
  /** `position` is the 1-based character; the message names it too. */
  | { readonly ok: false; readonly message: string; readonly position: number };

/** Whether the text is an expression that the runtime evaluates. Never throws. */
export function parseWhere(text: string): ParsedWhere {
  try {
    const predicate = predicateOf(parse(text).ast);
    return { ok: true, predicate, fields: fieldsOf(predicate) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message, position: error.position };
    if (!(error instanceof ParseError)) throw error;
    const position = (error.range?.start ?? error.node?.pos ?? 0) + 1;
    return { ok: false, message: `not a CEL expression: ${error.summary} at position ${position}`, position };
  }
}

class Refusal extends Error {
  readonly position: number;
  constructor(what: string, node: ASTNode) {
    const position = node.range.start + 1;
    super(`${what} at position ${position}`);
    this.position = position;
  }
}

const notYet = (what: string, node: ASTNode): Refusal => new Refusal(`not supported yet: ${what} in spec.where`, node);

function predicateOf(node: ASTNode): Predicate {
  switch (node.op) {
    case '&&':
    case '||':
      return {
        kind: node.op === '&&' ? 'and' : 'or',
        left: predicateOf(node.args[0]),
        right: predicateOf(node.args[1]),
      };
    case '!_':
      return { kind: 'not', operand: predicateOf(node.args) };
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node.op, node.args[0], node.args[1]);
    case 'in':
      return membership(node.args[0], node.args[1]);
    case 'call':
      if (node.args[0] === 'has') return presence(node);
      throw notYet(`the function ${node.args[0]}`, node);
    case 'id':
    case '.':
    case '.?':
    case '[]':
    case '[?]':
    case 'value':
    case 'list':
    case 'map':
    case '-_':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '?:':
    case 'rcall': {
      const operand = operandOf(node);
      if (operand.kind === 'literal' && typeof operand.value !== 'boolean') {
        throw new Refusal(`a condition must be true or false, not ${JSON.stringify(operand.value)},`, node);
      }
      return { kind: 'truth', operand };
    }
    default:
      return unknownNode(node);
  }
}

function comparison(operator: ComparisonOperator, leftNode: ASTNode, rightNode: ASTNode): Predicate {
  const left = operandOf(leftNode);
  const right = operandOf(rightNode);
  if (operator !== '==' && operator !== '!=') {
    for (const [operand, node] of [
      [left, leftNode],
      [right, rightNode],
    ] as const) {
      if (operand.kind === 'literal' && operand.value === null)
        throw new Refusal(`null has no order: ${operator} cannot compare it`, node);
    }
    if (left.kind === 'literal' && right.kind === 'literal' && typeof left.value !== typeof right.value) {
      throw new Refusal(
        `${operator} cannot compare ${JSON.stringify(left.value)} with ${JSON.stringify(right.value)}`,
        leftNode,
      );
    }
  }
  return { kind: 'compare', operator, left, right };
}

function membership(itemNode: ASTNode, listNode: ASTNode): Predicate {
  if (listNode.op !== 'list') throw notYet('in with anything but a list such as ["a", "b"]', listNode);
  const list = listNode.args.map((node) => {
    const operand = operandOf(node);
    if (operand.kind === 'field') throw notYet('a field inside a list', node);
    return operand.value;
  });
  return { kind: 'in', item: operandOf(itemNode), list };
}

function presence(node: ASTNode & { op: 'call' }): Predicate {
  const [argument, ...more] = node.args[1];
  if (argument === undefined || more.length > 0 || argument.op !== '.') {
    throw new Refusal('has takes one nested field, such as has(user.country),', node);
  }
  return { kind: 'has', parent: fieldPath(argument.args[0]), path: fieldPath(argument) };
}

function operandOf(node: ASTNode): Operand {
  const position = node.range.start + 1;
  switch (node.op) {
    case 'id':
    case '.':
      return { kind: 'field', path: fieldPath(node), position };
    case 'value':
      return { kind: 'literal', value: literal(node.args, node), position };
    case '-_': {
      const operand = operandOf(node.args);
      if (operand.kind === 'literal' && typeof operand.value === 'number')
        return { ...operand, value: 0 - operand.value, position };
      throw notYet('arithmetic', node);
    }
    case '[]':
    case '[?]':
    case '.?':
      throw notYet('an index', node);
    case 'list':
    case 'map':
      throw notYet(`a ${node.op} literal here`, node);
    case '?:':
      throw notYet('the operator ?:', node);
    case 'call':
    case 'rcall':
      throw notYet(`the function ${node.args[0]}`, node);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      throw notYet('arithmetic', node);
    case '&&':
    case '||':
    case '!_':
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
      throw notYet('a condition as an operand', node);
    default:
      return unknownNode(node);
  }
}

/** The library's operators are all named above; a newer one of it is refused, not guessed. */
function unknownNode(node: never): never {
  throw new Error(`The CEL parser returned an unknown node: ${String((node as { op: unknown }).op)}`);
}

function literal(value: unknown, node: ASTNode): Scalar {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return exact(value, node);
  if (value instanceof Uint8Array) throw notYet('a bytes literal', node);
  // The library's unsigned integer.
  return exact(BigInt(String((value as { valueOf(): unknown }).valueOf())), node);
}

function exact(value: bigint, node: ASTNode): number {
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new Refusal(`an integer must be within ±(2^53 − 1), not ${value},`, node);
}

function fieldPath(node: ASTNode): string {
  if (node.op === 'id') return node.args;
  if (node.op === '.') return `${fieldPath(node.args[0])}.${node.args[1]}`;
  if (node.op === '[]' || node.op === '[?]' || node.op === '.?') throw notYet('an index', node);
  throw notYet('a field of anything but a field', node);
}

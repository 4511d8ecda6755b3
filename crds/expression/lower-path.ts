// Names, fields of fields and indexes: what can be read from the record as one path is one; the rest looks into values.
import type { ASTNode } from '@marcbachmann/cel-js';
import type { Expression } from './expression.ts';
import { HEADERS, isHeaderPath, isRecordPath, typeOfPath } from './record-names.ts';
import { Refusal } from './refusal.ts';
import { ANY, BOOLEAN, inWords, type ValueType } from './value-type.ts';

interface Names {
  readonly names: ReadonlyMap<number, string>;
  readonly variables: ReadonlyMap<string, ValueType>;
}

interface Around {
  readonly scope: Names;
  readonly below: (node: ASTNode) => Expression;
}

/** A variable of a macro, or a field of the record. */
export function lowerIdentifier(identifier: string, position: number, scope: Names): Expression {
  const replaced = scope.names.get(position - 1);
  if (replaced === HEADERS)
    throw new Refusal(
      `${HEADERS} must be followed by the name of a header: $headers.tenant or $headers["content-type"],`,
      {
        position,
      },
    );
  const type = replaced === undefined ? scope.variables.get(identifier) : undefined;
  if (type !== undefined) return { kind: 'variable', name: identifier, type, position };
  const path = replaced ?? identifier;
  return { kind: 'field', path, type: typeOfPath(path), position };
}

/** `operand.name`. */
export function fieldOrSelect(
  operand: ASTNode,
  { name, position }: { name: string; position: number },
  around: Around,
): Expression {
  if (isHeaders(operand, around.scope)) return header(name, position);
  const base = around.below(operand);
  const path = pathBelow(base, name);
  if (path !== null) return { kind: 'field', path, type: typeOfPath(path), position };
  if (base.kind === 'field' && isRecordPath(base.path)) throw new Refusal(`${base.path} has no fields`, base);
  if (base.type.kind === 'map') return { kind: 'select', operand: base, name, type: base.type.element, position };
  if (base.type.kind !== 'any') throw new Refusal(`${inWords(base.type)} has no field ${name}`, base);
  return { kind: 'select', operand: base, name, type: ANY, position };
}

/** `operand[index]`. */
export function indexInto(operand: ASTNode, indexNode: ASTNode, around: Around & { position: number }): Expression {
  const { position } = around;
  const index = around.below(indexNode);
  const name = index.kind === 'literal' && typeof index.value === 'string' ? index.value : null;
  if (isHeaders(operand, around.scope)) {
    if (name === null || name === '')
      throw new Refusal('the name of a header must be a literal such as "tenant"', index);
    return header(name, position);
  }
  const base = around.below(operand);
  if (base.kind === 'field' && isRecordPath(base.path)) throw new Refusal(`${base.path} has no fields`, base);
  const path = name === null || name.includes('.') || name === '' ? null : pathBelow(base, name);
  if (path !== null) return { kind: 'field', path, type: typeOfPath(path), position };
  const { kind } = base.type;
  const whole = index.type.kind;
  if (kind === 'list' && whole !== 'number' && whole !== 'any')
    throw new Refusal(`an index of a list must be a number, not ${inWords(index.type)},`, index);
  if ((kind === 'map' || kind === 'any') && !['any', 'text', 'number', 'boolean'].includes(whole))
    throw new Refusal(`an index must be text or a number, not ${inWords(index.type)},`, index);
  if (base.type.kind === 'list' || base.type.kind === 'map')
    return { kind: 'index', operand: base, index, type: base.type.element, position };
  if (kind !== 'any') throw new Refusal(`${inWords(base.type)} has no index`, base);
  return { kind: 'index', operand: base, index, type: ANY, position };
}

/** `has(argument)`. */
export function presence(argument: ASTNode, around: Around & { position: number }): Expression {
  const { below, position, scope } = around;
  if (argument.op === 'id' || argument.op === '.' || argument.op === '[]') {
    const found = below(argument);
    if (found.kind === 'field') {
      const parent = argument.op === 'id' || isHeaders(argument.args[0], scope) ? null : below(argument.args[0]);
      const parentPath = parent?.kind === 'field' && !isHeaderPath(parent.path) ? parent.path : null;
      return { kind: 'hasField', parent: parentPath, path: found.path, type: BOOLEAN, position };
    }
    if (found.kind === 'select')
      return { kind: 'has', operand: found.operand, name: found.name, type: BOOLEAN, position };
    if (found.kind === 'index' && found.index.kind === 'literal' && typeof found.index.value === 'string')
      return { kind: 'has', operand: found.operand, name: found.index.value, type: BOOLEAN, position };
  }
  throw new Refusal('has takes one field, such as has(user.country),', { position });
}

function isHeaders(node: ASTNode, scope: Names): boolean {
  return node.op === 'id' && scope.names.get(node.range.start) === HEADERS;
}

function header(name: string, position: number): Expression {
  const path = `${HEADERS}.${name}`;
  return { kind: 'field', path, type: typeOfPath(path), position };
}

/** The path of a field of a field; null when it is none that a record is read by. */
function pathBelow(base: Expression, name: string): string | null {
  if (base.kind !== 'field') return null;
  // Names of headers may hold dots.
  return isRecordPath(base.path) && !isHeaderPath(base.path) ? null : `${base.path}.${name}`;
}

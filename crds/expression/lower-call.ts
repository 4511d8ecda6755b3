// Calls of functions, methods and macros: found in the table, their arguments checked, what is misspelt named.
import type { ASTNode } from '@marcbachmann/cel-js';
import { nearest } from '../suggest.ts';
import type { Expression, MacroName } from './expression.ts';
import { FUNCTIONS, type FunctionSpec, MACROS, OTHER_NAMES, REFUSED_FUNCTIONS } from './functions.ts';
import { presence } from './lower-path.ts';
import { requireCondition } from './operators.ts';
import { compilePattern } from './pattern.ts';
import { Refusal } from './refusal.ts';
import { durationTextMs, isTimeZone, timestampMs } from './time.ts';
import { ANY, BOOLEAN, inWords, type TypeKind, type ValueType } from './value-type.ts';

interface Around {
  readonly scope: {
    readonly text: string;
    readonly names: ReadonlyMap<number, string>;
    readonly variables: ReadonlyMap<string, ValueType>;
  };
  readonly below: (node: ASTNode) => Expression;
  readonly position: number;
}

interface AroundMethod extends Around {
  /** Lowers a node with other variables. */
  readonly inside: (variables: ReadonlyMap<string, ValueType>, node: ASTNode) => Expression;
}

/** `name(args)`. */
export function lowerCall([name, args]: readonly [string, readonly ASTNode[]], around: Around): Expression {
  if (name === 'has') {
    const [argument] = args;
    if (argument === undefined || args.length > 1)
      throw new Refusal('has takes one field, such as has(user.country),', around);
    return presence(argument, around);
  }
  if (MACROS.has(name)) throw new Refusal(`${name} is written list.${name}(x, …), not ${name}(…),`, around);
  const spec = specOf(name, around.position);
  if (spec.form === 'method')
    throw new Refusal(`${name} is written ${methodForm(name, spec)}, not ${name}(…),`, around);
  return call(name, spec, { args: args.map(around.below), position: around.position, first: 'function' });
}

/** `receiver.name(args)`, and functions of a namespace such as `math.abs(x)`. */
export function lowerMethod(
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  around: AroundMethod,
): Expression {
  const namePosition = nameAfter(around.scope.text, receiver.range.end, name) + 1;
  if (receiver.op === 'id' && receiver.args === 'math' && !around.scope.variables.has('math')) {
    const full = `math.${name}`;
    return call(full, specOf(full, around.position), {
      args: args.map(around.below),
      position: around.position,
      first: 'function',
    });
  }
  if (MACROS.has(name)) return macro(name as MacroName, receiver, { args, around, namePosition });
  const spec = specOf(name, namePosition);
  if (spec.form === 'function')
    throw new Refusal(`${name} is written ${name}(x), not x.${name}(),`, { position: namePosition });
  return call(name, spec, {
    args: [around.below(receiver), ...args.map(around.below)],
    position: around.position,
    first: 'method',
  });
}

function call(
  name: string,
  spec: FunctionSpec,
  { args, position, first }: { args: readonly Expression[]; position: number; first: 'function' | 'method' },
): Expression {
  const written = first === 'method' ? 1 : 0;
  const [least, most] = [spec.params.length - spec.optional, spec.variadic ? 32 : spec.params.length];
  if (args.length < least || args.length > most) {
    const [from, to] = [least - written, most - written];
    const takes = spec.variadic
      ? `${from} or more arguments`
      : from === to
        ? plural(from)
        : `${from} to ${to} arguments`;
    throw new Refusal(`${name} takes ${takes}, not ${args.length - written},`, { position });
  }
  for (const [index, argument] of args.entries()) {
    const kinds = spec.params[Math.min(index, spec.params.length - 1)] ?? [];
    checkArgument(name, kinds, argument);
  }
  checkConstants(name, args);
  return { kind: 'call', name, args, type: spec.result, position };
}

function checkArgument(name: string, kinds: readonly TypeKind[], argument: Expression): void {
  const { kind } = argument.type;
  const onlyTimes = kinds.every((one) => one === 'timestamp' || one === 'duration');
  if (kinds.includes(kind) || (kind === 'any' && !onlyTimes)) return;
  const takes = kinds.map((one) => inWords({ kind: one }));
  const hint = onlyTimes ? `: write timestamp(…) around it,` : ',';
  throw new Refusal(`${name} takes ${listOf(takes)} here, not ${inWords(argument.type)}${hint}`, argument);
}

/** Constants that would fail for every record. */
function checkConstants(name: string, args: readonly Expression[]): void {
  const [first, second] = args;
  if (name === 'matches' && second?.kind === 'literal' && typeof second.value === 'string') {
    const pattern = compilePattern(second.value);
    if ('problem' in pattern) throw new Refusal(`not a pattern of RE2: ${pattern.problem}`, second);
  }
  if (first?.kind === 'literal' && typeof first.value === 'string') {
    if (name === 'timestamp' && Number.isNaN(timestampMs(first.value)))
      throw new Refusal(`a timestamp is written like 2026-01-01T00:00:00Z, not ${JSON.stringify(first.value)},`, first);
    if (name === 'duration' && Number.isNaN(durationTextMs(first.value)))
      throw new Refusal(`a duration is written like 1h30m or 250ms, not ${JSON.stringify(first.value)},`, first);
  }
  if (name.startsWith('get') && second !== undefined) {
    if (first?.type.kind === 'duration') throw new Refusal(`${name} of a duration takes no time zone`, second);
    if (second.kind === 'literal' && typeof second.value === 'string' && !isTimeZone(second.value))
      throw new Refusal(`not a time zone: ${JSON.stringify(second.value)} (Europe/Berlin and +02:00 are)`, second);
  }
  if (name.startsWith('math.') && first?.type.kind === 'list' && second !== undefined)
    throw new Refusal(`${name} takes numbers or one list`, second);
}

function macro(
  name: MacroName,
  receiver: ASTNode,
  { args, around, namePosition }: { args: readonly ASTNode[]; around: AroundMethod; namePosition: number },
): Expression {
  const [variableNode, ...rest] = args;
  const counts = MACROS.get(name) ?? [];
  const last = rest.at(-1);
  if (variableNode === undefined || last === undefined || !counts.includes(args.length)) {
    const form = name === 'map' ? 'map(x, what)' : `${name}(x, condition)`;
    throw new Refusal(`${name} takes a variable and an expression over it: ${form},`, { position: namePosition });
  }
  if (variableNode.op !== 'id' || around.scope.names.has(variableNode.range.start))
    throw new Refusal(`the first argument of ${name} must be the name of a variable`, {
      position: variableNode.range.start + 1,
    });
  const list = around.below(receiver);
  const { type } = list;
  if (type.kind !== 'list' && type.kind !== 'map' && type.kind !== 'any')
    throw new Refusal(`${name} needs a list or a map, not ${inWords(type)},`, list);
  const variable = variableNode.args;
  // The items of a map are its keys.
  const variables = new Map(around.scope.variables).set(variable, type.kind === 'list' ? type.element : ANY);
  const filter =
    rest.length === 2 && rest[0] !== undefined ? requireCondition(around.inside(variables, rest[0])) : null;
  const inner = around.inside(variables, last);
  const body = name === 'map' ? inner : requireCondition(inner);
  const items: ValueType = type.kind === 'list' ? type : { kind: 'list', element: ANY };
  const result: ValueType = name === 'map' ? { kind: 'list', element: body.type } : name === 'filter' ? items : BOOLEAN;
  return { kind: 'macro', name, list, variable, filter, body, type: result, position: around.position };
}

function specOf(name: string, position: number): FunctionSpec {
  const spec = FUNCTIONS.get(name);
  if (spec !== undefined) return spec;
  const why = REFUSED_FUNCTIONS.get(name);
  if (why !== undefined) throw new Refusal(`the function ${name} is not supported (${why})`, { position });
  const known = [...FUNCTIONS.keys(), ...MACROS.keys(), 'has'];
  const near = OTHER_NAMES.get(name) ?? nearest(name, known);
  throw new Refusal(`unknown function ${name}${near === null ? '' : ` (did you mean ${near}?)`}`, { position });
}

function methodForm(name: string, spec: FunctionSpec): string {
  return `x.${name}(${spec.params.length > 1 ? '…' : ''})`;
}

/** Where the name of a method stands: behind what it is called on. */
function nameAfter(text: string, from: number, name: string): number {
  const at = text.indexOf(name, from);
  return at < 0 ? from : at;
}

function plural(count: number): string {
  return count === 0 ? 'no argument' : count === 1 ? '1 argument' : `${count} arguments`;
}

function listOf(words: readonly string[]): string {
  return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

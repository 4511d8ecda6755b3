// What an expression means, told as plainly as possible: over values of JSON.parse, with exceptions for faults and no care for speed.
// The compiled form is tested against it.
import type { Expression, ExpressionOf } from '../../../../crds/index.ts';
import { callFunction } from '../call.ts';
import type { Compiler } from '../compiler.ts';
import { MISSING } from '../outcome.ts';
import { add, difference } from '../sum.ts';
import { atKey, equal, Fault, hasKey, isList, isMap, keysOf, order, type Value } from '../values.ts';

/** Thrown for a fault: `missing` when it comes of what is null or absent. */
export class Unanswered extends Error {
  readonly missing: boolean;

  constructor(missing: boolean) {
    super('no answer');
    this.missing = missing;
  }
}

export interface World {
  /** Undefined when it is absent. */
  readonly field: (path: string) => Value | undefined;
  readonly variables: ReadonlyMap<string, Value>;
}

/** @throws Unanswered */
export function interpret(expression: Expression, world: World): Value {
  const of = (one: Expression): Value => interpret(one, world);
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'field': {
      const value = world.field(expression.path);
      if (value === undefined) throw new Unanswered(true);
      return value;
    }
    case 'variable':
      return world.variables.get(expression.name) ?? null;
    case 'select': {
      const map = of(expression.operand);
      if (!isMap(map)) throw unanswered(map);
      if (!hasKey(map, expression.name)) throw new Unanswered(true);
      return atKey(map, expression.name);
    }
    case 'index':
      return element(of(expression.operand), of(expression.index));
    case 'list':
      return expression.items.map(of);
    case 'map':
      return new Map(expression.entries.map(([key, value]) => [scalar(of(key)), of(value)]));
    case 'not':
      return !truth(of(expression.operand));
    case 'negate':
      return 0 - number(of(expression.operand));
    case 'asNumber':
      return number(of(expression.operand));
    case 'arithmetic':
      return arithmetic(expression, of);
    case 'compare':
      return compare(expression, of(expression.left), of(expression.right));
    case 'in':
      return membership(of(expression.item), of(expression.list));
    case 'and':
    case 'or':
      return junction(expression.kind === 'or', [() => truth(of(expression.left)), () => truth(of(expression.right))]);
    case 'conditional':
      return truth(of(expression.condition)) ? of(expression.yes) : of(expression.no);
    case 'hasField': {
      if (expression.parent !== null) {
        const parent = world.field(expression.parent) ?? null;
        if (!isMap(parent)) throw unanswered(parent);
      }
      return world.field(expression.path) !== undefined;
    }
    case 'has': {
      const map = of(expression.operand);
      if (!isMap(map)) throw unanswered(map);
      return hasKey(map, expression.name);
    }
    case 'call':
      return call(expression, of);
    case 'macro':
      return macro(expression, world);
    default:
      return expression satisfies never;
  }
}

function unanswered(value: Value): Unanswered {
  return new Unanswered(value === null);
}

function number(value: Value): number {
  if (typeof value !== 'number') throw unanswered(value);
  return value;
}

function truth(value: Value): boolean {
  if (typeof value !== 'boolean') throw unanswered(value);
  return value;
}

function scalar(value: Value): Value {
  if (typeof value === 'object') throw unanswered(value);
  return value;
}

function element(value: Value, index: Value): Value {
  if (isMap(value)) {
    if (!hasKey(value, index)) throw new Unanswered(true);
    return atKey(value, index);
  }
  if (!isList(value)) throw unanswered(value);
  if (typeof index !== 'number' || !Number.isInteger(index)) throw unanswered(index);
  const found = value[index];
  if (found === undefined) throw new Unanswered(true);
  return found;
}

function arithmetic(
  { operator, left, right, type }: ExpressionOf<'arithmetic'>,
  of: (one: Expression) => Value,
): Value {
  if (type.kind !== 'number') {
    const a = of(left);
    return answered((operator === '+' ? add : difference)(a, of(right)));
  }
  const x = number(of(left));
  const y = number(of(right));
  return { '+': x + y, '-': x - y, '*': x * y, '/': x / y, '%': x % y }[operator];
}

function answered(value: Value): Value {
  if (value instanceof Fault) throw new Unanswered(value.code === MISSING);
  return value;
}

function compare({ operator }: ExpressionOf<'compare'>, a: Value, b: Value): boolean {
  if (operator === '==' || operator === '!=') return (equal(a, b) === true) === (operator === '==');
  if (a === null || b === null) throw new Unanswered(true);
  const between = order(a, b);
  if (Number.isNaN(between) && !(typeof a === 'number' && typeof b === 'number')) throw new Unanswered(false);
  return { '<': between < 0, '<=': between <= 0, '>': between > 0, '>=': between >= 0 }[operator];
}

function membership(item: Value, list: Value): boolean {
  if (isMap(list)) return hasKey(list, item);
  if (!isList(list)) throw unanswered(list);
  return list.some((one) => equal(item, one) === true);
}

/** `decides`: what ends it, true for ||. A fault counts only when nothing decides. */
function junction(decides: boolean, sides: readonly (() => boolean)[]): boolean {
  let fault: Unanswered | null = null;
  for (const side of sides) {
    try {
      if (side() === decides) return decides;
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      fault ??= error;
    }
  }
  if (fault !== null) throw fault;
  return !decides;
}

/** Functions have one implementation; here it is handed values that are found the plain way. */
function call(expression: ExpressionOf<'call'>, of: (one: Expression) => Value): Value {
  const valuesOnly = { value: (one: Expression) => () => of(one) } as unknown as Compiler;
  return answered(callFunction(expression, valuesOnly)(Buffer.alloc(0)));
}

function macro({ name, list, variable, filter, body }: ExpressionOf<'macro'>, world: World): Value {
  const found = interpret(list, world);
  const items = isList(found) ? found : isMap(found) ? keysOf(found) : null;
  if (items === null) throw unanswered(found);
  const inside = (item: Value): World => ({ ...world, variables: new Map(world.variables).set(variable, item) });
  const holds = (condition: Expression, item: Value): boolean => truth(interpret(condition, inside(item)));
  switch (name) {
    case 'all':
    case 'exists':
      return junction(
        name === 'exists',
        items.map((item) => () => holds(body, item)),
      );
    case 'exists_one':
      return items.filter((item) => holds(body, item)).length === 1;
    case 'filter':
      return items.filter((item) => holds(body, item));
    case 'map': {
      // Item by item: a fault in a later filter must not hide one in an earlier result.
      const made: Value[] = [];
      for (const item of items) if (filter === null || holds(filter, item)) made.push(interpret(body, inside(item)));
      return made;
    }
    default:
      return name satisfies never;
  }
}

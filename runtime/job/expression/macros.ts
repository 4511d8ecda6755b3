// Macros: an expression over each item of a list (or key of a map), with the item in a variable.
import type { ExpressionOf } from '../../../crds/index.ts';
import type { Cell, Compiler, ValueOf } from './compiler.ts';
import { type Condition, FAILED, MISSING, NO, YES } from './outcome.ts';
import {
  ABSENCE,
  FAILURE,
  Fault,
  faultCode,
  faultOf,
  isList,
  isMap,
  keysOf,
  type Value,
  type ValueList,
} from './values.ts';

interface Loop {
  /** The items, or why there are none. */
  readonly items: (buffer: Buffer) => ValueList | Fault;
  readonly cell: Cell;
  /** Compiles what is evaluated for each item. */
  readonly inner: Compiler;
}

function loop({ list, variable }: ExpressionOf<'macro'>, compiler: Compiler): Loop {
  const listOf = compiler.value(list);
  const cell: Cell = { value: null };
  return {
    items: (buffer) => {
      const found = listOf(buffer);
      return isList(found) ? found : isMap(found) ? keysOf(found) : faultOf(found);
    },
    cell,
    inner: compiler.inside(variable, cell),
  };
}

/** all, exists and exists_one. all and exists absorb errors as && and || do, exists_one does not. */
export function quantifier(expression: ExpressionOf<'macro'>, compiler: Compiler): Condition {
  const { items, cell, inner } = loop(expression, compiler);
  const holds = inner.condition(expression.body);
  const { missing } = compiler;
  if (expression.name === 'exists_one') {
    return (buffer) => {
      const all = items(buffer);
      if (all instanceof Fault) return faultCode(all, missing);
      let count = 0;
      for (const item of all) {
        cell.value = item;
        const outcome = holds(buffer);
        if (outcome >= FAILED) return outcome;
        count += outcome;
      }
      return count === 1 ? YES : NO;
    };
  }
  const decides = expression.name === 'all' ? NO : YES;
  return (buffer) => {
    const all = items(buffer);
    if (all instanceof Fault) return faultCode(all, missing);
    let result = YES - decides;
    for (const item of all) {
      cell.value = item;
      const outcome = holds(buffer);
      if (outcome === decides) return decides;
      if (outcome >= FAILED && result < FAILED) result = outcome;
    }
    return result;
  };
}

/** filter and map: a list of the items that are left, or of what is made of them. */
export function itemsOf(expression: ExpressionOf<'macro'>, compiler: Compiler): ValueOf {
  const { items, cell, inner } = loop(expression, compiler);
  const test = expression.name === 'filter' ? expression.body : expression.filter;
  const passes = test === null ? null : inner.condition(test);
  const make = expression.name === 'map' ? inner.value(expression.body) : null;
  return (buffer) => {
    const all = items(buffer);
    if (all instanceof Fault) return all;
    const made: Value[] = [];
    for (const item of all) {
      cell.value = item;
      if (passes !== null) {
        const outcome = passes(buffer);
        if (outcome >= FAILED) return outcome === MISSING ? ABSENCE : FAILURE;
        if (outcome === NO) continue;
      }
      const value = make === null ? item : make(buffer);
      if (value instanceof Fault) return value;
      made.push(value);
    }
    return made;
  };
}

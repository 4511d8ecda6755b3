// Comparisons: of fields on their bytes, of numbers without an object, of everything else by value.
import type { ComparisonOperator, Expression, ExpressionOf } from '../../../crds/index.ts';
import { NUMBER } from '../json-scanner.ts';
import type { Compiler } from './compiler.ts';
import {
  compareFields,
  compareWithLiteral,
  holds,
  isEquality,
  NO_ORDER,
  outcomes,
  SWAPPED,
} from './field-comparison.ts';
import { type Condition, FAILED, NO, YES } from './outcome.ts';
import { equal, Fault, faultCode, order } from './values.ts';

export function comparison(expression: ExpressionOf<'compare'>, compiler: Compiler): Condition {
  const { operator, left, right } = expression;
  if (left.kind === 'field' && right.kind === 'literal')
    return compareWithLiteral(operator, left.path, right.value, compiler);
  if (left.kind === 'literal' && right.kind === 'field')
    return compareWithLiteral(SWAPPED[operator], right.path, left.value, compiler);
  const sides = { left, right };
  if (left.kind === 'field' && right.kind === 'field') {
    const whole = compareValues(operator, sides, compiler);
    return compareFields(operator, { left: left.path, right: right.path, whole }, compiler);
  }
  const numbers = left.type.kind === 'number' || right.type.kind === 'number';
  const bothNumbers = left.type.kind === 'number' && right.type.kind === 'number';
  if (bothNumbers || (numbers && !isEquality(operator))) return compareNumbers(operator, sides, compiler);
  const guards = [left, right].map((side) => whatMustBeNumbers(side, compiler));
  if (guards[0] === null || guards[1] === null) return compareValues(operator, sides, compiler);
  return whenNumbers(Int32Array.from(guards.flatMap((guard) => guard ?? [])), {
    numbers: compareNumbers(operator, sides, compiler),
    values: compareValues(operator, sides, compiler),
    compiler,
  });
}

interface Sides {
  readonly left: Expression;
  readonly right: Expression;
}

function compareNumbers(operator: ComparisonOperator, { left, right }: Sides, compiler: Compiler): Condition {
  const x = compiler.number(left);
  const y = compiler.number(right);
  const table = outcomes(operator);
  return (buffer) => {
    const code = x.load(buffer);
    if (code !== 0) return code;
    const other = y.load(buffer);
    if (other !== 0) return other;
    const one = x.values[x.at]!;
    const two = y.values[y.at]!;
    return table[one < two ? 0 : one > two ? 2 : one === two ? 1 : NO_ORDER]!;
  };
}

function compareValues(operator: ComparisonOperator, { left, right }: Sides, compiler: Compiler): Condition {
  const leftOf = compiler.value(left);
  const rightOf = compiler.value(right);
  const { missing } = compiler;
  const equality = isEquality(operator);
  return (buffer) => {
    const x = leftOf(buffer);
    if (x instanceof Fault) return faultCode(x, missing);
    const y = rightOf(buffer);
    if (y instanceof Fault) return faultCode(y, missing);
    if (equality) {
      const same = equal(x, y);
      return same === null ? FAILED : same === (operator === '==') ? YES : NO;
    }
    if (x === null || y === null) return missing;
    const between = order(x, y);
    if (Number.isNaN(between) && !(typeof x === 'number' && typeof y === 'number')) return FAILED;
    return holds(operator, between) ? YES : NO;
  };
}

/**
 * Slots that make a side a number whenever all of them are numbers; null when that depends on more. Only sums of fields and literals:
 * such a side is compiled twice, which what is nested in itself must not be.
 */
function whatMustBeNumbers(side: Expression, compiler: Compiler): number[] | null {
  if (side.kind === 'literal') return side.type.kind === 'number' ? [] : null;
  if (side.kind === 'field') return [compiler.slot(side.path)];
  if (side.kind !== 'arithmetic') return null;
  const [left, right] = [whatMustBeNumbers(side.left, compiler), whatMustBeNumbers(side.right, compiler)];
  return left === null || right === null ? null : [...left, ...right];
}

/** `a + b == 3` may be about numbers, texts or lists: as numbers it needs no objects. */
function whenNumbers(
  fields: Int32Array,
  { numbers, values, compiler }: { numbers: Condition; values: Condition; compiler: Compiler },
): Condition {
  const { types } = compiler.slots;
  return (buffer) => {
    for (let i = 0; i < fields.length; i++) if (types[fields[i]!] !== NUMBER) return values(buffer);
    return numbers(buffer);
  };
}

// Expressions that are true or false. CEL's rules for errors: `&&` and `||` absorb one when the other side decides, everything else
// hands it on.
import type { Expression, ExpressionOf, Scalar } from '../../../crds/index.ts';
import { ABSENT, FALSE, NULL, OBJECT, TRUE } from '../json-scanner.ts';
import type { Compiler } from './compiler.ts';
import { comparison } from './comparison.ts';
import { fieldIn } from './field-comparison.ts';
import { type Condition, FAILED, MISSING, NO, YES } from './outcome.ts';
import { quantifier } from './macros.ts';
import { textCondition } from './text-condition.ts';
import { equal, Fault, faultCode, hasKey, isList, isMap, type Value } from './values.ts';

export function condition(expression: Expression, compiler: Compiler): Condition {
  switch (expression.kind) {
    case 'literal':
      return constant(expression.value === true ? YES : NO);
    case 'field':
      return truthOfField(expression, compiler);
    case 'and':
    case 'or':
      return junction(expression, compiler);
    case 'not': {
      const operand = compiler.condition(expression.operand);
      return (buffer) => {
        const value = operand(buffer);
        return value >= FAILED ? value : YES - value;
      };
    }
    case 'conditional': {
      const chooses = compiler.condition(expression.condition);
      const yes = compiler.condition(expression.yes);
      const no = compiler.condition(expression.no);
      return (buffer) => {
        const choice = chooses(buffer);
        return choice === YES ? yes(buffer) : choice === NO ? no(buffer) : choice;
      };
    }
    case 'compare':
      return comparison(expression, compiler);
    case 'in':
      return membership(expression, compiler);
    case 'hasField':
      return hasField(expression, compiler);
    case 'has':
      return has(expression, compiler);
    case 'macro':
      if (expression.type.kind === 'boolean') return quantifier(expression, compiler);
      return truth(compiler, expression);
    case 'call':
      return textCondition(expression, compiler) ?? truth(compiler, expression);
    case 'variable':
    case 'select':
    case 'index':
    case 'list':
    case 'map':
    case 'negate':
    case 'arithmetic':
    case 'asNumber':
      return truth(compiler, expression);
    default:
      return expression satisfies never;
  }
}

export function constant(outcome: number): Condition {
  switch (outcome) {
    case NO:
      return () => NO;
    case YES:
      return () => YES;
    case MISSING:
      return () => MISSING;
    default:
      return () => FAILED;
  }
}

/** What a value is as a condition. */
export function truthOf(value: Value, missing: number): number {
  return typeof value === 'boolean' ? (value ? YES : NO) : faultCode(value, missing);
}

function truth(compiler: Compiler, expression: Expression): Condition {
  const value = compiler.value(expression);
  const { missing } = compiler;
  return (buffer) => truthOf(value(buffer), missing);
}

function truthOfField({ path }: ExpressionOf<'field'>, compiler: Compiler): Condition {
  const { types } = compiler.slots;
  const field = compiler.slot(path);
  const { missing } = compiler;
  return () => {
    const type = types[field]!;
    return type === TRUE ? YES : type === FALSE ? NO : type <= NULL ? missing : FAILED;
  };
}

function junction(expression: ExpressionOf<'and' | 'or'>, compiler: Compiler): Condition {
  const left = compiler.condition(expression.left);
  const right = compiler.condition(expression.right);
  const decides = expression.kind === 'and' ? NO : YES;
  return (buffer) => {
    const first = left(buffer);
    if (first === decides) return decides;
    const second = right(buffer);
    return second === decides ? decides : first >= FAILED ? first : second;
  };
}

function hasField({ parent, path }: ExpressionOf<'hasField'>, compiler: Compiler): Condition {
  const { types } = compiler.slots;
  const field = compiler.slot(path);
  if (parent === null) return () => (types[field] === ABSENT ? NO : YES);
  const above = compiler.slot(parent);
  const { missing } = compiler;
  return () => {
    const type = types[above]!;
    if (type !== OBJECT) return type <= NULL ? missing : FAILED;
    return types[field] === ABSENT ? NO : YES;
  };
}

function has({ operand, name }: ExpressionOf<'has'>, compiler: Compiler): Condition {
  const value = compiler.value(operand);
  const { missing } = compiler;
  return (buffer) => {
    const map = value(buffer);
    if (isMap(map)) return hasKey(map, name) ? YES : NO;
    return faultCode(map, missing);
  };
}

function membership(expression: ExpressionOf<'in'>, compiler: Compiler): Condition {
  const { item, list } = expression;
  const scalars = scalarsOf(list);
  if (scalars !== null && item.kind === 'field') return fieldIn(item.path, scalars, compiler);
  if (scalars !== null && item.type.kind === 'number') return numberIn(item, scalars, compiler);
  const itemOf = compiler.value(item);
  const listOf = compiler.value(list);
  const { missing } = compiler;
  return (buffer) => {
    const one = itemOf(buffer);
    if (one instanceof Fault) return faultCode(one, missing);
    const all = listOf(buffer);
    if (isList(all)) {
      for (const other of all) {
        const same = equal(one, other);
        if (same !== false) return same === null ? FAILED : YES;
      }
      return NO;
    }
    if (isMap(all)) return hasKey(all, one) ? YES : NO;
    return faultCode(all, missing);
  };
}

function numberIn(item: Expression, scalars: readonly Scalar[], compiler: Compiler): Condition {
  const number = compiler.number(item);
  const list = Float64Array.from(scalars.filter((value) => typeof value === 'number'));
  return (buffer) => {
    const code = number.load(buffer);
    if (code !== 0) return code;
    const value = number.values[number.at]!;
    for (let i = 0; i < list.length; i++) if (list[i] === value) return YES;
    return NO;
  };
}

/** The literals of a list; null when there is anything else in it. */
function scalarsOf(list: Expression): readonly Scalar[] | null {
  if (list.kind !== 'list') return null;
  const values: Scalar[] = [];
  for (const item of list.items) {
    if (item.kind !== 'literal') return null;
    values.push(item.value);
  }
  return values;
}

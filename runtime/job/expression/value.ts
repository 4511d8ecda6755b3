// Expressions of any value: the general path, on JavaScript values. Fields are decoded only here.
import type { Expression, ExpressionOf } from '../../../crds/index.ts';
import { ABSENT, FALSE, NULL, NUMBER, STRING, TRUE } from '../json-scanner.ts';
import { callFunction } from './call.ts';
import type { Compiler, ValueOf } from './compiler.ts';
import { itemsOf } from './macros.ts';
import { MISSING, NO, YES } from './outcome.ts';
import { fieldText } from './text-field.ts';
import { sum } from './sum.ts';
import { ABSENCE, atKey, FAILURE, Fault, faultOf, hasKey, isList, isMap, type Value } from './values.ts';

export function value(expression: Expression, compiler: Compiler): ValueOf {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression;
      return () => value;
    }
    case 'field':
      return fieldValue(expression.path, compiler);
    case 'variable': {
      const cell = compiler.variable(expression.name);
      return () => cell.value;
    }
    case 'select':
      return select(expression, compiler);
    case 'index':
      return index(expression, compiler);
    case 'list': {
      const items = expression.items.map((item) => compiler.value(item));
      return (buffer) => {
        const list: Value[] = [];
        for (const item of items) {
          const one = item(buffer);
          if (one instanceof Fault) return one;
          list.push(one);
        }
        return list;
      };
    }
    case 'map':
      return map(expression, compiler);
    case 'not':
    case 'and':
    case 'or':
    case 'compare':
    case 'in':
    case 'hasField':
    case 'has':
      return conditionValue(expression, compiler);
    case 'negate':
    case 'asNumber':
      return numberValue(expression, compiler);
    case 'arithmetic':
      return expression.type.kind === 'number' ? numberValue(expression, compiler) : sum(expression, compiler);
    case 'conditional': {
      const chooses = compiler.condition(expression.condition);
      const yes = compiler.value(expression.yes);
      const no = compiler.value(expression.no);
      return (buffer) => {
        const choice = chooses(buffer);
        return choice === YES ? yes(buffer) : choice === NO ? no(buffer) : choice === MISSING ? ABSENCE : FAILURE;
      };
    }
    case 'macro':
      return expression.type.kind === 'boolean' ? conditionValue(expression, compiler) : itemsOf(expression, compiler);
    case 'call':
      return callFunction(expression, compiler);
    default:
      return expression satisfies never;
  }
}

function conditionValue(expression: Expression, compiler: Compiler): ValueOf {
  const condition = compiler.condition(expression);
  return (buffer) => {
    const outcome = condition(buffer);
    return outcome === YES ? true : outcome === NO ? false : outcome === MISSING ? ABSENCE : FAILURE;
  };
}

function numberValue(expression: Expression, compiler: Compiler): ValueOf {
  const { load, values, at } = compiler.number(expression);
  return (buffer) => {
    const code = load(buffer);
    return code === 0 ? values[at]! : code === MISSING ? ABSENCE : FAILURE;
  };
}

function fieldValue(path: string, compiler: Compiler): ValueOf {
  const { slots } = compiler;
  const { types, numbers } = slots;
  const field = compiler.slot(path);
  return (buffer) => {
    const type = types[field]!;
    switch (type) {
      case ABSENT:
        return ABSENCE;
      case NULL:
        return null;
      case FALSE:
      case TRUE:
        return type === TRUE;
      case NUMBER:
        return numbers[field]!;
      case STRING:
        return fieldText(slots, field, buffer);
      default:
        return JSON.parse(buffer.toString('utf8', slots.starts[field], slots.ends[field])) as Value;
    }
  };
}

function select({ operand, name }: ExpressionOf<'select'>, compiler: Compiler): ValueOf {
  const mapOf = compiler.value(operand);
  return (buffer) => {
    const map = mapOf(buffer);
    if (!isMap(map)) return faultOf(map);
    return hasKey(map, name) ? atKey(map, name) : ABSENCE;
  };
}

function index(expression: ExpressionOf<'index'>, compiler: Compiler): ValueOf {
  const valueOf = compiler.value(expression.operand);
  const indexOf = compiler.value(expression.index);
  return (buffer) => {
    const value = valueOf(buffer);
    if (value instanceof Fault) return value;
    const at = indexOf(buffer);
    if (at instanceof Fault) return at;
    if (isMap(value)) return hasKey(value, at) ? atKey(value, at) : ABSENCE;
    if (!isList(value)) return faultOf(value);
    if (typeof at !== 'number' || !Number.isInteger(at)) return faultOf(at);
    return value[at] ?? (at in value ? null : ABSENCE);
  };
}

function map({ entries }: ExpressionOf<'map'>, compiler: Compiler): ValueOf {
  const parts = entries.map(([key, value]) => [compiler.value(key), compiler.value(value)] as const);
  return (buffer) => {
    const found = new Map<Value, Value>();
    for (const [keyOf, valueOf] of parts) {
      const key = keyOf(buffer);
      if (key instanceof Fault) return key;
      if (typeof key !== 'string' && typeof key !== 'number' && typeof key !== 'boolean') return faultOf(key);
      const value = valueOf(buffer);
      if (value instanceof Fault) return value;
      found.set(key, value);
    }
    return found;
  };
}

// Comparisons of fields with literals and with each other: the usual filter. They read slots and bytes and allocate nothing.
import type { ComparisonOperator, Scalar } from '../../../crds/index.ts';
import { ABSENT, FALSE, NULL, NUMBER, OBJECT, STRING, TRUE } from '../json-scanner.ts';
import type { Compiler } from './compiler.ts';
import { type Condition, FAILED, NO, YES } from './outcome.ts';
import { TextField } from './text-field.ts';

/** The operator with its sides swapped. */
export const SWAPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

export function isEquality(operator: ComparisonOperator): boolean {
  return operator === '==' || operator === '!=';
}

/** Whether an order of −1, 0, 1, or NaN (values without one), makes the operator true. */
export function holds(operator: ComparisonOperator, order: number): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      return operator satisfies never;
  }
}

/** What the operator says of the orders −1, 0, 1 and none: index order + 1, and `NO_ORDER`. */
export function outcomes(operator: ComparisonOperator): Uint8Array {
  return Uint8Array.of(...[-1, 0, 1, Number.NaN].map((order) => (holds(operator, order) ? YES : NO)));
}

/** Index in `outcomes` of two numbers of which one is NaN. */
export const NO_ORDER = 3;

/** What the operator says of a value of a type that it cannot be: equality knows the answer, an order is an error. */
function mismatch(operator: ComparisonOperator, missing: number): Uint8Array {
  const byType = new Uint8Array(8).fill(operator === '==' ? NO : operator === '!=' ? YES : FAILED);
  byType[ABSENT] = missing;
  if (!isEquality(operator)) byType[NULL] = missing;
  return byType;
}

export function compareWithLiteral(
  operator: ComparisonOperator,
  path: string,
  literal: Scalar,
  compiler: Compiler,
): Condition {
  const { types, numbers } = compiler.slots;
  const field = compiler.slot(path);
  const table = outcomes(operator);
  const others = mismatch(operator, compiler.missing);
  if (typeof literal === 'number') {
    return () => {
      const type = types[field]!;
      if (type !== NUMBER) return others[type]!;
      const value = numbers[field]!;
      return table[value < literal ? 0 : value > literal ? 2 : 1]!;
    };
  }
  if (typeof literal === 'string') {
    const text = new TextField(compiler.slots, field);
    const bytes = Buffer.from(literal);
    const same = table[1]!;
    const different = YES - same;
    if (isEquality(operator)) {
      return (buffer) => {
        const type = types[field]!;
        if (type !== STRING) return others[type]!;
        text.load(buffer);
        return text.equals(bytes) ? same : different;
      };
    }
    return (buffer) => {
      const type = types[field]!;
      if (type !== STRING) return others[type]!;
      text.load(buffer);
      return table[text.compare(bytes, 0, bytes.length) + 1]!;
    };
  }
  if (literal === null) {
    return () => {
      const type = types[field]!;
      return type === NULL ? table[1]! : others[type]!;
    };
  }
  return () => {
    const type = types[field]!;
    if (type !== TRUE && type !== FALSE) return others[type]!;
    const value = type === TRUE;
    return table[value === literal ? 1 : value ? 2 : 0]!;
  };
}

/** `whole` compares what is an object or a list on both sides. */
export function compareFields(
  operator: ComparisonOperator,
  { left, right, whole }: { left: string; right: string; whole: Condition },
  compiler: Compiler,
): Condition {
  const { slots } = compiler;
  const { types, numbers } = slots;
  const a = compiler.slot(left);
  const b = compiler.slot(right);
  const table = outcomes(operator);
  const others = mismatch(operator, compiler.missing);
  const leftText = new TextField(slots, a);
  const rightText = new TextField(slots, b);
  return (buffer) => {
    const type = types[a]!;
    const rightType = types[b]!;
    if (type === NUMBER && rightType === NUMBER) {
      const x = numbers[a]!;
      const y = numbers[b]!;
      return table[x < y ? 0 : x > y ? 2 : 1]!;
    }
    // An error that comes from what is missing stays one, whatever the other side is.
    if (type <= NULL || rightType <= NULL) {
      if (type === ABSENT || rightType === ABSENT) return others[ABSENT]!;
      return type === rightType && isEquality(operator) ? table[1]! : others[NULL]!;
    }
    const leftTruth = type === TRUE || type === FALSE;
    if (leftTruth && (rightType === TRUE || rightType === FALSE)) {
      return table[type === rightType ? 1 : type === TRUE ? 2 : 0]!;
    }
    if (type !== rightType) return others[type]!;
    if (type === STRING) {
      leftText.load(buffer);
      rightText.load(buffer);
      return table[leftText.compare(rightText.bytes, rightText.start, rightText.end) + 1]!;
    }
    return type >= OBJECT && isEquality(operator) ? whole(buffer) : FAILED;
  };
}

/** Whether a field equals one of these. */
export function fieldIn(path: string, list: readonly Scalar[], compiler: Compiler): Condition {
  const { types, numbers } = compiler.slots;
  const field = compiler.slot(path);
  const text = new TextField(compiler.slots, field);
  const texts = list.filter((value) => typeof value === 'string').map((value) => Buffer.from(value));
  const values = Float64Array.from(list.filter((value) => typeof value === 'number'));
  const others = new Uint8Array(8).fill(NO);
  others[ABSENT] = compiler.missing;
  if (list.includes(null)) others[NULL] = YES;
  if (list.includes(true)) others[TRUE] = YES;
  if (list.includes(false)) others[FALSE] = YES;
  return (buffer) => {
    const type = types[field]!;
    if (type === STRING) {
      text.load(buffer);
      for (let i = 0; i < texts.length; i++) if (text.equals(texts[i]!)) return YES;
      return NO;
    }
    if (type === NUMBER) {
      const value = numbers[field]!;
      for (let i = 0; i < values.length; i++) if (values[i] === value) return YES;
      return NO;
    }
    return others[type]!;
  };
}

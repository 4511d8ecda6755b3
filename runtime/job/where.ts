// A filter compiled to closures over the scanner's fields. CEL's rules: a missing field or a comparison that has no meaning is an
// error, `&&` and `||` absorb an error when the other side decides, and an error of the whole means "does not match".
import type { Predicate, Operand, Scalar } from '../../crds/index.ts';
import { unescapeJson } from './json-bytes.ts';
import { ABSENT, ARRAY, FALSE, type JsonScanner, NULL, NUMBER, OBJECT, STRING, TRUE } from './json-scanner.ts';

// Values of a condition.
export const NO = 0;
export const YES = 1;
export const FAILED = 2;

/** `NO`, `YES` or `FAILED` for the record that was scanned last, in `buffer`. */
export type Evaluate = (buffer: Buffer) => number;

type ComparisonOperator = Extract<Predicate, { kind: 'compare' }>['operator'];

const SWAPPED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** Compiles what came from `parseWhere`; the scanner must read all of its fields. */
export function compilePredicate(predicate: Predicate, scanner: JsonScanner): Evaluate {
  switch (predicate.kind) {
    case 'and':
    case 'or': {
      const left = compilePredicate(predicate.left, scanner);
      const right = compilePredicate(predicate.right, scanner);
      const decides = predicate.kind === 'and' ? NO : YES;
      return (buffer) => {
        const first = left(buffer);
        if (first === decides) return decides;
        const second = right(buffer);
        return second === decides ? decides : first === FAILED ? FAILED : second;
      };
    }
    case 'not': {
      const operand = compilePredicate(predicate.operand, scanner);
      return (buffer) => {
        const value = operand(buffer);
        return value === FAILED ? FAILED : YES - value;
      };
    }
    case 'truth':
      return compileTruth(predicate.operand, scanner);
    case 'has': {
      const { types } = scanner;
      const parent = indexOf(scanner, predicate.parent);
      const field = indexOf(scanner, predicate.path);
      return () => (types[parent] !== OBJECT ? FAILED : types[field] === ABSENT ? NO : YES);
    }
    case 'in':
      return compileIn(predicate.item, predicate.list, scanner);
    case 'compare': {
      const { left, right, operator } = predicate;
      if (left.kind === 'field' && right.kind === 'field')
        return compareFields(operator, [left.path, right.path], scanner);
      if (left.kind === 'field' && right.kind === 'literal')
        return compareField(operator, left.path, right.value, scanner);
      if (left.kind === 'literal' && right.kind === 'field')
        return compareField(SWAPPED[operator], right.path, left.value, scanner);
      return constant(
        left.kind === 'literal' && right.kind === 'literal' && holds(operator, orderOf(left.value, right.value)),
      );
    }
    default:
      return predicate satisfies never;
  }
}

function indexOf(scanner: JsonScanner, path: string): number {
  const index = scanner.paths.indexOf(path);
  if (index < 0) throw new Error(`The scanner does not read ${path}, which the filter needs.`);
  return index;
}

function constant(value: boolean): Evaluate {
  return value ? () => YES : () => NO;
}

function compileTruth(operand: Operand, scanner: JsonScanner): Evaluate {
  if (operand.kind === 'literal') return constant(operand.value === true);
  const { types } = scanner;
  const field = indexOf(scanner, operand.path);
  return () => {
    const type = types[field];
    return type === TRUE ? YES : type === FALSE ? NO : FAILED;
  };
}

function compileIn(item: Operand, list: readonly Scalar[], scanner: JsonScanner): Evaluate {
  if (item.kind === 'literal') return constant(list.some((value) => orderOf(item.value, value) === 0));
  const equals = list.map((value) => compareField('==', item.path, value, scanner));
  const { types } = scanner;
  const field = indexOf(scanner, item.path);
  return (buffer) => {
    if (types[field] === ABSENT) return FAILED;
    for (let i = 0; i < equals.length; i++) if (equals[i]!(buffer) === YES) return YES;
    return NO;
  };
}

/** −1, 0, 1, or NaN for values of different types (never equal, without an order). */
function orderOf(left: Scalar, right: Scalar): number {
  if (left === right) return 0;
  if (left === null || right === null || typeof left !== typeof right) return Number.NaN;
  if (typeof left === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(String(right)));
  return left < right ? -1 : 1;
}

function holds(operator: ComparisonOperator, order: number): boolean {
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

/** Which of the orders −1, 0, 1 make the operator true: index order + 1. */
function outcomes(operator: ComparisonOperator): Uint8Array {
  return Uint8Array.of(...[-1, 0, 1].map((order) => (holds(operator, order) ? YES : NO)));
}

/** What the operator says of two values of different types: equality knows the answer, an order is an error. */
function mismatch(operator: ComparisonOperator): number {
  return operator === '==' ? NO : operator === '!=' ? YES : FAILED;
}

function compareField(operator: ComparisonOperator, path: string, literal: Scalar, scanner: JsonScanner): Evaluate {
  const { types, numbers } = scanner;
  const field = indexOf(scanner, path);
  const table = outcomes(operator);
  const other = mismatch(operator);
  const otherType = (type: number): number => (type === ABSENT ? FAILED : other);
  if (typeof literal === 'number') {
    return () => {
      const type = types[field]!;
      if (type !== NUMBER) return otherType(type);
      const value = numbers[field]!;
      return table[value < literal ? 0 : value > literal ? 2 : 1]!;
    };
  }
  if (typeof literal === 'string') {
    const text = new TextField(scanner, field);
    const bytes = Buffer.from(literal);
    return (buffer) => {
      const type = types[field]!;
      if (type !== STRING) return otherType(type);
      text.load(buffer);
      return table[compareBytes(text.bytes, text.start, text.end, bytes) + 1]!;
    };
  }
  if (literal === null) {
    return () => {
      const type = types[field]!;
      return type === NULL ? table[1]! : otherType(type);
    };
  }
  return () => {
    const type = types[field]!;
    if (type !== TRUE && type !== FALSE) return otherType(type);
    const value = type === TRUE;
    return table[value === literal ? 1 : value ? 2 : 0]!;
  };
}

function compareFields(
  operator: ComparisonOperator,
  [left, right]: readonly [string, string],
  scanner: JsonScanner,
): Evaluate {
  const { types, numbers } = scanner;
  const a = indexOf(scanner, left);
  const b = indexOf(scanner, right);
  const table = outcomes(operator);
  const other = mismatch(operator);
  const leftText = new TextField(scanner, a);
  const rightText = new TextField(scanner, b);
  return (buffer) => {
    const type = types[a]!;
    const rightType = types[b]!;
    if (type === ABSENT || rightType === ABSENT) return FAILED;
    const leftTruth = type === TRUE || type === FALSE;
    if (leftTruth && (rightType === TRUE || rightType === FALSE)) {
      return table[type === rightType ? 1 : type === TRUE ? 2 : 0]!;
    }
    if (type !== rightType) return other;
    if (type === NUMBER) {
      const x = numbers[a]!;
      const y = numbers[b]!;
      return table[x < y ? 0 : x > y ? 2 : 1]!;
    }
    if (type === STRING) {
      leftText.load(buffer);
      rightText.load(buffer);
      return table[compareBytes(leftText.bytes, leftText.start, leftText.end, rightText.view()) + 1]!;
    }
    // Null equals null; whole objects and lists are not compared.
    if (type === OBJECT || type === ARRAY) return FAILED;
    return operator === '==' || operator === '!=' ? table[1]! : FAILED;
  };
}

/** The decoded bytes of a text field: where they lie in the record, or decoded when the record has escapes. */
class TextField {
  bytes: Buffer = Buffer.alloc(0);
  start = 0;
  end = 0;
  private readonly scanner: JsonScanner;
  private readonly field: number;
  private scratch = Buffer.alloc(64);

  constructor(scanner: JsonScanner, field: number) {
    this.scanner = scanner;
    this.field = field;
  }

  load(buffer: Buffer): void {
    const start = this.scanner.starts[this.field]!;
    const end = this.scanner.ends[this.field]!;
    if (this.scanner.escaped[this.field] === 0) {
      this.bytes = buffer;
      this.start = start;
      this.end = end;
      return;
    }
    if (end - start > this.scratch.length) this.scratch = Buffer.alloc((end - start) * 2);
    this.bytes = this.scratch;
    this.start = 0;
    this.end = unescapeJson(buffer, start, end, { to: this.scratch, at: 0 });
  }

  view(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }
}

/** Order of `from[start, end)` and `other`, byte by byte: for UTF-8 that is the order of code points. */
function compareBytes(from: Buffer, start: number, end: number, other: Buffer): number {
  const size = end - start;
  const common = size < other.length ? size : other.length;
  for (let i = 0; i < common; i++) {
    const x = from[start + i]!;
    const y = other[i]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return size < other.length ? -1 : size > other.length ? 1 : 0;
}

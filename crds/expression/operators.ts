// The operators of expressions: which types they take and what they give. What no record could make sense of is refused.
import type { ArithmeticOperator, ComparisonOperator, Expression } from './expression.ts';
import { Refusal } from './refusal.ts';
import {
  ANY,
  BOOLEAN,
  comparable,
  DURATION,
  holdsTime,
  inWords,
  join,
  NUMBER,
  TEXT,
  TIMESTAMP,
  type ValueType,
} from './value-type.ts';

/** The expression, when it can be true or false. */
export function requireCondition(expression: Expression): Expression {
  const { kind } = expression.type;
  // A sum of unknowns is anything but true or false.
  if (kind === 'boolean' || (kind === 'any' && expression.kind !== 'arithmetic')) return expression;
  const what =
    expression.kind === 'literal'
      ? JSON.stringify(expression.value)
      : kind === 'any'
        ? 'the result of +'
        : inWords(expression.type);
  throw new Refusal(`a condition must be true or false, not ${what},`, expression);
}

/** The expression, when it can be a number. */
export function requireNumber(expression: Expression, operator: string): Expression {
  const { kind } = expression.type;
  if (kind === 'number' || kind === 'any') return expression;
  throw new Refusal(`${operator} takes numbers, not ${inWords(expression.type)},`, expression);
}

export function comparison(operator: ComparisonOperator, left: Expression, right: Expression): Expression {
  const position = left.position;
  if (operator !== '==' && operator !== '!=') {
    for (const operand of [left, right]) {
      if (['null', 'list', 'map'].includes(operand.type.kind))
        throw new Refusal(`${inWords(operand.type)} has no order: ${operator} cannot compare it`, operand);
    }
  }
  if (!comparable(left.type, right.type)) {
    const [one, other] = [shown(left), shown(right)];
    throw new Refusal(`${operator} cannot compare ${one} with ${other}`, left);
  }
  return { kind: 'compare', operator, left, right, type: BOOLEAN, position };
}

export function arithmetic(operator: ArithmeticOperator, left: Expression, right: Expression): Expression {
  const type = operator === '+' ? sumType(left, right) : operator === '-' ? differenceType(left, right) : null;
  if (type === null) {
    requireNumber(left, operator);
    requireNumber(right, operator);
  }
  return { kind: 'arithmetic', operator, left, right, type: type ?? NUMBER, position: left.position };
}

/** The type of a sum; null when it can only be a number, if anything. */
function sumType(left: Expression, right: Expression): ValueType | null {
  const [a, b] = [left.type, right.type];
  const times = a.kind === 'timestamp' || a.kind === 'duration' || b.kind === 'timestamp' || b.kind === 'duration';
  if (times) {
    if (a.kind === 'duration' && b.kind === 'duration') return DURATION;
    if ((a.kind === 'timestamp' && b.kind === 'duration') || (a.kind === 'duration' && b.kind === 'timestamp'))
      return TIMESTAMP;
    throw cannot('add', left, right);
  }
  for (const one of [left, right]) {
    if (!['any', 'number', 'text', 'list'].includes(one.type.kind))
      throw new Refusal(`+ takes numbers, text, lists or times, not ${inWords(one.type)},`, one);
  }
  if (a.kind === 'any' && b.kind === 'any') return ANY;
  if (a.kind !== 'any' && b.kind !== 'any' && a.kind !== b.kind) throw cannot('add', left, right);
  if (a.kind === 'number' || b.kind === 'number') return null;
  if (a.kind === 'text' || b.kind === 'text') return TEXT;
  const joined = join(
    a.kind === 'any' ? { kind: 'list', element: ANY } : a,
    b.kind === 'any' ? { kind: 'list', element: ANY } : b,
  );
  if (joined === null) throw cannot('add', left, right);
  return joined;
}

/** The type of a difference; null when it can only be a number, if anything. */
function differenceType(left: Expression, right: Expression): ValueType | null {
  const [a, b] = [left.type.kind, right.type.kind];
  if (!holdsTime(left.type) && !holdsTime(right.type)) return null;
  if (a === 'timestamp' && b === 'timestamp') return DURATION;
  if (a === 'timestamp' && b === 'duration') return TIMESTAMP;
  if (a === 'duration' && b === 'duration') return DURATION;
  throw cannot('subtract', left, right);
}

export function membership(item: Expression, list: Expression): Expression {
  const { type } = list;
  if (type.kind === 'text')
    throw new Refusal(
      'in needs a list or a map on its right, not text: to look for text in text write b.contains(a),',
      list,
    );
  if (type.kind !== 'list' && type.kind !== 'map' && type.kind !== 'any')
    throw new Refusal(`in needs a list or a map on its right, not ${inWords(type)},`, list);
  const isEmpty = list.kind === 'list' && list.items.length === 0;
  if (type.kind === 'list' && !isEmpty && !comparable(item.type, type.element))
    throw new Refusal(`in cannot find ${inWords(item.type)} in a list of ${shownElement(type.element)}`, item);
  if (type.kind !== 'list' && !['any', 'text', 'number', 'boolean'].includes(item.type.kind))
    throw new Refusal(`in cannot find ${inWords(item.type)} in ${type.kind === 'map' ? 'a map' : 'a field'}`, item);
  return { kind: 'in', item, list, type: BOOLEAN, position: item.position };
}

export function conditional(condition: Expression, yes: Expression, no: Expression): Expression {
  const type = join(yes.type, no.type);
  if (type === null) throw new Refusal(`?: must not choose between ${inWords(yes.type)} and ${inWords(no.type)}`, yes);
  return { kind: 'conditional', condition: requireCondition(condition), yes, no, type, position: condition.position };
}

function cannot(what: string, left: Expression, right: Expression): Refusal {
  return new Refusal(
    what === 'add'
      ? `+ cannot add ${inWords(left.type)} and ${inWords(right.type)}`
      : `- cannot subtract ${inWords(right.type)} from ${inWords(left.type)}`,
    left,
  );
}

function shown(expression: Expression): string {
  return expression.kind === 'literal' ? JSON.stringify(expression.value) : inWords(expression.type);
}

function shownElement(type: ValueType): string {
  return (
    { number: 'numbers', text: 'texts', timestamp: 'timestamps', duration: 'durations' }[type.kind as string] ??
    `such as ${inWords(type)}`
  );
}

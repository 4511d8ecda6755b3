// Expressions that are numbers: plain doubles handed from closure to closure. A fault makes NaN, which arithmetic carries on by itself;
// what kind of fault it was stands in `Run`.
import type { ArithmeticOperator, Expression, ExpressionOf } from '../../../crds/index.ts';
import { ARRAY, NULL, NUMBER, STRING } from '../json-scanner.ts';
import type { Compiler, NumberOf } from './compiler.ts';
import { MATH, roundToInteger } from './math.ts';
import { FAILED, MISSING, NO, YES } from './outcome.ts';
import { TextField } from './text-field.ts';
import { Fault } from './values.ts';

export function number(expression: Expression, compiler: Compiler): NumberOf {
  switch (expression.kind) {
    case 'literal':
      return literal(expression, compiler);
    case 'field':
      return fieldNumber(expression.path, compiler);
    case 'asNumber':
      return compiler.number(expression.operand);
    case 'negate': {
      const operand = compiler.number(expression.operand);
      // A zero stays the zero that JSON has.
      return (buffer) => 0 - operand(buffer);
    }
    case 'arithmetic':
      return arithmetic(expression.operator, compiler.number(expression.left), compiler.number(expression.right));
    case 'conditional': {
      const chooses = compiler.condition(expression.condition);
      const yes = compiler.number(expression.yes);
      const no = compiler.number(expression.no);
      const { run } = compiler;
      return (buffer) => {
        const choice = chooses(buffer);
        return choice === YES ? yes(buffer) : choice === NO ? no(buffer) : run.fail(choice);
      };
    }
    case 'call':
      return call(expression, compiler);
    case 'variable':
    case 'select':
    case 'index':
    case 'list':
    case 'map':
    case 'not':
    case 'compare':
    case 'in':
    case 'and':
    case 'or':
    case 'hasField':
    case 'has':
    case 'macro':
      return numberValue(expression, compiler);
    default:
      return expression satisfies never;
  }
}

function literal({ value }: ExpressionOf<'literal'>, { run, missing }: Compiler): NumberOf {
  if (typeof value === 'number') return () => value;
  const code = value === null ? missing : FAILED;
  return () => run.fail(code);
}

function numberValue(expression: Expression, compiler: Compiler): NumberOf {
  const value = compiler.value(expression);
  const { run, missing } = compiler;
  return (buffer) => {
    const found = value(buffer);
    if (typeof found === 'number') return found;
    if (found instanceof Fault) return run.fail(found.code === MISSING ? missing : FAILED);
    return run.fail(found === null ? missing : FAILED);
  };
}

function fieldNumber(path: string, compiler: Compiler): NumberOf {
  const { types, numbers } = compiler.slots;
  const field = compiler.slot(path);
  const { run, missing } = compiler;
  return () => {
    const type = types[field]!;
    return type === NUMBER ? numbers[field]! : run.fail(type <= NULL ? missing : FAILED);
  };
}

function arithmetic(operator: ArithmeticOperator, left: NumberOf, right: NumberOf): NumberOf {
  switch (operator) {
    case '+':
      return (buffer) => left(buffer) + right(buffer);
    case '-':
      return (buffer) => left(buffer) - right(buffer);
    case '*':
      return (buffer) => left(buffer) * right(buffer);
    case '/':
      return (buffer) => left(buffer) / right(buffer);
    case '%':
      return (buffer) => left(buffer) % right(buffer);
    default:
      return operator satisfies never;
  }
}

function call(expression: ExpressionOf<'call'>, compiler: Compiler): NumberOf {
  const { name, args } = expression;
  const [first, ...more] = args;
  if (first === undefined) return numberValue(expression, compiler);
  if (name === 'size' && first.kind === 'field') return sizeOfField(expression, first.path, compiler);
  const unary = MATH.get(name);
  if (unary !== undefined) {
    const operand = compiler.number(first);
    return (buffer) => unary(operand(buffer));
  }
  if (name === 'int') return integer(expression, first, compiler);
  if ((name === 'math.greatest' || name === 'math.least') && more.length > 0) {
    const choose = name === 'math.greatest' ? Math.max : Math.min;
    return args
      .map((argument) => compiler.number(argument))
      .reduce<NumberOf>(
        (chosen, next) => (buffer) => choose(chosen(buffer), next(buffer)),
        name === 'math.greatest' ? () => Number.NEGATIVE_INFINITY : () => Number.POSITIVE_INFINITY,
      );
  }
  return numberValue(expression, compiler);
}

/** `int(x)`: without an object when x is a number. */
function integer(expression: Expression, argument: Expression, compiler: Compiler): NumberOf {
  const { run } = compiler;
  const exact = (value: number): number => {
    const whole = roundToInteger(value);
    return Number.isNaN(whole) ? run.fail(FAILED) : whole;
  };
  if (argument.type.kind === 'number') {
    const operand = compiler.number(argument);
    return (buffer) => exact(operand(buffer));
  }
  const other = numberValue(expression, compiler);
  if (argument.kind !== 'field') return other;
  const { types, numbers } = compiler.slots;
  const field = compiler.slot(argument.path);
  return (buffer) => (types[field] === NUMBER ? exact(numbers[field]!) : other(buffer));
}

function sizeOfField(expression: Expression, path: string, compiler: Compiler): NumberOf {
  const { types } = compiler.slots;
  const field = compiler.slot(path);
  const text = new TextField(compiler.slots, field);
  const whole = numberValue(expression, compiler);
  const { run, missing } = compiler;
  return (buffer) => {
    const type = types[field]!;
    if (type === STRING) {
      text.load(buffer);
      return text.size();
    }
    if (type > STRING && type <= ARRAY) return whole(buffer);
    return run.fail(type <= NULL ? missing : FAILED);
  };
}

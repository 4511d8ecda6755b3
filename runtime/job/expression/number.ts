// Expressions that are numbers, without an object for any of them.
import type { Expression, ExpressionOf } from '../../../crds/index.ts';
import { ARRAY, NULL, NUMBER, STRING } from '../json-scanner.ts';
import { arithmetic, integerOf, least, mathOf } from './arithmetic.ts';
import type { Compiler, NumberPart } from './compiler.ts';
import { FAILED, NO, YES } from './outcome.ts';
import { TextField } from './text-field.ts';
import { faultCode } from './values.ts';

export function number(expression: Expression, compiler: Compiler): NumberPart {
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
      return arithmetic('-', { load: () => 0, values: new Float64Array(1), at: 0 }, operand);
    }
    case 'arithmetic':
      return arithmetic(expression.operator, compiler.number(expression.left), compiler.number(expression.right));
    case 'conditional':
      return conditional(expression, compiler);
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

function literal({ value }: ExpressionOf<'literal'>, { missing }: Compiler): NumberPart {
  const code = typeof value === 'number' ? 0 : value === null ? missing : FAILED;
  return { load: () => code, values: Float64Array.of(Number(value)), at: 0 };
}

/** A number where it lies. */
function fieldNumber(path: string, compiler: Compiler): NumberPart {
  const { types, numbers } = compiler.slots;
  const field = compiler.slot(path);
  const { missing } = compiler;
  return {
    load: () => {
      const type = types[field]!;
      return type === NUMBER ? 0 : type <= NULL ? missing : FAILED;
    },
    values: numbers,
    at: field,
  };
}

function numberValue(expression: Expression, compiler: Compiler): NumberPart {
  const value = compiler.value(expression);
  const { missing } = compiler;
  const values = new Float64Array(1);
  return {
    load: (buffer) => {
      const found = value(buffer);
      if (typeof found !== 'number') return faultCode(found, missing);
      values[0] = found;
      return 0;
    },
    values,
    at: 0,
  };
}

function conditional({ condition, yes, no }: ExpressionOf<'conditional'>, compiler: Compiler): NumberPart {
  const chooses = compiler.condition(condition);
  const [one, other] = [compiler.number(yes), compiler.number(no)];
  const values = new Float64Array(1);
  return {
    load: (buffer) => {
      const choice = chooses(buffer);
      if (choice !== YES && choice !== NO) return choice;
      const chosen = choice === YES ? one : other;
      const code = chosen.load(buffer);
      values[0] = chosen.values[chosen.at]!;
      return code;
    },
    values,
    at: 0,
  };
}

function call(expression: ExpressionOf<'call'>, compiler: Compiler): NumberPart {
  const { name, args } = expression;
  const [first] = args;
  if (first === undefined) return numberValue(expression, compiler);
  if (name === 'size' && first.kind === 'field') return sizeOfField(expression, first.path, compiler);
  if (name === 'int') return integer(expression, first, compiler);
  const math = mathOf(name, () => compiler.number(first));
  if (math !== null) return math;
  if ((name === 'math.greatest' || name === 'math.least') && args.length > 1) {
    return args
      .map((argument) => compiler.number(argument))
      .reduce((chosen, next) => least(name === 'math.least', chosen, next));
  }
  return numberValue(expression, compiler);
}

/** `int(x)`: a text is read the long way. */
function integer(expression: Expression, argument: Expression, compiler: Compiler): NumberPart {
  if (argument.type.kind === 'number') return integerOf(compiler.number(argument));
  const other = numberValue(expression, compiler);
  if (argument.kind !== 'field') return other;
  const direct = integerOf(compiler.number(argument));
  const { types } = compiler.slots;
  const field = compiler.slot(argument.path);
  const values = new Float64Array(1);
  return {
    load: (buffer) => {
      const chosen = types[field] === NUMBER ? direct : other;
      const code = chosen.load(buffer);
      values[0] = chosen.values[chosen.at]!;
      return code;
    },
    values,
    at: 0,
  };
}

function sizeOfField(expression: Expression, path: string, compiler: Compiler): NumberPart {
  const { types } = compiler.slots;
  const field = compiler.slot(path);
  const text = new TextField(compiler.slots, field);
  const whole = numberValue(expression, compiler);
  const { missing } = compiler;
  const { values } = whole;
  return {
    load: (buffer) => {
      const type = types[field]!;
      if (type === STRING) {
        text.load(buffer);
        values[0] = text.size();
        return 0;
      }
      if (type > STRING && type <= ARRAY) return whole.load(buffer);
      return type <= NULL ? missing : FAILED;
    },
    values,
    at: 0,
  };
}

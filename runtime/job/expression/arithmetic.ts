// Arithmetic and math over numbers. One closure for each operator: what is called through a variable would return an object.
import type { ArithmeticOperator } from '../../../crds/index.ts';
import type { NumberPart } from './compiler.ts';
import { round } from './math.ts';
import { FAILED } from './outcome.ts';

/** The right side is not looked at when there is no left one. */
export function arithmetic(operator: ArithmeticOperator, left: NumberPart, right: NumberPart): NumberPart {
  const values = new Float64Array(1);
  const { load: loadLeft, values: xs, at: x } = left;
  const { load: loadRight, values: ys, at: y } = right;
  const part = (compute: () => void): NumberPart => ({
    load: (buffer) => {
      const code = loadLeft(buffer);
      if (code !== 0) return code;
      const other = loadRight(buffer);
      if (other === 0) compute();
      return other;
    },
    values,
    at: 0,
  });
  switch (operator) {
    case '+':
      return part(() => void (values[0] = xs[x]! + ys[y]!));
    case '-':
      return part(() => void (values[0] = xs[x]! - ys[y]!));
    case '*':
      return part(() => void (values[0] = xs[x]! * ys[y]!));
    case '/':
      return part(() => void (values[0] = xs[x]! / ys[y]!));
    case '%':
      return part(() => void (values[0] = xs[x]! % ys[y]!));
    default:
      return operator satisfies never;
  }
}

/** The lesser of two, or the greater. */
export function least(isLeast: boolean, left: NumberPart, right: NumberPart): NumberPart {
  const values = new Float64Array(1);
  return {
    load: (buffer) => {
      const code = left.load(buffer);
      if (code !== 0) return code;
      const other = right.load(buffer);
      if (other !== 0) return other;
      const x = left.values[left.at]!;
      const y = right.values[right.at]!;
      values[0] = isLeast ? Math.min(x, y) : Math.max(x, y);
      return 0;
    },
    values,
    at: 0,
  };
}

/** Without its fraction; a fault when it is no integer that a double holds exactly. */
export function integerOf({ load, values: from, at }: NumberPart): NumberPart {
  const values = new Float64Array(1);
  return {
    load: (buffer) => {
      const code = load(buffer);
      if (code !== 0) return code;
      const whole = Math.trunc(from[at]!);
      if (!Number.isSafeInteger(whole)) return FAILED;
      values[0] = whole + 0;
      return 0;
    },
    values,
    at: 0,
  };
}

/** A function of one number; null when `name` is none. */
export function mathOf(name: string, argument: () => NumberPart): NumberPart | null {
  const values = new Float64Array(1);
  const part = (make: (from: Float64Array, at: number) => () => void): NumberPart => {
    const { load, values: from, at } = argument();
    const compute = make(from, at);
    return {
      load: (buffer) => {
        const code = load(buffer);
        if (code === 0) compute();
        return code;
      },
      values,
      at: 0,
    };
  };
  switch (name) {
    case 'math.abs':
      return part((from, at) => () => void (values[0] = Math.abs(from[at]!)));
    case 'math.ceil':
      return part((from, at) => () => void (values[0] = Math.ceil(from[at]!)));
    case 'math.floor':
      return part((from, at) => () => void (values[0] = Math.floor(from[at]!)));
    case 'math.round':
      return part((from, at) => () => void (values[0] = round(from[at]!)));
    case 'math.trunc':
      return part((from, at) => () => void (values[0] = Math.trunc(from[at]!)));
    case 'math.sign':
      return part((from, at) => () => void (values[0] = Math.sign(from[at]!)));
    case 'math.sqrt':
      return part((from, at) => () => void (values[0] = Math.sqrt(from[at]!)));
    default:
      return null;
  }
}

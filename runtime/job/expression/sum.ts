// `+` and `-` of what is not known to be numbers: texts, lists and times.
import type { ExpressionOf } from '../../../crds/index.ts';
import { MAX_TIMESTAMP_MS, MIN_TIMESTAMP_MS } from '../../../crds/index.ts';
import type { Compiler, ValueOf } from './compiler.ts';
import { textWithin } from './texts.ts';
import { Duration, FAILURE, Fault, faultOf, isList, Timestamp, type Value } from './values.ts';

/** Most items of a list that an expression makes. */
const MAX_ITEMS = 1_000_000;

export function sum({ operator, left, right }: ExpressionOf<'arithmetic'>, compiler: Compiler): ValueOf {
  const leftOf = compiler.value(left);
  const rightOf = compiler.value(right);
  const combine = operator === '-' ? difference : add;
  return (buffer) => {
    const a = leftOf(buffer);
    if (a instanceof Fault) return a;
    const b = rightOf(buffer);
    return b instanceof Fault ? b : combine(a, b);
  };
}

export function add(a: Value, b: Value): Value {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (typeof a === 'string' && typeof b === 'string') return textWithin(a.length + b.length, () => a + b);
  if (isList(a) && isList(b)) return a.length + b.length > MAX_ITEMS ? FAILURE : [...a, ...b];
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.ms + b.ms);
  if (a instanceof Duration && b instanceof Timestamp) return timestamp(a.ms + b.ms);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms + b.ms);
  return a === null ? faultOf(a) : faultOf(b);
}

export function difference(a: Value, b: Value): Value {
  if (a instanceof Timestamp && b instanceof Timestamp) return new Duration(a.ms - b.ms);
  if (a instanceof Timestamp && b instanceof Duration) return timestamp(a.ms - b.ms);
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.ms - b.ms);
  return a === null ? faultOf(a) : faultOf(b);
}

/** Within the years 1 to 9999. */
export function timestamp(ms: number): Value {
  return ms >= MIN_TIMESTAMP_MS && ms < MAX_TIMESTAMP_MS + 1 ? new Timestamp(ms) : FAILURE;
}

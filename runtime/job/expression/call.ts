// Functions by name, over values. Arguments have the kinds of the table of functions when an implementation gets them.
import {
  compilePattern,
  durationTextMs,
  type ExpressionOf,
  FUNCTIONS,
  type TypeKind,
  timestampMs,
} from '../../../crds/index.ts';
import type { Compiler, ValueOf } from './compiler.ts';
import { MATH, roundToInteger } from './math.ts';
import { timestamp } from './sum.ts';
import * as texts from './texts.ts';
import { durationText, partOfTime, timestampText } from './times.ts';
import { Duration, FAILURE, Fault, faultOf, isList, isMap, keysOf, Timestamp, type Value } from './values.ts';

type Implementation = (args: readonly Value[]) => Value;

export function callFunction({ name, args }: ExpressionOf<'call'>, compiler: Compiler): ValueOf {
  const spec = FUNCTIONS.get(name);
  const implementation = implementationOf(name);
  if (spec === undefined || implementation === undefined) throw new Error(`no runtime for the function ${name}`);
  const parts = args.map((argument, index) => ({
    value: compiler.value(argument),
    kinds: new Set(spec.params[Math.min(index, spec.params.length - 1)]),
  }));
  return (buffer) => {
    const values: Value[] = [];
    for (const { value, kinds } of parts) {
      const found = value(buffer);
      if (found instanceof Fault) return found;
      const kind = kindOf(found);
      if (!kinds.has(kind)) return faultOf(found);
      values.push(found);
    }
    return implementation(values);
  };
}

function kindOf(value: Value): TypeKind {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof Timestamp) return 'timestamp';
  if (value instanceof Duration) return 'duration';
  return isList(value) ? 'list' : 'map';
}

function implementationOf(name: string): Implementation | undefined {
  const math = MATH.get(name);
  if (math !== undefined) return over(math);
  if (name === 'matches') return matcher();
  if (name.startsWith('get')) return over((time: Value, zone?: string) => partOfTime(name, time, zone) ?? FAILURE);
  return IMPLEMENTATIONS.get(name);
}

/** The table of functions has seen to it that the arguments are of these types. */
function over(make: (...args: never[]) => Value): Implementation {
  return (args) => make(...(args as never[]));
}

const IMPLEMENTATIONS: ReadonlyMap<string, Implementation> = new Map<string, Implementation>([
  ['size', over(sizeOf)],
  ['contains', over((text: string, part: string) => text.includes(part))],
  ['startsWith', over((text: string, part: string) => text.startsWith(part))],
  ['endsWith', over((text: string, part: string) => text.endsWith(part))],
  ['lowerAscii', over(texts.lowerAscii)],
  ['upperAscii', over(texts.upperAscii)],
  ['trim', over((text: string) => text.trim())],
  ['reverse', over(texts.reverse)],
  ['charAt', over(texts.charAt)],
  ['substring', over((text: string, from: number, to?: number) => texts.substring(text, from, to))],
  ['replace', over(texts.replace)],
  ['indexOf', over((text: string, part: string, from?: number) => texts.indexOf(text, part, from))],
  ['lastIndexOf', over((text: string, part: string, from?: number) => texts.lastIndexOf(text, part, from))],
  ['split', over(texts.split)],
  ['join', over(texts.joinTexts)],
  ['int', over(toInteger)],
  ['uint', over((of: Value) => notNegative(toInteger(of)))],
  ['double', over((of: Value) => (typeof of === 'string' ? toNumber(of) : of))],
  ['string', over(toText)],
  ['bool', over(toBoolean)],
  ['timestamp', over(toTimestamp)],
  ['duration', over(toDuration)],
  ['math.greatest', (of) => extreme(of, (x, y) => x > y)],
  ['math.least', (of) => extreme(of, (x, y) => x < y)],
  ['math.isNaN', over((x: number) => Number.isNaN(x))],
  ['math.isInf', over((x: number) => !Number.isNaN(x) && !Number.isFinite(x))],
  ['math.isFinite', over((x: number) => Number.isFinite(x))],
]);

/** The pattern of the last call is kept: it is nearly always the same one. */
function matcher(): Implementation {
  let last = '';
  let pattern = compilePattern('');
  return over((text: string, source: string) => {
    if (source !== last) {
      pattern = compilePattern(source);
      last = source;
    }
    return 'problem' in pattern ? FAILURE : pattern.test(text);
  });
}

function sizeOf(value: Value): Value {
  if (typeof value === 'string') return texts.sizeOf(value);
  if (isList(value)) return value.length;
  return isMap(value) ? keysOf(value).length : FAILURE;
}

function toInteger(value: Value): Value {
  if (value instanceof Timestamp) return Math.floor(value.ms / 1_000);
  const found = typeof value === 'string' ? (/^[+-]?\d+$/.test(value) ? Number(value) : Number.NaN) : Number(value);
  const whole = roundToInteger(found);
  return Number.isNaN(whole) ? FAILURE : whole;
}

function notNegative(value: Value): Value {
  return typeof value === 'number' && value < 0 ? FAILURE : value;
}

function toNumber(value: string): Value {
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(value) ? Number(value) + 0 : FAILURE;
}

function toText(value: string | number | boolean | Timestamp | Duration): Value {
  if (value instanceof Timestamp) return timestampText(value.ms);
  return value instanceof Duration ? durationText(value.ms) : String(value);
}

const TRUE_TEXTS = new Set(['true', 'True', 'TRUE', 't', '1']);
const FALSE_TEXTS = new Set(['false', 'False', 'FALSE', 'f', '0']);

function toBoolean(value: Value): Value {
  if (typeof value !== 'string') return value;
  return TRUE_TEXTS.has(value) ? true : FALSE_TEXTS.has(value) ? false : FAILURE;
}

/** A number counts seconds, as in CEL. */
function toTimestamp(value: Value): Value {
  if (value instanceof Timestamp) return value;
  return timestamp(typeof value === 'string' ? timestampMs(value) : Number(value) * 1_000);
}

function toDuration(value: string | Duration): Value {
  if (value instanceof Duration) return value;
  const ms = durationTextMs(value);
  return Number.isNaN(ms) ? FAILURE : new Duration(ms);
}

function extreme(args: readonly Value[], better: (x: number, y: number) => boolean): Value {
  const [first] = args;
  const numbers = first !== undefined && isList(first) && args.length === 1 ? first : args;
  let best: number | null = null;
  for (const one of numbers) {
    if (typeof one !== 'number') return faultOf(one);
    if (best === null || better(one, best) || Number.isNaN(one)) best = one;
  }
  return best ?? FAILURE;
}

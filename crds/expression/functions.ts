// The functions of expressions: how each is written, what it takes, what it gives. Checked here, implemented by the runtime.
import { BOOLEAN, DURATION, NUMBER, TEXT, TEXTS, TIMESTAMP, type TypeKind, type ValueType } from './value-type.ts';

export interface FunctionSpec {
  /** `size(x)`, `x.size()`, or either. */
  readonly form: 'function' | 'method' | 'either';
  /** By argument (what a method is called on is the first): the kinds that it takes. */
  readonly params: readonly (readonly TypeKind[])[];
  /** How many of the last arguments may be left out. */
  readonly optional: number;
  /** Any number of further arguments of the last kind. */
  readonly variadic: boolean;
  readonly result: ValueType;
}

const text: readonly TypeKind[] = ['text'];
const number: readonly TypeKind[] = ['number'];
const timestamp: readonly TypeKind[] = ['timestamp'];

function spec(
  form: FunctionSpec['form'],
  params: FunctionSpec['params'],
  result: ValueType,
  more: { optional?: number; variadic?: boolean } = {},
): FunctionSpec {
  return { form, params, result, optional: more.optional ?? 0, variadic: more.variadic ?? false };
}

const dateMethod = spec('method', [timestamp, text], NUMBER, { optional: 1 });
const timeMethod = spec('method', [['timestamp', 'duration'], text], NUMBER, { optional: 1 });
const ofNumber = spec('function', [number], NUMBER);

export const FUNCTIONS: ReadonlyMap<string, FunctionSpec> = new Map([
  ['size', spec('either', [['text', 'list', 'map']], NUMBER)],
  ['contains', spec('method', [text, text], BOOLEAN)],
  ['startsWith', spec('method', [text, text], BOOLEAN)],
  ['endsWith', spec('method', [text, text], BOOLEAN)],
  ['matches', spec('either', [text, text], BOOLEAN)],
  ['lowerAscii', spec('method', [text], TEXT)],
  ['upperAscii', spec('method', [text], TEXT)],
  ['trim', spec('method', [text], TEXT)],
  ['reverse', spec('method', [text], TEXT)],
  ['charAt', spec('method', [text, number], TEXT)],
  ['substring', spec('method', [text, number, number], TEXT, { optional: 1 })],
  ['replace', spec('method', [text, text, text, number], TEXT, { optional: 1 })],
  ['indexOf', spec('method', [text, text, number], NUMBER, { optional: 1 })],
  ['lastIndexOf', spec('method', [text, text, number], NUMBER, { optional: 1 })],
  ['split', spec('method', [text, text, number], TEXTS, { optional: 1 })],
  ['join', spec('method', [['list'], text], TEXT, { optional: 1 })],
  ['int', spec('function', [['number', 'text', 'timestamp']], NUMBER)],
  ['uint', spec('function', [['number', 'text']], NUMBER)],
  ['double', spec('function', [['number', 'text']], NUMBER)],
  ['string', spec('function', [['text', 'number', 'boolean', 'timestamp', 'duration']], TEXT)],
  ['bool', spec('function', [['boolean', 'text']], BOOLEAN)],
  ['timestamp', spec('function', [['text', 'number', 'timestamp']], TIMESTAMP)],
  ['duration', spec('function', [['text', 'duration']], DURATION)],
  ['getFullYear', dateMethod],
  ['getMonth', dateMethod],
  ['getDate', dateMethod],
  ['getDayOfMonth', dateMethod],
  ['getDayOfWeek', dateMethod],
  ['getDayOfYear', dateMethod],
  ['getHours', timeMethod],
  ['getMinutes', timeMethod],
  ['getSeconds', timeMethod],
  ['getMilliseconds', timeMethod],
  ['math.greatest', spec('function', [['number', 'list'], number], NUMBER, { optional: 1, variadic: true })],
  ['math.least', spec('function', [['number', 'list'], number], NUMBER, { optional: 1, variadic: true })],
  ['math.abs', ofNumber],
  ['math.ceil', ofNumber],
  ['math.floor', ofNumber],
  ['math.round', ofNumber],
  ['math.trunc', ofNumber],
  ['math.sign', ofNumber],
  ['math.sqrt', ofNumber],
  ['math.isNaN', spec('function', [number], BOOLEAN)],
  ['math.isInf', spec('function', [number], BOOLEAN)],
  ['math.isFinite', spec('function', [number], BOOLEAN)],
]);

/** Macros: functions whose arguments are a variable and expressions over it. By name: how many arguments, the variable included. */
export const MACROS: ReadonlyMap<string, readonly number[]> = new Map([
  ['all', [2]],
  ['exists', [2]],
  ['exists_one', [2]],
  ['filter', [2]],
  ['map', [2, 3]],
]);

/** How the functions are called that people know from elsewhere. */
export const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['min', 'math.least'],
  ['max', 'math.greatest'],
  ['math.min', 'math.least'],
  ['math.max', 'math.greatest'],
  ['abs', 'math.abs'],
  ['ceil', 'math.ceil'],
  ['floor', 'math.floor'],
  ['round', 'math.round'],
  ['sqrt', 'math.sqrt'],
  ['lower', 'lowerAscii'],
  ['upper', 'upperAscii'],
  ['toLowerCase', 'lowerAscii'],
  ['toUpperCase', 'upperAscii'],
  ['length', 'size'],
  ['len', 'size'],
  ['count', 'size'],
  ['includes', 'contains'],
  ['regex', 'matches'],
  ['match', 'matches'],
  ['substr', 'substring'],
  ['slice', 'substring'],
  ['replaceAll', 'replace'],
  ['number', 'double'],
  ['float', 'double'],
  ['str', 'string'],
  ['text', 'string'],
  ['any', 'exists'],
  ['some', 'exists'],
  ['every', 'all'],
  ['existsOne', 'exists_one'],
  ['getDay', 'getDayOfWeek'],
  ['getYear', 'getFullYear'],
]);

/** Functions of CEL that have no meaning here, and why. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map([
  ['bytes', 'a record holds JSON, which has text and no bytes'],
  ['type', 'compare the value instead, or ask has(…)'],
  ['dyn', 'fields can hold any value already'],
  ['now', 'a result must depend on the records alone; $timestamp is the time of the record in Kafka'],
]);

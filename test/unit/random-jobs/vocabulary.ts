// What random jobs are made of: conditions and inputs as CEL texts, each with a plain function that says what the text means. The
// functions follow the reference of expressions, not the code that runs them.

export type Scalar = string | number | boolean;

/** One source record, read with JSON.parse. */
export interface Facts {
  readonly value: Readonly<Record<string, unknown>>;
  readonly key: string | null;
  readonly partition: number;
  readonly timestampMs: number;
  readonly header: string | null;
}

export interface Condition {
  readonly cel: string;
  /** Null: it fails, which is no match. */
  readonly holds: (facts: Facts) => boolean | null;
}

const and = (a: boolean | null, b: boolean | null): boolean | null =>
  a === false || b === false ? false : a === null || b === null ? null : true;
const not = (a: boolean | null): boolean | null => (a === null ? null : !a);
const or = (a: boolean | null, b: boolean | null): boolean | null => not(and(not(a), not(b)));
const has = ({ value }: Facts, name: string): boolean => Object.hasOwn(value, name);
const above = (facts: Facts, name: string, than: number): boolean | null => {
  const value = facts.value[name];
  return typeof value === 'number' ? value > than : null;
};
const equals = (facts: Facts, name: string, other: Scalar): boolean | null =>
  has(facts, name) ? facts.value[name] === other : null;

export const CONDITIONS: readonly Condition[] = [
  { cel: 'n > 2', holds: (it) => above(it, 'n', 2) },
  { cel: '!(n > 2)', holds: (it) => not(above(it, 'n', 2)) },
  { cel: 't == "a"', holds: (it) => equals(it, 't', 'a') },
  { cel: 't != "a"', holds: (it) => not(equals(it, 't', 'a')) },
  { cel: 't in ["a", "c"]', holds: (it) => or(equals(it, 't', 'a'), equals(it, 't', 'c')) },
  { cel: 'has(s)', holds: (it) => has(it, 's') },
  { cel: 'n > 2 && t == "a"', holds: (it) => and(above(it, 'n', 2), equals(it, 't', 'a')) },
  { cel: 'n > 2 || t == "a"', holds: (it) => or(above(it, 'n', 2), equals(it, 't', 'a')) },
  { cel: 'b', holds: ({ value }) => (typeof value['b'] === 'boolean' ? value['b'] : null) },
  { cel: 'm % 2 == 0', holds: ({ value: { m } }) => (typeof m === 'number' ? m % 2 === 0 : null) },
  { cel: '$partition == 0', holds: ({ partition }) => partition === 0 },
  { cel: '$key != "y"', holds: ({ key }) => key !== 'y' },
  { cel: '$headers.h == "1"', holds: ({ header }) => (header === null ? null : header === '1') },
];

/** What an aggregate takes of a record; `BAD`: a value that makes no sense there. */
export const BAD = Symbol('bad');
export type Taken = Scalar | null | typeof BAD;

export interface Input {
  readonly manifest: Readonly<Record<string, string>>;
  /** A number whenever it is there and not bad. */
  readonly numeric: boolean;
  readonly take: (facts: Facts) => Taken;
}

function scalar(value: unknown): Taken {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) > Number.MAX_SAFE_INTEGER ? BAD : value;
  return typeof value === 'string' || typeof value === 'boolean' ? value : BAD;
}

/** The first of the values that is missing or no number decides; null and BAD in the order of the text. */
function numbers(values: readonly unknown[], compute: (...values: number[]) => number): Taken {
  const found: number[] = [];
  for (const value of values) {
    if (value === null || value === undefined) return null;
    if (typeof value !== 'number') return BAD;
    found.push(value);
  }
  return scalar(compute(...found));
}

const field = (name: string, take: Input['take'], numeric = false): Input => ({
  manifest: { field: name },
  numeric,
  take: (facts) => scalar(take(facts)),
});
const member = (name: string): Input => field(name, ({ value }) => value[name] as Taken, name === 'n' || name === 'm');

export const INPUTS: readonly Input[] = [
  member('n'),
  member('m'),
  member('s'),
  member('t'),
  field('$key', ({ key }) => key),
  field('$partition', ({ partition }) => partition, true),
  field('$timestamp', ({ timestampMs }) => (timestampMs < 0 ? null : timestampMs), true),
  field('$headers.h', ({ header }) => header),
  { manifest: { of: 'n * 2 + m' }, numeric: true, take: ({ value: { n, m } }) => numbers([n, m], (a, b) => a * 2 + b) },
  { manifest: { of: 'n + 0.5' }, numeric: true, take: ({ value: { n } }) => numbers([n], (a) => a + 0.5) },
  { manifest: { of: 'n / 4' }, numeric: true, take: ({ value: { n } }) => numbers([n], (a) => a / 4) },
  {
    manifest: { of: 'm > 3 ? n : null' },
    numeric: true,
    take: ({ value: { m, n } }) =>
      m === null || m === undefined ? null : typeof m !== 'number' ? BAD : m > 3 ? scalar(n) : null,
  },
  {
    manifest: { of: 't + "-" + t' },
    numeric: false,
    take: ({ value: { t } }) => (t === null || t === undefined ? null : typeof t === 'string' ? `${t}-${t}` : BAD),
  },
];

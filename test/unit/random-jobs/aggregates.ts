// Every aggregate from the list of its inputs, by the definition, and when a value found is the value meant.
import type { Scalar } from './vocabulary.ts';

export interface Taken {
  readonly eventTimeMs: number;
  /** Order of arrival. */
  readonly at: number;
  readonly value: Scalar;
}

export type Fn =
  | 'count'
  | 'sum'
  | 'min'
  | 'max'
  | 'avg'
  | 'variance'
  | 'stddev'
  | 'first'
  | 'last'
  | 'countDistinct'
  | 'approxCountDistinct'
  | 'quantile'
  | 'topK'
  | 'collect';
export const FNS: readonly Fn[] = [
  'count',
  'sum',
  'min',
  'max',
  'avg',
  'variance',
  'stddev',
  'first',
  'last',
  'countDistinct',
  'approxCountDistinct',
  'quantile',
  'topK',
  'collect',
];
export const SCALAR_FNS: readonly Fn[] = ['count', 'first', 'last', 'countDistinct', 'approxCountDistinct', 'collect'];

export interface FnSettings {
  readonly fn: Fn;
  readonly q: number;
  /** Of topK and collect. */
  readonly most: number;
}

/** Relative: what the reference grants. */
const ERRORS: ReadonlyMap<Fn, number> = new Map([
  ['quantile', 0.01],
  ['approxCountDistinct', 0.032],
]);

export function aggregate({ fn, q, most }: FnSettings, taken: readonly Taken[]): unknown {
  const ordered = taken.toSorted((a, b) => a.eventTimeMs - b.eventTimeMs || a.at - b.at).map(({ value }) => value);
  const rising = (taken.map(({ value }) => value) as number[]).toSorted((a, b) => a - b);
  const n = taken.length;
  const sum = rising.reduce((total, value) => total + value, 0);
  switch (fn) {
    case 'count':
      return n;
    case 'countDistinct':
      return new Set(ordered).size;
    case 'approxCountDistinct':
      return n === 0 ? null : new Set(ordered).size;
    case 'collect':
      return ordered.slice(0, most);
    case 'topK':
      return rising.toReversed().slice(0, most);
    case 'sum':
      return n === 0 ? null : sum;
    case 'avg':
      return n === 0 ? null : sum / n;
    case 'variance':
      return n < 2 ? null : variance(rising);
    case 'stddev':
      return n < 2 ? null : Math.sqrt(variance(rising));
    case 'min':
      return rising[0] ?? null;
    case 'max':
      return rising[n - 1] ?? null;
    case 'first':
      return ordered[0] ?? null;
    case 'last':
      return ordered[n - 1] ?? null;
    case 'quantile':
      return rising[Math.floor(q * (n - 1))] ?? null;
  }
}

/** In two passes; differences from the first number are exact where the numbers themselves are large. */
function variance(numbers: readonly number[]): number {
  const n = numbers.length;
  const near = numbers.map((value) => value - numbers[0]!);
  const mean = near.reduce((sum, value) => sum + value, 0) / n;
  return near.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
}

const ROUNDED: readonly Fn[] = ['sum', 'avg', 'variance', 'stddev'];

/** Sums of fractions may be rounded otherwise, sketches are within their error; everything else is the very value. */
export function isMeant({ fn }: FnSettings, meant: unknown, found: unknown): boolean {
  if (typeof meant !== 'number' || typeof found !== 'number') return JSON.stringify(meant) === JSON.stringify(found);
  const size = Math.abs(meant);
  return Math.abs(meant - found) <= (ROUNDED.includes(fn) ? 1e-9 * Math.max(1, size) : (ERRORS.get(fn) ?? 0) * size);
}

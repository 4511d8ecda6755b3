// Which function an aggregate is, with its own settings: what the resolved job says of it, less name, input and filter.

export type NumberKind = 'count' | 'sum' | 'min' | 'max' | 'avg' | 'variance' | 'stddev';
export type ScalarKind = 'first' | 'last' | 'countDistinct' | 'approxCountDistinct';

export type AggregateSpec =
  | { readonly fn: NumberKind | ScalarKind }
  /** 0 ≤ q ≤ 1, 0 < relativeError < 1. */
  | { readonly fn: 'quantile'; readonly q: number; readonly relativeError: number }
  /** The k largest, k ≥ 1. */
  | { readonly fn: 'topK'; readonly k: number }
  /** At most so many values are kept, ≥ 1. */
  | { readonly fn: 'collect'; readonly limit: number };

export type AggregateKind = AggregateSpec['fn'];

const OVER_SCALARS: ReadonlySet<AggregateKind> = new Set<AggregateKind>([
  'first',
  'last',
  'countDistinct',
  'approxCountDistinct',
  'collect',
]);

/** Whether the aggregate wants canonical bytes of any scalar. Of the others `count` takes presence, the rest take numbers. */
export function takesScalar(fn: AggregateKind): boolean {
  return OVER_SCALARS.has(fn);
}

// The aggregates: the only door to this folder.
export { type AggregateFunction, type AggregateKind, OVERFLOW } from './aggregate-function.ts';
export { AggregateSet } from './aggregate-set.ts';
export { MAX_RESULT_BYTES, writeResult } from './write-result.ts';

// The aggregates: the only door to this folder.
export type { AggregateInputs } from './aggregate-inputs.ts';
export { AggregateSet } from './aggregate-set.ts';
export { type AggregateKind, type AggregateSpec, takesScalar } from './aggregate-spec.ts';

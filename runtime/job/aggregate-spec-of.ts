// Of an aggregate of the job, what its function has to know.
import type { ResolvedAggregate } from '../../crds/index.ts';
import type { AggregateSpec } from '../aggregate/index.ts';

export function aggregateSpecOf(aggregate: ResolvedAggregate): AggregateSpec {
  const { fn } = aggregate;
  if (fn === 'quantile') return { fn, q: aggregate.q, relativeError: aggregate.relativeError };
  if (fn === 'topK') return { fn, k: aggregate.k };
  if (fn === 'collect') return { fn, limit: aggregate.limit };
  return { fn };
}

// kubectl as a person uses it, for the tests of the whole product.
import type { Cluster } from '../harness/cluster.ts';

/** Applies the objects by `kubectl apply -f -` and resolves with what it prints; fails with its message. */
export function applied(cluster: Cluster, objects: readonly unknown[]): Promise<string> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  return cluster.kubectl(['apply', '--filename=-'], JSON.stringify(list));
}

/** What `kubectl get … -o json` shows. */
export async function got<T>(cluster: Cluster, args: readonly string[]): Promise<T> {
  return JSON.parse(await cluster.kubectl(['get', ...args, '--output=json'])) as T;
}

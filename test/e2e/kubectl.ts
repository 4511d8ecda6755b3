// kubectl as a person uses it, for the tests of the whole product.
import type { Cluster } from '../harness/cluster.ts';

/** Applies the objects by `kubectl apply -f -` and resolves with what it prints; fails with its message. */
export function applied(cluster: Cluster, objects: readonly unknown[]): Promise<string> {
  const documents = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  return cluster.kubectl(['apply', '--filename=-'], documents);
}

/** What `kubectl get … -o json` shows. */
export async function got<T>(cluster: Cluster, args: readonly string[]): Promise<T> {
  return JSON.parse(await cluster.kubectl(['get', ...args, '--output=json'])) as T;
}

/** Jobs, pods and the ends of their logs, for a test that failed. */
export async function sightOf(cluster: Cluster): Promise<string> {
  const looks: (readonly string[])[] = [
    ['get', 'sj,pods', '--all-namespaces', '--output=wide'],
    ['get', 'sj', '--all-namespaces', '--output=jsonpath={range .items[*]}{.metadata.name}{" "}{.status}{"\\n"}{end}'],
    ['logs', '--namespace=streamjob-system', 'deployment/streamjob-operator', '--tail=40'],
    ['logs', '--namespace=analytics', '--selector=streamjob.dev/job', '--prefix', '--tail=40'],
  ];
  const seen = looks.map(async (args) => {
    const said = await cluster.kubectl(args).catch((error: unknown) => String(error));
    return `$ kubectl ${args.join(' ')}\n${said}`;
  });
  return `${(await Promise.all(seen)).join('\n')}\n`;
}

// A real Kubernetes cluster for tests: the one that KUBECONFIG names, else kind's in Docker, else one of plain programs on this machine.
import type { Cluster } from './cluster/cluster.ts';
import { externalCluster } from './cluster/external-cluster.ts';
import { startKindCluster } from './cluster/kind-cluster.ts';
import { startLocalCluster } from './cluster/local-cluster.ts';
import { dockerWorks } from './docker.ts';

export type { Cluster } from './cluster/cluster.ts';

/** Starts a cluster and resolves when pods can run. */
export async function startCluster(): Promise<Cluster> {
  const kubeconfigPath = process.env['KUBECONFIG'];
  if (kubeconfigPath !== undefined && kubeconfigPath !== '') return externalCluster(kubeconfigPath);
  return (await dockerWorks()) ? startKindCluster() : startLocalCluster();
}

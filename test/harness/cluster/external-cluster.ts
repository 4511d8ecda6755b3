// The cluster that KUBECONFIG names: used as it is, and left running.
import type { Cluster } from './cluster.ts';
import { loadImage } from './kind-cluster.ts';
import { runKubectl } from './kubectl.ts';

const KIND_CONTEXT = /^kind-(.+)$/;

/** Uses a cluster that is there. Images can be imported into kind's; another one must get them from a registry. */
export async function externalCluster(kubeconfigPath: string): Promise<Cluster> {
  const kubectl = (args: readonly string[], stdin?: string): Promise<string> => runKubectl(kubeconfigPath, args, stdin);
  const context = (await kubectl(['config', 'current-context'])).trim();
  const stop = async (): Promise<void> => undefined;
  return {
    provider: 'external',
    kubeconfigPath,
    get hostAddressForPods() {
      const address = process.env['HOST_ADDRESS_FOR_PODS'];
      if (address !== undefined && address !== '') return address;
      throw new Error('KUBECONFIG is set, so HOST_ADDRESS_FOR_PODS must say at which address pods reach this machine');
    },
    async importImage(image) {
      const name = KIND_CONTEXT.exec(context)?.[1];
      if (name === undefined)
        throw new Error(`images cannot be imported into the cluster of context ${context}: only into one of kind's`);
      await loadImage(name, image);
    },
    kubectl,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

// The cluster that KUBECONFIG names: used as it is, and left running.
import type { Cluster } from './cluster.ts';
import { crashKindApiServer, loadImage } from './kind-cluster.ts';
import { runKubectl } from './kubectl.ts';

const KIND_CONTEXT = /^kind-(.+)$/;

/** Uses a cluster that is there. Images can be imported into kind's; another one must get them from a registry. */
export async function externalCluster(kubeconfigPath: string): Promise<Cluster> {
  const kubectl = (args: readonly string[], stdin?: string): Promise<string> => runKubectl(kubeconfigPath, args, stdin);
  const context = (await kubectl(['config', 'current-context'])).trim();
  const stop = async (): Promise<void> => undefined;
  const kindName = KIND_CONTEXT.exec(context)?.[1];
  return {
    provider: 'external',
    kubeconfigPath,
    get hostAddressForPods() {
      const address = process.env['HOST_ADDRESS_FOR_PODS'];
      if (address !== undefined && address !== '') return address;
      throw new Error('KUBECONFIG is set, so HOST_ADDRESS_FOR_PODS must say at which address pods reach this machine');
    },
    async importImage(image) {
      if (kindName === undefined)
        throw new Error(`images cannot be imported into the cluster of context ${context}: only into one of kind's`);
      await loadImage(kindName, image);
    },
    async crashApiServer() {
      if (kindName === undefined)
        throw new Error(`the API server of context ${context} cannot be crashed: only that of a cluster of kind's`);
      await crashKindApiServer(kindName, kubeconfigPath);
    },
    kubectl,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

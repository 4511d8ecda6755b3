// What a test may do with a cluster, whichever it is.
import type { Image } from '../image.ts';

export interface Cluster extends AsyncDisposable {
  readonly provider: 'external' | 'kind' | 'local';
  /** An administrator's kubeconfig. */
  readonly kubeconfigPath: string;
  /** The address at which pods reach this machine; brokers and S3 servers for them listen there (`podAddress`). */
  readonly hostAddressForPods: string;
  /** Makes an image known to the node; pods use it with `imagePullPolicy: IfNotPresent`. After a change of the code only what changed is copied. */
  importImage(image: Image): Promise<void>;
  /** Runs kubectl, with `stdin` as its standard input, and resolves with what it prints; fails with its message. */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  /** Crashes the API server (SIGKILL) and resolves when it serves again; etcd, nodes and pods go on meanwhile. */
  crashApiServer(): Promise<void>;
  /** Ends the cluster and removes all of it; leaves one that `KUBECONFIG` names alone. */
  stop(): Promise<void>;
}

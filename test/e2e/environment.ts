// What the tests of the whole product share: a cluster with the operator in it as the documentation installs it, a broker and an S3 server
// that pods reach. Made once for all of them, since it takes longer than most of them.
import { fileURLToPath } from 'node:url';
import { type Broker, startBroker } from '../harness/broker.ts';
import { type Cluster, startCluster } from '../harness/cluster.ts';
import { buildImage } from '../harness/image.ts';
import { type S3Server, startS3 } from '../harness/s3.ts';
import { applied } from './kubectl.ts';

export interface Environment extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly broker: Broker;
  readonly s3: S3Server;
}

/** Where the tests' jobs live; no pod of theirs may want more than the strictest of Kubernetes' own rules allows. */
export const NAMESPACE = 'analytics';
export const BUCKET = 'streamjobs';
/** Secret in {@link NAMESPACE} with the S3 server's credentials. */
export const SECRET = 's3';
export const OPERATOR_NAMESPACE = 'streamjob-system';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts it all; resolves when the operator is ready. */
export async function startEnvironment(): Promise<Environment> {
  // The manifests name the tag `latest`, so they are applied as they are.
  const image = await buildImage({ tag: 'latest' });
  const started: AsyncDisposable[] = [];
  const stop = async (): Promise<void> => {
    for (const part of started.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  };
  try {
    const cluster = await startCluster();
    started.push(cluster);
    const podAddress = cluster.hostAddressForPods;
    const broker = await startBroker({ podAddress });
    started.push(broker);
    const s3 = await startS3({ podAddress });
    started.push(s3);
    await Promise.all([cluster.importImage(image), s3.createBucket(BUCKET)]);
    await cluster.kubectl(['apply', '-k', `${ROOT}/config/default`]);
    await applied(cluster, [
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: NAMESPACE, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
      },
      secret(SECRET, { AWS_ACCESS_KEY_ID: s3.accessKeyId, AWS_SECRET_ACCESS_KEY: s3.secretAccessKey }),
    ]);
    const deployment = 'deployment/streamjob-operator';
    await cluster.kubectl(['rollout', 'status', '-n', OPERATOR_NAMESPACE, deployment, '--timeout=120s']);
    return { cluster, broker, s3, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A Secret in {@link NAMESPACE}. */
export function secret(name: string, stringData: Readonly<Record<string, string>>): unknown {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, stringData };
}

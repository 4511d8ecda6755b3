// The harness's own cluster: what later tests build on. Twice in a row, since the first one may leave nothing that disturbs the second.
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBroker } from '../harness/broker.ts';
import { HOST_LINK } from '../harness/cluster/addresses.ts';
import { type Cluster, startCluster } from '../harness/cluster.ts';
import { succeeds } from '../harness/exec.ts';
import { buildImage, type Image } from '../harness/image.ts';
import { startS3 } from '../harness/s3.ts';

const HELLO = 'hello from the machine';

function pod(name: string, image: string, script: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'main',
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['node', '--input-type=module', '-e', script],
          resources: { limits: { memory: '256Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  });
}

/** A server on this machine for pods to reach. */
function serve(host: string): Promise<{ server: Server; url: string }> {
  return new Promise((resolve, reject) => {
    const server = createServer((_, response) => response.end(HELLO));
    server.once('error', reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      resolve({ server, url: `http://${host}:${port}/` });
    });
  });
}

describe.each(['first', 'second'])('%s cluster in a row', (which) => {
  let cluster: Cluster;
  let image: Image;

  beforeAll(async () => {
    image = await buildImage();
    cluster = await startCluster();
    await cluster.importImage(image);
  });

  afterAll(async () => {
    await cluster.stop();
  });

  it('runs a pod of the image, as a user that is not root, which reaches this machine', async () => {
    const { server, url } = await serve(cluster.hostAddressForPods);
    const name = `${which}-pod`;
    const script = `console.log(process.version, process.getuid(), await (await fetch('${url}')).text())`;
    try {
      await cluster.kubectl(['apply', '--filename=-'], pod(name, image.workerImage, script));
      await cluster.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=60s']);
      expect((await cluster.kubectl(['logs', name])).trim()).toBe(`${process.version} 65532 ${HELLO}`);
    } finally {
      server.close();
      await cluster.kubectl(['delete', 'pod', name, '--ignore-not-found', '--wait=false']);
    }
  });

  it('lets pods reach a broker and an S3 server of this machine', async () => {
    const podAddress = cluster.hostAddressForPods;
    await using broker = await startBroker({ podAddress });
    await using s3 = await startS3({ podAddress });
    const name = `${which}-services`;
    const script = `
      import { Admin } from '@platformatic/kafka';
      const admin = new Admin({ clientId: 'pod', bootstrapBrokers: ['${broker.bootstrapServersForPods}'] });
      const { brokers } = await admin.metadata({ topics: [] });
      await admin.close();
      const { status } = await fetch('${s3.endpointForPods}/no-such-bucket/key');
      console.log([...brokers.values()].map(({ host, port }) => host + ':' + port).join(), status);`;
    await cluster.kubectl(['apply', '--filename=-'], pod(name, image.workerImage, script));
    await cluster.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=60s']);
    expect((await cluster.kubectl(['logs', name])).trim()).toBe(`${broker.bootstrapServersForPods} 403`);
    await cluster.kubectl(['delete', 'pod', name, '--wait=false']);
  });

  it('has the project in the image', async () => {
    const name = `${which}-files`;
    const script = `import { readdirSync } from 'node:fs'; console.log(readdirSync('/app').sort().join(' '), typeof (await import('zod')).z.object)`;
    await cluster.kubectl(['apply', '--filename=-'], pod(name, image.operatorImage, script));
    await cluster.kubectl(['wait', '--for=jsonpath={.status.phase}=Succeeded', `pod/${name}`, '--timeout=60s']);
    expect((await cluster.kubectl(['logs', name])).trim()).toBe(
      '.npmrc cli crds node_modules operator package-lock.json package.json runtime function',
    );
    await cluster.kubectl(['delete', 'pod', name, '--wait=false']);
  });

  it('leaves nothing of its own when it has ended', async () => {
    await cluster.stop();
    expect(existsSync(cluster.kubeconfigPath)).toBe(cluster.provider === 'external');
    expect(await succeeds('ip', ['link', 'show', HOST_LINK])).toBe(false);
  });
});

// A pod with the rights of its node, to do what only the node can: end the processes of containers.
import type { Cluster } from '../harness/cluster.ts';
import { buildImage } from '../harness/image.ts';
import { applied } from './kubectl.ts';

const NAME = 'node-access';

/** Kills the worker whose pod has the given name, and says which process that was. */
const KILL_WORKER = `
const { readdirSync, readFileSync } = require('node:fs');
const wanted = process.argv[1];
for (const pid of readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
  let variables = [];
  let command = '';
  try {
    variables = readFileSync('/proc/' + pid + '/environ', 'utf8').split('\\0');
    command = readFileSync('/proc/' + pid + '/cmdline', 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') continue;
    throw error;
  }
  if (!variables.includes('POD_NAME=' + wanted) || !command.includes('worker')) continue;
  process.kill(Number(pid), 'SIGKILL');
  console.log('killed process ' + pid);
}
`;

/** Starts the pod; resolves when it runs. */
export async function startNodeAccess(cluster: Cluster): Promise<void> {
  const { workerImage } = await buildImage({ tag: 'latest' });
  await applied(cluster, [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: NAME, namespace: 'default' },
      spec: {
        hostPID: true,
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'main',
            image: workerImage,
            imagePullPolicy: 'IfNotPresent',
            command: ['node', '-e', 'setInterval(() => undefined, 60_000)'],
            securityContext: { privileged: true, runAsUser: 0 },
          },
        ],
      },
    },
  ]);
  await cluster.kubectl(['wait', '--for=condition=Ready', `pod/${NAME}`, '--namespace=default', '--timeout=60s']);
}

/** Ends the worker process of a pod by SIGKILL, as the kernel does when memory runs out. */
export async function killWorkerProcess(cluster: Cluster, pod: string): Promise<void> {
  const script = ['node', '-e', KILL_WORKER, pod];
  const said = await cluster.kubectl(['exec', NAME, '--namespace=default', '--', ...script]);
  if (!/^killed process \d+\n$/.test(said)) throw new Error(`no single worker process of pod ${pod}: "${said}"`);
}

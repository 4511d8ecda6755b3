// A cluster in Docker through kind, for machines where Docker works.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import type { Cluster } from './cluster.ts';
import { findProgram } from '../debian-packages.ts';
import { run } from '../exec.ts';
import { atExit } from '../exit-hooks.ts';
import type { Image } from '../image.ts';
import { writeOciArchive } from '../image/oci-archive.ts';
import { waitUntil } from '../ports.ts';
import { runKubectl } from './kubectl.ts';

const RESTART_TIMEOUT_MS = 120_000;
const KIND_MODULE = 'sigs.k8s.io/kind@v0.31.0';

/** The `kind` program: the installed one, else built from its Go module. */
export async function kindProgram(): Promise<string> {
  const installed = findProgram('kind');
  if (installed !== null) return installed;
  if (findProgram('go') === null) {
    throw new Error(
      'the tests run a cluster in Docker with kind, and neither kind nor Go to build it is installed: install one of them, or set KUBECONFIG',
    );
  }
  const folder = await cached({
    name: 'kind',
    inputs: [KIND_MODULE, process.platform, process.arch],
    build: async (unfinished) => {
      await run('go', ['install', KIND_MODULE], { env: { GOBIN: unfinished } });
    },
  });
  return join(folder, 'kind');
}

/** The address at which containers of kind's network reach this machine. */
async function gatewayAddress(): Promise<string> {
  const { stdout } = await run('docker', [
    'network',
    'inspect',
    'kind',
    '--format={{range .IPAM.Config}}{{.Gateway}}\n{{end}}',
  ]);
  const address = stdout.split('\n').find((line) => /^\d+\.\d+\.\d+\.\d+$/.test(line));
  if (address === undefined) throw new Error(`Docker's network \`kind\` has no IPv4 gateway: ${stdout.trim()}`);
  return address;
}

/** Copies an image into the nodes of a cluster of kind's. */
export async function loadImage(clusterName: string, { images }: Image): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'streamjob-image-'));
  try {
    const archive = join(folder, 'image.tar');
    writeOciArchive(archive, images);
    await run(await kindProgram(), ['load', 'image-archive', archive, `--name=${clusterName}`]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Crashes the API server of a cluster of kind's; its kubelet starts it again. Resolves when it serves. */
export async function crashKindApiServer(clusterName: string, kubeconfigPath: string): Promise<void> {
  const node = `${clusterName}-control-plane`;
  const pids = async (): Promise<string> =>
    (await run('docker', ['exec', node, 'pidof', 'kube-apiserver'])).stdout.trim();
  const crashed = await pids();
  await run('docker', ['exec', node, 'kill', '-9', ...crashed.split(' ')]);
  await waitUntil(
    async () =>
      (await pids()) !== crashed && (await runKubectl(kubeconfigPath, ['get', '--raw', '/readyz'])).trim() === 'ok',
    { timeoutMs: RESTART_TIMEOUT_MS, pollMs: 250, what: `the return of the API server in ${node}` },
  );
}

/** Starts a cluster of one node and resolves when it is ready. */
export async function startKindCluster(): Promise<Cluster> {
  const kind = await kindProgram();
  const name = `streamjob-${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), 'streamjob-kind-'));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  const kubeconfigPath = join(folder, 'kubeconfig');
  const stop = async (): Promise<void> => {
    await run(kind, ['delete', 'cluster', `--name=${name}`, `--kubeconfig=${kubeconfigPath}`]);
    rmSync(folder, { recursive: true, force: true });
    forget();
  };
  try {
    await run(kind, ['create', 'cluster', `--name=${name}`, `--kubeconfig=${kubeconfigPath}`, '--wait=120s']);
    return {
      provider: 'kind',
      kubeconfigPath,
      hostAddressForPods: await gatewayAddress(),
      importImage: (image) => loadImage(name, image),
      crashApiServer: () => crashKindApiServer(name, kubeconfigPath),
      kubectl: (args, stdin) => runKubectl(kubeconfigPath, args, stdin),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

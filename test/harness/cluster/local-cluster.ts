// A real one-node Kubernetes cluster from plain programs, for machines without Docker: etcd, the control plane, containerd, kubelet, kube-proxy.
import { mkdtempSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot } from '../cache.ts';
import type { Cluster } from './cluster.ts';
import { ensurePackages } from '../debian-packages.ts';
import { run } from '../exec.ts';
import { atExit } from '../exit-hooks.ts';
import { holdFileLock } from '../file-lock.ts';
import type { Image } from '../image.ts';
import { type OciImage, writeOciArchive } from '../image/oci-archive.ts';
import { waitUntil } from '../ports.ts';
import { describeFailure, type ManagedProcess, reapLeftovers, startProcess } from '../processes.ts';
import { HOST_ADDRESS, NODE_NAME } from './addresses.ts';
import { kubernetesBinaries, type Pause, pauseImage } from './binaries.ts';
import {
  apiServer,
  type ClusterFiles,
  type ComponentSpec,
  containerd,
  containerdSocket,
  controllerManager,
  etcd,
  identityFile,
  kubelet,
  kubeProxy,
  scheduler,
} from './components.ts';
import { clusterKeys } from './pki.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';

const NEEDS = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  '/usr/lib/cni/bridge': 'containernetworking-plugins',
  ip: 'iproute2',
  iptables: 'iptables',
  conntrack: 'conntrack',
  etcd: 'etcd-server',
  mount: 'mount',
  unshare: 'util-linux',
};

const PORT_ATTEMPTS = 5;
const START_TIMEOUT_MS = 120_000;
/** Where containerd puts the control groups of containers, in each hierarchy. */
const CONTROL_GROUP = 'k8s.io';

/** Removes the empty control groups that ended containers leave; one with a process in it is not ours and stays. */
function removeControlGroups(): void {
  const root = '/sys/fs/cgroup';
  const parents = [
    root,
    ...readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(root, name)),
  ];
  for (const parent of parents) {
    const group = join(parent, CONTROL_GROUP);
    for (const name of foldersIn(group)) removeIfEmpty(join(group, name));
    removeIfEmpty(group);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes(String(codeOf(error)))) throw error;
  }
}

class LocalCluster implements Cluster {
  readonly provider = 'local';
  readonly hostAddressForPods = HOST_ADDRESS;
  readonly kubeconfigPath: string;
  readonly #files: ClusterFiles;
  readonly #sandbox: Sandbox;
  readonly #release: () => void;
  readonly #processes: ManagedProcess[] = [];
  readonly #knownLayers = new Set<string>();

  constructor(files: ClusterFiles, sandbox: Sandbox, release: () => void) {
    this.#files = files;
    this.#sandbox = sandbox;
    this.#release = release;
    this.kubeconfigPath = identityFile(files, 'admin');
  }

  async #start(spec: ComponentSpec): Promise<void> {
    const [command, args] = this.#sandbox.inside(spec.command, spec.args);
    const logPath = join(this.#files.folder, 'logs', `${spec.name}.log`);
    this.#processes.push(await startProcess({ name: spec.name, command, args, logPath }));
  }

  #untilApiServerAnswers(): Promise<void> {
    return this.#wait(
      'an answer of the API server',
      async () => (await this.kubectl(['get', '--raw', '/readyz'])) === 'ok',
    );
  }

  async crashApiServer(): Promise<void> {
    const spec = apiServer(this.#files);
    const index = this.#processes.findIndex(({ name }) => name === spec.name);
    const [running] = this.#processes.splice(index, index < 0 ? 0 : 1);
    await running?.stop(0);
    for (let attempt = 1; ; attempt++) {
      await this.#start(spec);
      try {
        await this.#untilApiServerAnswers();
        return;
      } catch (error) {
        // What was killed may hold its port for a moment longer.
        if (attempt === PORT_ATTEMPTS || !String(error).includes('address already in use')) throw error;
        this.#processes.splice(
          this.#processes.findIndex(({ name }) => name === spec.name),
          1,
        );
      }
    }
  }

  async #wait(what: string, condition: () => Promise<boolean>): Promise<void> {
    await waitUntil(condition, {
      timeoutMs: START_TIMEOUT_MS,
      what,
      pollMs: 100,
      check: () => {
        const ended = this.#processes.find((component) => !component.running());
        if (ended !== undefined)
          throw new Error(describeFailure(ended, 'this part of the local cluster ended by itself'));
      },
    });
  }

  /** Starts the components in the order in which they need each other; resolves when a pod could be made and would run. */
  async start(pause: OciImage): Promise<void> {
    const files = this.#files;
    for (const component of [etcd, apiServer, containerd]) await this.#start(component(files));
    const imported = this.#wait('an answer of containerd', async () => (await this.#ctr(['version'])) !== '').then(() =>
      this.importImage({ images: [pause] }),
    );
    await this.#untilApiServerAnswers();
    for (const component of [controllerManager, scheduler, kubelet, kubeProxy]) await this.#start(component(files));
    await imported;
    const ready = '-o=jsonpath={.status.conditions[?(@.type=="Ready")].status}';
    await this.#wait(
      'readiness of the node',
      async () => (await this.kubectl(['get', 'node', NODE_NAME, ready])) === 'True',
    );
    await this.#wait(
      'the default service account',
      async () => (await this.kubectl(['get', 'serviceaccount', 'default', '-o=name'])) !== '',
    );
  }

  async #ctr(args: readonly string[]): Promise<string> {
    return (await run('ctr', [`--address=${containerdSocket(this.#files.folder)}`, '--namespace=k8s.io', ...args]))
      .stdout;
  }

  async importImage({ images }: Pick<Image, 'images'>): Promise<void> {
    const archive = join(this.#files.folder, 'import.tar');
    writeOciArchive(archive, images, this.#knownLayers);
    await this.#ctr(['images', 'import', archive]);
    rmSync(archive);
    for (const { digest } of images.flatMap(({ layers }) => layers)) this.#knownLayers.add(digest);
  }

  async kubectl(args: readonly string[], stdin?: string): Promise<string> {
    const program = join(this.#files.binaries, 'kubectl');
    const { stdout } = await run(
      program,
      [`--kubeconfig=${this.kubeconfigPath}`, ...args],
      stdin === undefined ? {} : { input: stdin },
    );
    return stdout;
  }

  async stop(): Promise<void> {
    await this.#sandbox.stop();
    await Promise.all(this.#processes.map((component) => component.stop(0)));
    rmSync(this.#files.folder, { recursive: true, force: true });
    removeControlGroups();
    this.#release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

interface Parts {
  readonly binaries: string;
  readonly keys: string;
  readonly pause: Pause;
}

/** Installs and builds what the cluster is made of, once on a machine; compiling Kubernetes takes minutes. */
export async function prepareLocalCluster(): Promise<Parts> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(
      'the tests start a cluster of their own with Docker (kind), or as root on Linux; or set KUBECONFIG to use one that is there',
    );
  }
  await ensurePackages(NEEDS);
  return { binaries: await kubernetesBinaries(), keys: await clusterKeys(), pause: await pauseImage() };
}

/** Starts the cluster; the first time on a machine it compiles Kubernetes before. Another run's cluster on this machine is waited for. */
export async function startLocalCluster(): Promise<Cluster> {
  const { binaries, keys, pause } = await prepareLocalCluster();
  const release = await holdFileLock(join(cacheRoot(), 'locks', 'cluster.lock'));
  const folder = mkdtempSync(join(tmpdir(), 'streamjob-cluster-'));
  const forget = atExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    reapLeftovers();
    removeControlGroups();
    const sandbox = await startSandbox(folder, pause.program);
    const files = { folder, keys, binaries, pauseImageName: pause.image.name };
    const cluster = new LocalCluster(files, sandbox, () => {
      forget();
      release();
    });
    try {
      await cluster.start(pause.image);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  } catch (error) {
    release();
    throw error;
  }
}

// The programs of the local cluster: Kubernetes from its Go module as one binary, and the image of the process that holds a pod.
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { ensureInstalled, ensurePackages, findProgram } from '../debian-packages.ts';
import { run, succeeds } from '../exec.ts';
import { cachedLayer } from '../image/layers.ts';
import { type OciImage, ociImage } from '../image/oci-archive.ts';

const SOURCES = join(import.meta.dirname, 'kubebox');
const COMPONENTS = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
] as const;
export type Component = (typeof COMPONENTS)[number];

const VERSION_PACKAGE = 'k8s.io/component-base/version';
const BUILD_TIMEOUT_MS = 3_600_000;
const PAUSE_IMAGE = 'docker.io/streamjob/pause:1';

/** Components that do not know their version refuse to work together, so it is linked in, as Kubernetes's own build does. */
function linkFlags(goMod: string): string {
  const version = /^\s*k8s\.io\/kubernetes v(\d+)\.(\d+)\.\d+$/m.exec(goMod);
  if (version === null) throw new Error('test/harness/cluster/kubebox/go.mod names no version of k8s.io/kubernetes');
  const [, major = '', minor = ''] = version;
  const full = version[0].trim().split(' ')[1] ?? '';
  const values = { gitVersion: full, gitMajor: major, gitMinor: minor };
  return ['-s', '-w', ...Object.entries(values).map(([name, value]) => `-X ${VERSION_PACKAGE}.${name}=${value}`)].join(
    ' ',
  );
}

async function ensureGo(): Promise<void> {
  // Go 1.21 and later fetch the newer release that go.mod asks for by themselves.
  await ensureInstalled(['golang-go'], async () => findProgram('go') !== null);
  const { stdout } = await run('go', ['env', 'GOVERSION']);
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1] ?? '0');
  if (minor < 21)
    throw new Error(
      `the local cluster is built with Go 1.21 or later, and this is ${stdout.trim()}: install a newer Go, or set KUBECONFIG`,
    );
}

/** The folder with the Kubernetes programs; the first call on a machine compiles them, which takes minutes. */
export async function kubernetesBinaries(): Promise<string> {
  const [goMod, goSum, main] = ['go.mod', 'go.sum', 'main.go'].map((name) => readFileSync(join(SOURCES, name), 'utf8'));
  const flags = linkFlags(goMod ?? '');
  const inputs = [goMod ?? '', goSum ?? '', main ?? '', flags, process.platform, process.arch];
  return cached({
    name: 'kubebox',
    inputs,
    keep: 2,
    build: async (folder) => {
      await ensureGo();
      process.stderr.write(
        'test harness: compiling Kubernetes, once on this machine; about ten minutes on two cores\n',
      );
      const output = join(folder, 'kubebox');
      await run('go', ['build', '-trimpath', `-ldflags=${flags}`, '-o', output, '.'], {
        cwd: SOURCES,
        env: { CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
        timeoutMs: BUILD_TIMEOUT_MS,
      });
      for (const component of COMPONENTS) symlinkSync('kubebox', join(folder, component));
    },
  });
}

export interface Pause {
  readonly image: OciImage;
  /** The same program as a file on this machine. */
  readonly program: string;
}

/** The program that holds a pod's namespaces, compiled, and its image. */
export async function pauseImage(): Promise<Pause> {
  const source = join(import.meta.dirname, 'pause.c');
  const folder = await cached({
    name: 'pause',
    inputs: [readFileSync(source), process.arch],
    build: async (unfinished) => {
      await ensurePackages({ gcc: 'gcc' });
      const links = ['-c', 'echo "int main(void){return 0;}" | gcc -static -x c -o /dev/null -'];
      await ensureInstalled(['libc6-dev'], () => succeeds('sh', links));
      await run('gcc', ['-Os', '-static', '-s', '-Wall', '-Werror', '-o', join(unfinished, 'pause'), source]);
    },
  });
  const program = join(folder, 'pause');
  const layer = await cachedLayer('pause', [readFileSync(program)], (tar) => tar.addFrom('pause', program, 0o755));
  return { program, image: ociImage({ name: PAUSE_IMAGE, layers: [layer], config: { Entrypoint: ['/pause'] } }) };
}

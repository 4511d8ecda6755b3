// The three layers of the image, from what seldom changes to what often does: Node and its libraries, the npm packages, the project.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cached } from '../cache.ts';
import { run } from '../exec.ts';
import { imageFiles, PROJECT_ROOT } from './image-files.ts';
import { packageFiles, productionPackages } from './production-packages.ts';
import { TarWriter } from './tar-writer.ts';

export interface Layer {
  /** An uncompressed tar archive. */
  readonly path: string;
  /** Hex SHA-256 of the archive. */
  readonly digest: string;
  readonly sizeBytes: number;
}

/** The user that the image runs as: not root, and by number so that Kubernetes can check it. */
export const USER_ID = 65532;
const BUILDER_VERSION = '3';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
// Loaded by name when a host name is looked up, so `ldd` does not list them.
const NAME_LOOKUP = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2'];

/** A layer from the cache, filled first when nothing was made from the same `inputs` yet. */
export async function cachedLayer(
  name: string,
  inputs: readonly (string | Uint8Array)[],
  fill: (tar: TarWriter) => void,
): Promise<Layer> {
  const folder = await cached({
    name: `image-${name}`,
    inputs: [BUILDER_VERSION, ...inputs],
    build: async (unfinished) => {
      const tar = new TarWriter(join(unfinished, 'layer.tar'));
      fill(tar);
      writeFileSync(join(unfinished, 'layer.json'), JSON.stringify(tar.close()));
    },
  });
  const { digest, sizeBytes } = JSON.parse(readFileSync(join(folder, 'layer.json'), 'utf8')) as Omit<Layer, 'path'>;
  return { path: join(folder, 'layer.tar'), digest, sizeBytes };
}

/** The shared libraries that programs and addons load, by the path at which they look for them. */
async function librariesOf(programs: readonly string[]): Promise<string[]> {
  const { stdout } = await run('ldd', programs);
  const libraries = stdout.split('\n').flatMap((line) => /(?:=> |^\s+)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
  const libc = libraries.find((path) => path.endsWith('/libc.so.6'));
  const extra =
    libc === undefined ? [] : NAME_LOOKUP.map((name) => join(dirname(libc), name)).filter((path) => existsSync(path));
  return [...new Set([...libraries, ...extra])].sort();
}

/** What identifies a large file without reading it. */
function stamp(path: string): string {
  const { size, mtimeMs } = statSync(path);
  return `${path} ${size} ${mtimeMs}`;
}

/** Addons in machine code among the npm packages: they may need libraries that Node itself does not. */
function addons(): string[] {
  return productionPackages(PROJECT_ROOT)
    .flatMap((folder) => packageFiles(PROJECT_ROOT, folder))
    .filter((file) => file.endsWith('.node'))
    .map((file) => join(PROJECT_ROOT, file));
}

/** Node (the one that runs this), the libraries of it and of addons, the user, certificate authorities. */
export async function baseLayer(): Promise<Layer> {
  const node = process.execPath;
  const libraries = await librariesOf([node, ...addons()]);
  const certificates = existsSync(CERTIFICATES) ? [CERTIFICATES] : [];
  return cachedLayer('base', [process.version, ...[node, ...libraries, ...certificates].map(stamp)], (tar) => {
    tar.addFolder('tmp', 0o1777);
    tar.add(
      'etc/passwd',
      `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${USER_ID}:${USER_ID}:nonroot:/tmp:/sbin/nologin\n`,
    );
    tar.add('etc/group', `root:x:0:\nnonroot:x:${USER_ID}:\n`);
    tar.add('etc/nsswitch.conf', 'hosts: files dns\n');
    for (const path of certificates) tar.addFrom(path.slice(1), path);
    for (const path of libraries) tar.addFrom(path.slice(1), path, 0o755);
    tar.addFrom('usr/local/bin/node', node, 0o755);
  });
}

/** The npm packages that are not for development only. */
export async function packagesLayer(): Promise<Layer> {
  const installed = readFileSync(join(PROJECT_ROOT, 'node_modules', '.package-lock.json'));
  const lock = readFileSync(join(PROJECT_ROOT, 'package-lock.json'));
  return cachedLayer('packages', [process.platform, process.arch, lock, installed], (tar) => {
    for (const folder of productionPackages(PROJECT_ROOT)) {
      for (const file of packageFiles(PROJECT_ROOT, folder)) tar.addFrom(`app/${file}`, join(PROJECT_ROOT, file));
    }
  });
}

/** The project's own files. */
export async function appLayer(): Promise<Layer> {
  const files = imageFiles().map((path) => ({ path, content: readFileSync(join(PROJECT_ROOT, path)) }));
  return cachedLayer(
    'app',
    files.flatMap(({ path, content }) => [path, content]),
    (tar) => {
      for (const { path, content } of files) tar.add(`app/${path}`, content);
    },
  );
}

// Builds the project's image without Docker: an archive in the OCI layout that containerd, kind and Docker import.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { appLayer, baseLayer, type Layer, packagesLayer, USER_ID } from './image/layers.ts';
import { TarWriter } from './image/tar-writer.ts';

export interface Image {
  /** The archive with both images in it, which share all layers. */
  readonly tarPath: string;
  /** Names as in a pod: the entry point is the same, the argument that follows differs. */
  readonly operatorImage: string;
  readonly workerImage: string;
  /** Changes whenever the content does. */
  readonly digest: string;
}

/** What Docker and the builder here must agree on; see the Dockerfile. */
export const IMAGE_CONFIG = {
  entrypoint: ['/usr/local/bin/node', '/app/cli/main.ts'],
  workingDir: '/app',
  user: `${USER_ID}:${USER_ID}`,
  env: { NODE_ENV: 'production' },
  roles: ['operator', 'worker'],
} as const;

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

interface Blob {
  readonly digest: string;
  readonly bytes: Buffer;
}

function jsonBlob(document: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: createHash('sha256').update(bytes).digest('hex'), bytes };
}

const descriptor = (
  mediaType: string,
  blob: { digest: string },
  size: number,
): { mediaType: string; digest: string; size: number } => ({
  mediaType,
  digest: `sha256:${blob.digest}`,
  size,
});

interface RoleImage {
  readonly name: string;
  readonly config: Blob;
  readonly manifest: Blob;
}

function roleImage(name: string, role: string, layers: readonly Layer[]): RoleImage {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined)
    throw new Error(`no image can be built for the processor ${process.arch}: Node has no Linux build for it here`);
  const config = jsonBlob({
    architecture,
    os: 'linux',
    config: {
      User: IMAGE_CONFIG.user,
      Entrypoint: IMAGE_CONFIG.entrypoint,
      Cmd: [role],
      WorkingDir: IMAGE_CONFIG.workingDir,
      Env: [
        'PATH=/usr/local/bin:/usr/bin:/bin',
        ...Object.entries(IMAGE_CONFIG.env).map(([key, value]) => `${key}=${value}`),
      ],
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
    history: layers.map(() => ({ created_by: 'streamjob test harness' })),
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', config, config.bytes.length),
    layers: layers.map((layer) => descriptor('application/vnd.oci.image.layer.v1.tar', layer, layer.sizeBytes)),
  });
  return { name, config, manifest };
}

function writeArchive(path: string, images: readonly RoleImage[], layers: readonly Layer[]): void {
  const tar = new TarWriter(path);
  tar.add('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const manifests = images.map(({ name, manifest }) => ({
    ...descriptor('application/vnd.oci.image.manifest.v1+json', manifest, manifest.bytes.length),
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
  }));
  tar.add(
    'index.json',
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }),
  );
  // Docker's older importers read this list instead of the index.
  tar.add(
    'manifest.json',
    JSON.stringify(
      images.map(({ name, config }) => ({
        Config: `blobs/sha256/${config.digest}`,
        RepoTags: [name],
        Layers: layers.map(({ digest }) => `blobs/sha256/${digest}`),
      })),
    ),
  );
  for (const blob of images.flatMap(({ config, manifest }) => [config, manifest]))
    tar.add(`blobs/sha256/${blob.digest}`, blob.bytes);
  for (const layer of layers) tar.add(`blobs/sha256/${layer.digest}`, readFileSync(layer.path));
  tar.close();
}

/** Builds the image from the work tree as it is now; unchanged layers, and an unchanged image, come from the cache. `tag` defaults to `dev`. */
export async function buildImage(options: { readonly tag?: string } = {}): Promise<Image> {
  const tag = options.tag ?? 'dev';
  const layers = [await baseLayer(), await packagesLayer(), await appLayer()];
  const name = (role: string): string => `docker.io/streamjob/${role}:${tag}`;
  const images = IMAGE_CONFIG.roles.map((role) => roleImage(name(role), role, layers));
  const digests = images.map(({ manifest }) => manifest.digest);
  const folder = await cached({
    name: 'image',
    inputs: [tag, ...digests],
    keep: 2,
    build: async (unfinished) => writeArchive(join(unfinished, 'image.tar'), images, layers),
  });
  return {
    tarPath: join(folder, 'image.tar'),
    operatorImage: name('operator'),
    workerImage: name('worker'),
    digest: jsonBlob(digests).digest,
  };
}

// Writes images as archives in the OCI layout: what containerd, kind and Docker import. Images of one archive share their layers.
import { createHash } from 'node:crypto';
import type { Layer } from './layers.ts';
import { TarWriter } from './tar-writer.ts';

/** The part of an image's configuration that says how it is run; the names are those of the OCI image format. */
export interface RunConfig {
  readonly User?: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd?: readonly string[];
  readonly WorkingDir?: string;
  readonly Env?: readonly string[];
}

export interface ImageSpec {
  /** With registry and tag, as containerd wants it: `docker.io/streamjob/worker:dev`. */
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly config: RunConfig;
}

interface Blob {
  /** Hex SHA-256. */
  readonly digest: string;
  readonly bytes: Buffer;
}

/** An image worked out to its last byte, apart from its layers. */
export interface OciImage {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly config: Blob;
  readonly manifest: Blob;
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

function jsonBlob(document: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(document));
  return { digest: createHash('sha256').update(bytes).digest('hex'), bytes };
}

function descriptor(
  mediaType: string,
  digest: string,
  size: number,
): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: `sha256:${digest}`, size };
}

/** The configuration and manifest of an image. The same spec gives the same bytes, so the manifest's digest stands for the image. */
export function ociImage(spec: ImageSpec): OciImage {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined)
    throw new Error(`no image can be built for the processor ${process.arch}, only for x64 and arm64`);
  const config = jsonBlob({
    architecture,
    os: 'linux',
    config: { ...spec.config, Env: ['PATH=/usr/local/bin:/usr/bin:/bin', ...(spec.config.Env ?? [])] },
    rootfs: { type: 'layers', diff_ids: spec.layers.map(({ digest }) => `sha256:${digest}`) },
    history: spec.layers.map(() => ({ created_by: 'streamjob test harness' })),
  });
  const manifest = jsonBlob({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor('application/vnd.oci.image.config.v1+json', config.digest, config.bytes.length),
    layers: spec.layers.map((layer) =>
      descriptor('application/vnd.oci.image.layer.v1.tar', layer.digest, layer.sizeBytes),
    ),
  });
  return { name: spec.name, layers: spec.layers, config, manifest };
}

/**
 * Writes the archive of the given images to `path`. Layers whose digest is in `known` are left out: containerd imports such an archive when it
 * has them already.
 */
export function writeOciArchive(
  path: string,
  images: readonly OciImage[],
  known: ReadonlySet<string> = new Set(),
): void {
  const tar = new TarWriter(path);
  tar.add('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const manifests = images.map(({ name, manifest }) => ({
    ...descriptor(MANIFEST_TYPE, manifest.digest, manifest.bytes.length),
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
  }));
  tar.add(
    'index.json',
    JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }),
  );
  // Docker's older importers read this list instead of the index.
  const list = images.map(({ name, config, layers }) => ({
    Config: `blobs/sha256/${config.digest}`,
    RepoTags: [name],
    Layers: layers.map(({ digest }) => `blobs/sha256/${digest}`),
  }));
  tar.add('manifest.json', JSON.stringify(list));
  for (const { digest, bytes } of images.flatMap(({ config, manifest }) => [config, manifest]))
    tar.add(`blobs/sha256/${digest}`, bytes);
  const layers = new Map(images.flatMap((image) => image.layers.map((layer) => [layer.digest, layer])));
  for (const { digest, path: layerPath } of layers.values()) {
    if (!known.has(digest)) tar.addFrom(`blobs/sha256/${digest}`, layerPath);
  }
  tar.close();
}

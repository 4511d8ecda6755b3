// The project's image, built without Docker from the work tree, for import into a cluster's nodes.
import { contentHash } from './cache.ts';
import { appLayer, baseLayer, packagesLayer, USER_ID } from './image/layers.ts';
import { type OciImage, ociImage } from './image/oci-archive.ts';

export interface Image {
  /** Both images; they share all layers. */
  readonly images: readonly OciImage[];
  /** Names as in a pod: the entry point is the same, the default argument (`operator`, `worker`) differs. */
  readonly operatorImage: string;
  readonly workerImage: string;
  /** Changes whenever the content does. */
  readonly digest: string;
}

/** How the image is run. The Dockerfile says the same. */
export const IMAGE_CONFIG = {
  entrypoint: ['/usr/local/bin/node', '/app/cli/main.ts'],
  workingDir: '/app',
  user: `${USER_ID}:${USER_ID}`,
  env: ['NODE_ENV=production'],
  roles: ['operator', 'worker'],
} as const;

/** Builds the image from the work tree as it is now; unchanged layers come from the cache. `tag` defaults to `dev`. */
export async function buildImage(options: { readonly tag?: string } = {}): Promise<Image> {
  const layers = [await baseLayer(), await packagesLayer(), await appLayer()];
  const name = (role: string): string => `docker.io/streamjob/${role}:${options.tag ?? 'dev'}`;
  const { entrypoint, workingDir, user, env, roles } = IMAGE_CONFIG;
  const images = roles.map((role) =>
    ociImage({
      name: name(role),
      layers,
      config: { User: user, Entrypoint: entrypoint, Cmd: [role], WorkingDir: workingDir, Env: env },
    }),
  );
  return {
    images,
    operatorImage: name('operator'),
    workerImage: name('worker'),
    digest: contentHash(images.map(({ manifest }) => manifest.digest)),
  };
}

// `make image`: writes the image, with both its names in it, to an archive that containerd, kind and Docker load.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheRoot } from './cache.ts';
import { buildImage } from './image.ts';
import { writeOciArchive } from './image/oci-archive.ts';

const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: 'latest' },
    output: { type: 'string', default: join(cacheRoot(), 'streamjob-image.tar') },
  },
});
const image = await buildImage({ tag: values.tag });
mkdirSync(dirname(values.output), { recursive: true });
writeOciArchive(values.output, image.images);
process.stdout.write(`${values.output}: ${image.operatorImage} ${image.workerImage}\n`);

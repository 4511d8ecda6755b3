// The StreamJob in a manifest file. Other objects in the file (Secrets, topics, …) belong to a cluster and are passed over.
import { KIND, readManifests } from '../../crds/index.ts';
import { errorText } from '../text.ts';

export type ManifestReading =
  | { readonly ok: true; readonly document: Record<string, unknown> }
  | { readonly ok: false; readonly message: string };

export function readManifest(text: string, file: string): ManifestReading {
  let values: readonly unknown[];
  try {
    values = readManifests(text).map(({ value }) => value);
  } catch (error) {
    return { ok: false, message: `${file} is not YAML: ${errorText(error).split('\n')[0] ?? ''}` };
  }
  const jobs = values.filter(isMap).filter(({ kind }) => kind === KIND);
  const [job, another] = jobs;
  if (job === undefined) return { ok: false, message: `${file} holds no object of kind ${KIND}.` };
  if (another !== undefined)
    return {
      ok: false,
      message: `${file} holds ${jobs.length} objects of kind ${KIND}; one at a time can be run from a file.`,
    };
  const { metadata } = job;
  if (!isMap(metadata) || typeof metadata['name'] !== 'string')
    return { ok: false, message: `${file}: metadata.name is required.` };
  return { ok: true, document: job };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

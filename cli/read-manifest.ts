// Reads manifest files, with every problem at once.
import { readFile } from 'node:fs/promises';
import {
  readManifests as readDocuments,
  validateStreamJob,
  type ManifestDocument,
  type Problem,
  type ResolvedJob,
  type StreamJob,
} from '../crds/index.ts';
import { CliError } from './cli-error.ts';

export interface CheckedManifest {
  /** `file` or `file#2` for the second document. */
  readonly where: string;
  readonly name: string;
  readonly result:
    | { readonly job: StreamJob; readonly resolved: ResolvedJob }
    | { readonly problems: readonly Problem[] };
}

/** All documents of a file. Throws CliError when the file cannot be read or is not YAML. */
export async function readManifests(file: string): Promise<readonly CheckedManifest[]> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError(2, `cannot read ${file}: ${error.message}`);
  });
  const documents = parseDocuments(file, text);
  if (documents.length === 0) throw new CliError(1, `${file} holds no document`);
  return documents.map(({ index, value }) => {
    const where = documents.length === 1 ? file : `${file}#${index + 1}`;
    const checked = validateStreamJob(value);
    const result = checked.ok ? { job: checked.job, resolved: checked.resolved } : { problems: checked.problems };
    return { where, name: checked.ok ? checked.resolved.name : nameOf(value), result };
  });
}

function parseDocuments(file: string, text: string): readonly ManifestDocument[] {
  try {
    return readDocuments(text);
  } catch (error) {
    throw new CliError(1, `${file} is not YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The one valid job of a file. Throws CliError that lists all problems. */
export async function readJob(file: string): Promise<{ readonly job: StreamJob; readonly resolved: ResolvedJob }> {
  const manifests = await readManifests(file);
  const [manifest] = manifests;
  if (manifest === undefined || manifests.length > 1)
    throw new CliError(2, `${file} holds ${manifests.length} documents; give a file with one StreamJob`);
  if ('job' in manifest.result) return manifest.result;
  throw new CliError(
    1,
    `${file} is not valid:\n${manifest.result.problems.map(({ message }) => `  ${message}`).join('\n')}`,
  );
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('metadata' in value)) return '?';
  const { metadata } = value;
  return typeof metadata === 'object' && metadata !== null && 'name' in metadata ? String(metadata.name) : '?';
}

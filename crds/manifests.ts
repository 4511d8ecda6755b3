// Reads manifest files as kubectl and Helm do: YAML 1.1, in which an unquoted `on` or `y` is a boolean. A job must mean the
// same to `streamjob validate` and to the cluster.
import { parseAllDocuments } from 'yaml';

export interface ManifestDocument {
  /** Index in the stream, from 0. */
  readonly index: number;
  /** Line on which the document begins, from 1. */
  readonly line: number;
  readonly value: unknown;
}

/**
 * All documents of a YAML (or JSON) stream, empty ones left out.
 * @throws Error with line and column when the text is not YAML or names a key twice.
 */
export function readManifests(text: string): ManifestDocument[] {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    // Times stay text, as in Go's reader.
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp'),
    uniqueKeys: true,
    prettyErrors: true,
  });
  return [...documents].flatMap((document, index) => {
    const error = document.errors[0];
    if (error !== undefined) throw new Error(`not a YAML document: ${error.message}`, { cause: error });
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return [];
    return [{ index, line: lineAt(text, document.contents?.range?.[0] ?? document.range[0]), value }];
  });
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

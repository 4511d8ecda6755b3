// From the text of a test file to jobs and cases, or to all that is wrong with it.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readManifests, type ResolvedJob, validateStreamJob } from '../../crds/index.ts';
import { CliError } from '../cli-error.ts';
import { readStep, type StepContext } from './read-step.ts';
import { type TestCase, type TestDocument, type TestFile, TestFileError } from './test-file.ts';
import { type Place, TreeReader } from './tree-reader.ts';
import { toPlain } from './tree-values.ts';
import { parseTrees, type Tree } from './yaml-tree.ts';

const MOST_PARTITIONS = 1_024;

/** Throws TestFileError; CliError when the file cannot be read. */
export async function readTestFile(file: string): Promise<TestFile> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError(2, `cannot read ${file}: ${error.message}`);
  });
  return parseTestFile(file, text);
}

/** `file`: its name, for messages and as the place from which other files are named. */
export async function parseTestFile(file: string, text: string): Promise<TestFile> {
  const parsed = parseTrees(text);
  if (!parsed.ok) throw new TestFileError(file, [{ line: parsed.line, path: '', message: parsed.message }]);
  const reader = new TreeReader();
  if (parsed.documents.length === 0)
    reader.problems.push({ line: 0, path: '', message: 'holds no document; a test file has a job and its cases' });
  const documents: TestDocument[] = [];
  for (const [index, tree] of parsed.documents.entries()) {
    const before = reader.problems.length;
    const document = await readDocument(tree, { reader, folder: path.dirname(file) });
    if (document !== null) documents.push(document);
    if (parsed.documents.length > 1) inDocument(reader, before, index);
  }
  if (reader.problems.length > 0)
    throw new TestFileError(
      file,
      reader.problems.toSorted((a, b) => a.line - b.line),
    );
  return { file, documents };
}

/** In a file of several documents a path says which. */
function inDocument({ problems }: TreeReader, from: number, index: number): void {
  for (const [at, problem] of problems.entries())
    if (at >= from) problems[at] = { ...problem, path: `document ${index + 1}${problem.path && `.${problem.path}`}` };
}

async function readDocument(
  tree: Tree,
  { reader, folder }: Pick<StepContext, 'reader' | 'folder'>,
): Promise<TestDocument | null> {
  const map = reader.map({ tree, path: '' }, ['job', 'partitions', 'cases']);
  if (map === null) return null;
  const partitionsPlace = reader.field(map, 'partitions');
  const partitions = reader.integer(partitionsPlace, { min: 1, max: MOST_PARTITIONS, fallback: 1 });
  const casesPlace = reader.required(map, 'cases');
  const cases =
    casesPlace === undefined
      ? []
      : reader.items(casesPlace, 'cases').flatMap((place) => readCase(place, { reader, folder, partitions }));
  const jobPlace = reader.required(map, 'job');
  const job = jobPlace === undefined ? null : await readJob(jobPlace, reader, folder);
  return job === null ? null : { job, partitions, cases };
}

function readCase(place: Place, context: StepContext): readonly TestCase[] {
  const { reader } = context;
  const map = reader.map(place, ['name', 'steps']);
  if (map === null) return [];
  const name = reader.text(reader.required(map, 'name'));
  const stepsPlace = reader.required(map, 'steps');
  const places = stepsPlace === undefined ? [] : reader.items(stepsPlace, 'steps');
  const steps = places.flatMap((step) => readStep(step, context) ?? []);
  const end = steps.findIndex(({ kind }) => kind === 'endOfInput');
  for (const [index, { kind, line }] of steps.entries())
    if (end >= 0 && index > end && ['record', 'raw', 'records', 'endOfInput'].includes(kind))
      reader.problems.push({
        line,
        path: `${place.path}.steps`,
        message: `${kind} after endOfInput: no record can follow it`,
      });
  return name === null ? [] : [{ name, line: place.tree.line, steps }];
}

/** Inline, or the name of a manifest. */
async function readJob(place: Place, reader: TreeReader, folder: string): Promise<ResolvedJob | null> {
  const { tree } = place;
  if (tree.kind === 'map') return validated(toPlain(tree), place, reader);
  const file = reader.text(place);
  if (file === null) return null;
  try {
    const manifests = readManifests(await readFile(path.resolve(folder, file), 'utf8'));
    const [manifest] = manifests;
    if (manifest !== undefined && manifests.length === 1) return validated(manifest.value, place, reader);
    reader.problem(place, `${file} holds ${manifests.length} documents; give a file with one StreamJob`);
  } catch (error) {
    reader.problem(place, `cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return null;
}

function validated(manifest: unknown, place: Place, reader: TreeReader): ResolvedJob | null {
  const checked = validateStreamJob(withStorage(manifest));
  if (checked.ok) return checked.resolved;
  for (const { path: where, message } of checked.problems)
    reader.problems.push({ line: lineOf(place.tree, where), path: place.path, message });
  return null;
}

/** No test needs storage, so a job may leave it out. */
function withStorage(manifest: unknown): unknown {
  if (!isObject(manifest) || !isObject(manifest['spec'])) return manifest;
  const { spec } = manifest;
  const checkpoint = spec['checkpoint'] ?? {};
  if (!isObject(checkpoint) || 'storage' in checkpoint) return manifest;
  return { ...manifest, spec: { ...spec, checkpoint: { ...checkpoint, storage: { local: { path: '/memory' } } } } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Line of what stands at a path such as `spec.sinks[0].kafka`, or of the last part of it that is there. */
function lineOf(tree: Tree, where: string): number {
  let here = tree;
  let { line } = tree;
  for (const part of where.split(/[.[\]"]+/).filter((text) => text !== '')) {
    if (here.kind === 'list') {
      const item = here.items[Number(part)];
      if (item === undefined) break;
      here = item;
      line = item.line;
    } else if (here.kind === 'map') {
      const entry = here.entries.find(({ key }) => key === part);
      if (entry === undefined) break;
      here = entry.value;
      line = entry.line;
    } else break;
  }
  return line;
}

// One step of a case: a map with one name, and what belongs to that name.
import path from 'node:path';
import { type RecordsFile, type SourceRecord, type Step, STEP_NAMES } from './test-file.ts';
import { join, type Place, type TreeReader, unknown } from './tree-reader.ts';
import type { Row } from './row-value.ts';
import { numberText, toJson, toRowValue } from './tree-values.ts';
import type { MapTree } from './yaml-tree.ts';

export interface StepContext {
  readonly reader: TreeReader;
  /** Of the source topic. */
  readonly partitions: number;
  /** Folder of the test file: where the names of other files begin. */
  readonly folder: string;
}

const MOST_WORKERS = 16;

/** Null when it is no step; the problems are in the reader. */
export function readStep(place: Place, context: StepContext): Step | null {
  const { reader } = context;
  const { tree } = place;
  const [entry, ...more] = tree.kind === 'map' ? tree.entries : [];
  if (entry === undefined || more.length > 0) {
    reader.problem(place, `a step is a map with one name: one of ${STEP_NAMES.join(', ')}`);
    return null;
  }
  const kind = STEP_NAMES.find((name) => name === entry.key);
  if (kind === undefined) {
    reader.problem({ tree, path: place.path }, unknown('step', entry.key, STEP_NAMES));
    return null;
  }
  const argument = { tree: entry.value, path: join(place.path, kind) };
  return { line: entry.line, ...readKind(kind, argument, context) };
}

type StepBody = Step extends infer S ? (S extends Step ? Omit<S, 'line'> : never) : never;

function readKind(kind: Step['kind'], place: Place, context: StepContext): StepBody {
  const { reader } = context;
  const max = Number.MAX_SAFE_INTEGER;
  switch (kind) {
    case 'record':
    case 'raw':
      return { kind, record: readRecord(kind, place, context) };
    case 'records':
      return { kind, records: readRecordsFile(place, context) };
    case 'advanceTime':
      return { kind, ms: reader.duration(place) };
    case 'checkpoint':
    case 'crash':
    case 'endOfInput':
      if (place.tree.kind !== 'scalar' || place.tree.value !== null) reader.map(place, []);
      return { kind };
    case 'rescale':
      return { kind, workers: reader.integer(place, { min: 1, max: MOST_WORKERS, fallback: 1 }) };
    case 'expect':
      return { kind, rows: reader.items(place, 'rows').flatMap((row) => readRow(row, reader)) };
    case 'expectLate':
    case 'expectBad':
      return { kind, count: reader.integer(place, { min: 0, max, fallback: 0 }) };
    default:
      return kind satisfies never;
  }
}

function readRow(place: Place, reader: TreeReader): readonly Row[] {
  if (place.tree.kind !== 'map') {
    reader.problem(place, 'a row is a map of the fields of one result');
    return [];
  }
  reader.jsonLike(place);
  return [toRowValue(place.tree) as Row];
}

function readRecord(kind: 'record' | 'raw', place: Place, { reader, partitions }: StepContext): SourceRecord {
  const nothing = { key: null, value: null, partition: 0, timestampMs: null, headers: [] };
  const map = reader.map(place, ['key', 'value', 'partition', 'timestamp', 'headers']);
  if (map === null) return nothing;
  const value = reader.required(map, 'value');
  const timestamp = reader.field(map, 'timestamp');
  const safe = Number.MAX_SAFE_INTEGER;
  return {
    key: readKey(reader.field(map, 'key'), reader),
    value: value === undefined ? null : kind === 'raw' ? reader.text(value) : readValue(value, reader),
    partition: reader.integer(reader.field(map, 'partition'), { min: 0, max: partitions - 1, fallback: 0 }),
    timestampMs: timestamp === undefined ? null : reader.integer(timestamp, { min: -safe, max: safe, fallback: 0 }),
    headers: readHeaders(reader.field(map, 'headers'), reader),
  };
}

/** A YAML null is a null value, all else is its JSON text. */
function readValue(place: Place, reader: TreeReader): string | null {
  reader.jsonLike(place);
  return place.tree.kind === 'scalar' && place.tree.value === null ? null : toJson(place.tree);
}

/** Keys are text; a number is taken as it is written. */
function readKey(place: Place | undefined, reader: TreeReader): string | null {
  if (place === undefined || (place.tree.kind === 'scalar' && place.tree.value === null)) return null;
  const { tree } = place;
  return tree.kind === 'scalar' && typeof tree.value === 'number' ? numberText(tree) : reader.text(place);
}

function readHeaders(place: Place | undefined, reader: TreeReader): SourceRecord['headers'] {
  if (place === undefined) return [];
  if (place.tree.kind !== 'map') {
    reader.problem(place, 'must be a map of names and texts');
    return [];
  }
  reader.jsonLike(place);
  const map: Place<MapTree> = { tree: place.tree, path: place.path };
  return place.tree.entries.map(({ key }) => ({ key, value: readKey(reader.field(map, key), reader) }));
}

function readRecordsFile(place: Place, { reader, folder }: StepContext): RecordsFile {
  const nothing = { file: '', keyField: null, timestampField: null, partitionField: null, from: 0, to: 0 };
  const map = reader.map(place, ['file', 'keyField', 'timestampField', 'partitionField', 'from', 'to']);
  if (map === null) return nothing;
  const max = Number.MAX_SAFE_INTEGER;
  const file = reader.text(reader.required(map, 'file'));
  const from = reader.integer(reader.field(map, 'from'), { min: 0, max, fallback: 0 });
  return {
    file: file === null ? '' : path.resolve(folder, file),
    keyField: reader.text(reader.field(map, 'keyField')),
    timestampField: reader.text(reader.field(map, 'timestampField')),
    partitionField: reader.text(reader.field(map, 'partitionField')),
    from,
    to: reader.integer(reader.field(map, 'to'), { min: from, max, fallback: max }),
  };
}

// What a job reads of a record: expressions parsed and fields collected once, readers made of them for each task.
import { type Expression, parseExpression, type ResolvedAggregate, type ResolvedJob } from '../../crds/index.ts';
import { takesScalar } from '../aggregate/index.ts';
import { KeyEncoder, RECORD_KEY } from './canonical-key.ts';
import { EnvelopeFields, isEnvelopePath, RECORD_KEY_PATH } from './envelope-fields.ts';
import { EventTimeReader } from './event-time.ts';
import { compileCondition, compileValue } from './expression/index.ts';
import type { FieldSlots } from './field-slots.ts';
import { type InputReader, type InputSource, NumberInputs } from './input-reader.ts';
import { JsonScanner } from './json-scanner.ts';
import { type MixedInput, MixedInputs, type MixedSource, type Wanted } from './mixed-inputs.ts';
import { RecordReader } from './record-reader.ts';

interface Parsed {
  readonly text: string;
  readonly expression: Expression;
  readonly fields: readonly string[];
}

type PlannedSource = { readonly wanted: Wanted } & (
  | { readonly kind: 'field'; readonly path: string }
  | { readonly kind: 'expression'; readonly parsed: Parsed }
);

/** Null: every record. */
interface PlannedInput {
  readonly filter: Parsed | null;
  readonly source: PlannedSource | null;
}

export interface ReaderPlan {
  readonly job: ResolvedJob;
  readonly where: Parsed | null;
  readonly inputs: readonly PlannedInput[];
  /** Paths into the value, without duplicates. */
  readonly valuePaths: readonly string[];
  /** Paths of what a record has besides. */
  readonly envelopePaths: readonly string[];
  /** Of the paths into the value: nothing is read but the digits. */
  readonly digitsOnly: readonly string[];
}

/** Throws when an expression does not parse, which validation refuses before. */
export function readerPlanOf(job: ResolvedJob): ReaderPlan {
  const { eventTime } = job.source;
  const where = job.where === null ? null : parsed('spec.where', job.where, 'condition');
  const inputs = job.aggregates.map(plannedInput);
  const used = new Set([
    // The record key as a key is taken from the record itself.
    ...job.keyBy.filter((path) => path !== RECORD_KEY_PATH),
    ...(where?.fields ?? []),
    ...inputs.flatMap(({ filter, source }) => [...(filter?.fields ?? []), ...fieldsOfSource(source)]),
  ]);
  const digitsOnly: string[] = [];
  if (eventTime.kind === 'field') {
    if ((eventTime.unit === 'us' || eventTime.unit === 'ns') && !used.has(eventTime.field))
      digitsOnly.push(eventTime.field);
    used.add(eventTime.field);
  }
  return {
    job,
    where,
    inputs,
    valuePaths: [...used].filter((path) => !isEnvelopePath(path)),
    envelopePaths: [...used].filter(isEnvelopePath),
    digitsOnly,
  };
}

/** A reader for one task. `partition`: of the source. */
export function createReader(plan: ReaderPlan, partition: number): RecordReader {
  const { job, where, valuePaths, envelopePaths, digitsOnly } = plan;
  const { eventTime, watermark } = job.source;
  const scanner = new JsonScanner(valuePaths, { more: envelopePaths, digitsOnly });
  const slotOf = (path: string): number => scanner.paths.indexOf(path);
  const eventTimeField = eventTime.kind === 'field' ? eventTime.field : null;
  const keySlots = job.keyBy.map((path) => (path === RECORD_KEY_PATH ? RECORD_KEY : slotOf(path)));
  return new RecordReader({
    scanner,
    envelope: envelopePaths.length === 0 ? null : new EnvelopeFields(scanner, partition),
    eventTime: new EventTimeReader(eventTime, scanner, eventTimeField === null ? -1 : slotOf(eventTimeField)),
    eventTimeField,
    maxFutureMs: watermark.maxFutureMs,
    where: where === null ? null : compileCondition(where.expression, scanner),
    key: new KeyEncoder(keySlots, scanner),
    keyBy: job.keyBy,
    inputs: inputReader(plan.inputs, scanner),
  });
}

function parsed(where: string, text: string, expects: 'condition' | 'number' | 'scalar'): Parsed {
  const result = parseExpression(text, expects);
  if (!result.ok) throw new Error(`${where} cannot be compiled: ${result.message}`);
  return { text, expression: result.expression, fields: result.fields };
}

function plannedInput({ name, fn, where, input }: ResolvedAggregate): PlannedInput {
  const at = `spec.aggregates.${name}`;
  const filter = where === null ? null : parsed(`${at}.where`, where, 'condition');
  if (input.kind === 'record') return { filter, source: null };
  const wanted = fn === 'count' ? 'presence' : takesScalar(fn) ? 'scalar' : 'number';
  if (input.kind === 'field') return { filter, source: { wanted, kind: 'field', path: input.field } };
  const expression = parsed(`${at}.${fn}.of`, input.text, wanted === 'number' ? 'number' : 'scalar');
  return { filter, source: { wanted, kind: 'expression', parsed: expression } };
}

function fieldsOfSource(source: PlannedSource | null): readonly string[] {
  if (source === null) return [];
  return source.kind === 'field' ? [source.path] : source.parsed.fields;
}

/** The fast one when the job asks for no more. */
function inputReader(inputs: readonly PlannedInput[], scanner: FieldSlots): InputReader {
  const simple = inputs.map((input) => simpleSource(input, scanner));
  const sources = simple.filter((source) => source !== null);
  return sources.length === inputs.length ? new NumberInputs(sources, scanner) : mixedInputs(inputs, scanner);
}

function simpleSource({ filter, source }: PlannedInput, slots: FieldSlots): InputSource | null {
  if (filter !== null) return null;
  if (source === null) return { kind: 'record' };
  if (source.kind === 'expression' || source.wanted === 'scalar') return null;
  return { kind: source.wanted, slot: slots.paths.indexOf(source.path) };
}

/** Equal filters and equal sources become one. */
function mixedInputs(planned: readonly PlannedInput[], slots: FieldSlots): MixedInputs {
  const filters = new Map<string, Parsed>();
  const sources = new Map<string, PlannedSource>();
  const inputs: MixedInput[] = [];
  const indexIn = <T>(map: Map<string, T>, key: string, value: T): number => {
    if (!map.has(key)) map.set(key, value);
    return [...map.keys()].indexOf(key);
  };
  for (const { filter, source } of planned) {
    inputs.push({
      filter: filter === null ? -1 : indexIn(filters, filter.text, filter),
      source: source === null ? -1 : indexIn(sources, identityOf(source), source),
    });
  }
  return new MixedInputs({
    slots,
    filters: [...filters.values()].map(({ expression }) => compileCondition(expression, slots)),
    sources: [...sources.values()].map((source) => mixedSource(source, slots)),
    inputs,
  });
}

function identityOf(source: PlannedSource): string {
  return JSON.stringify([source.wanted, source.kind, source.kind === 'field' ? source.path : source.parsed.text]);
}

function mixedSource(source: PlannedSource, slots: FieldSlots): MixedSource {
  const { wanted } = source;
  if (source.kind === 'field') return { wanted, kind: 'field', slot: slots.paths.indexOf(source.path) };
  const { text, expression, fields } = source.parsed;
  return {
    wanted,
    kind: 'expression',
    text,
    value: compileValue(expression, slots),
    fields: fields.map((path) => slots.paths.indexOf(path)),
  };
}

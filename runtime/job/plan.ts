// A job compiled: which fields are read, and the readers, tables and writers that its tasks are made of.
import { parseWhere, planHash, type ResolvedAggregate, type ResolvedJob } from '../../crds/index.ts';
import { type AggregateKind, AggregateSet } from '../aggregate/index.ts';
import type { TableLayout } from '../state/index.ts';
import type { TumblingWindow } from '../window/index.ts';
import { KeyEncoder, RECORD_KEY } from './canonical-key.ts';
import { EventTimeReader } from './event-time.ts';
import { JsonScanner } from './json-scanner.ts';
import { type InputSource, RecordReader } from './record-reader.ts';
import { ResultRowWriter } from './result-row.ts';
import { compilePredicate } from './where.ts';

export interface JobPlan {
  readonly job: ResolvedJob;
  /** 8 hex digits. */
  readonly planHash: string;
  readonly window: TumblingWindow;
  /** Field paths that are read from the value. */
  readonly fields: readonly string[];
  /** Tables of windows, and of checkpoints. */
  readonly windowLayout: TableLayout;
  /** Tables of pre-aggregation: the same columns, with record counts and offsets. */
  readonly partialLayout: TableLayout;
  /** Columns of a table and inputs of a record: what a shuffle block reader needs to know. */
  readonly columnCount: number;
  readonly inputCount: number;
  /** One per task: they keep counts and memory of their own. */
  newAggregates(): AggregateSet;
  newReader(): RecordReader;
  newRowWriter(aggregates: AggregateSet): ResultRowWriter;
}

const RECORD_KEY_NAME = '$key';

/** Throws when the filter does not parse, which validation refuses before. */
export function compileJob(job: ResolvedJob): JobPlan {
  const { eventTime } = job.source;
  const where = job.where === null ? null : parseWhere(job.where);
  if (where !== null && !where.ok) throw new Error(`spec.where cannot be compiled: ${where.message}`);
  const fields = [
    ...new Set([
      ...job.keyBy.filter((name) => name !== RECORD_KEY_NAME),
      ...(eventTime.kind === 'field' ? [eventTime.field] : []),
      ...job.aggregates.flatMap(({ input }) => (input.kind === 'field' ? input.field : [])),
      ...(where?.fields ?? []),
    ]),
  ];
  const kinds = job.aggregates.map(({ fn }) => kindOf(fn));
  const { window } = job;
  if (window.kind !== 'tumbling') throw new Error(`no runtime for ${window.kind} windows`);
  const { columns } = new AggregateSet(kinds);
  const names = job.aggregates.map((aggregate) => aggregate.name);

  return {
    job,
    planHash: planHash(job),
    window,
    fields,
    windowLayout: { columns, provenance: false },
    partialLayout: { columns, provenance: true },
    columnCount: columns.length,
    inputCount: kinds.length,
    newAggregates: () => new AggregateSet(kinds),
    newReader: () => {
      const scanner = new JsonScanner(fields);
      const keyFields = job.keyBy.map((name) => (name === RECORD_KEY_NAME ? RECORD_KEY : fields.indexOf(name)));
      const eventTimeField = eventTime.kind === 'field' ? eventTime.field : null;
      return new RecordReader({
        scanner,
        eventTime: new EventTimeReader(
          eventTime,
          scanner,
          eventTimeField === null ? -1 : fields.indexOf(eventTimeField),
        ),
        eventTimeField,
        where: where === null ? null : compilePredicate(where.predicate, scanner),
        key: new KeyEncoder(keyFields, scanner),
        keyBy: job.keyBy,
        inputs: job.aggregates.map((aggregate) => inputOf(aggregate, fields)),
      });
    },
    newRowWriter: (aggregates) => new ResultRowWriter({ keyBy: job.keyBy, names, aggregates }),
  };
}

function kindOf(fn: ResolvedAggregate['fn']): AggregateKind {
  if (fn === 'count' || fn === 'sum' || fn === 'min' || fn === 'max' || fn === 'avg') return fn;
  throw new Error(`no runtime for ${fn}`);
}

function inputOf({ fn, input }: ResolvedAggregate, fields: readonly string[]): InputSource {
  if (input.kind !== 'field') return { kind: 'record' };
  return { kind: fn === 'count' ? 'presence' : 'number', field: fields.indexOf(input.field) };
}

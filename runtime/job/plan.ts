// A job compiled: which fields are read, and the readers, tables and writers that its tasks are made of.
import { planHash, type ResolvedJob, type ResolvedWindow } from '../../crds/index.ts';
import { AggregateSet, type AggregateSpec } from '../aggregate/index.ts';
import type { TableLayout } from '../state/index.ts';
import { fragmentLayout, sessionLayout, tracksChanges } from '../window/index.ts';
import { aggregateSpecOf } from './aggregate-spec-of.ts';
import { KeyWriter } from './key-writer.ts';
import { createReader, type ReaderPlan, readerPlanOf } from './reader-plan.ts';
import type { RecordReader } from './record-reader.ts';
import { ResultRowWriter } from './result-row.ts';

export interface JobPlan {
  readonly job: ResolvedJob;
  /** 8 hex digits. */
  readonly planHash: string;
  readonly window: ResolvedWindow;
  readonly aggregateSpecs: readonly AggregateSpec[];
  /** Field paths that are read from the value. */
  readonly fields: readonly string[];
  /** Tables of windows, and of checkpoints. */
  readonly windowLayout: TableLayout;
  /** Tables of pre-aggregation: by pane, for sessions by fragment. */
  readonly partialLayout: TableLayout;
  /** Inputs of a record: what a shuffle block reader needs to know besides the layout. */
  readonly inputCount: number;
  /** One per task: they keep counts and memory of their own. */
  newAggregates(): AggregateSet;
  /** `partition`: of the source, for `$partition`. */
  newReader(partition: number): RecordReader;
  newRowWriter(aggregates: AggregateSet): ResultRowWriter;
  newKeyWriter(): KeyWriter;
}

/** Throws when an expression does not parse, which validation refuses before. */
export function compileJob(job: ResolvedJob): JobPlan {
  const { window, keyBy } = job;
  const reader: ReaderPlan = readerPlanOf(job);
  const aggregateSpecs = job.aggregates.map(aggregateSpecOf);
  const aggregates = new AggregateSet(aggregateSpecs);
  const names = job.aggregates.map((aggregate) => aggregate.name);

  return {
    job,
    planHash: planHash(job),
    window,
    aggregateSpecs,
    fields: reader.valuePaths,
    windowLayout: windowLayoutOf(job, aggregates),
    partialLayout: partialLayoutOf(job, aggregates),
    inputCount: aggregateSpecs.length,
    newAggregates: () => new AggregateSet(aggregateSpecs),
    newReader: (partition) => createReader(reader, partition),
    newRowWriter: (set) => new ResultRowWriter({ keyBy, names, aggregates: set }),
    newKeyWriter: () => new KeyWriter(keyBy),
  };
}

function windowLayoutOf(job: ResolvedJob, { columns, cells }: AggregateSet): TableLayout {
  const epochs = tracksChanges(job);
  if (job.window.kind === 'session') return sessionLayout({ columns, cells }, { epochs });
  return { columns, cells, provenance: false, epochs };
}

function partialLayoutOf({ window, lateData }: ResolvedJob, { columns, cells }: AggregateSet): TableLayout {
  // A session record that must be judged by itself travels as a row of its own: lateData may want the record.
  if (window.kind === 'session') return fragmentLayout({ columns, cells }, { originals: lateData !== null });
  return { columns, cells, provenance: true, epochs: false };
}

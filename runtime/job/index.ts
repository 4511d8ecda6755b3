// A job compiled: the only door to this folder.
export { badRecordMessage, BAD_REASONS, type BadReason, type BadRecord } from './bad-record.ts';
export type { KeyWriter } from './key-writer.ts';
export { compileJob, type JobPlan } from './plan.ts';
export { BAD, FILTERED, NULL_VALUE, OK, type RecordReader } from './record-reader.ts';
export type { RecordView } from './record-view.ts';
export { resultTimestampMs, type ResultRowWriter, type RowSink } from './result-row.ts';

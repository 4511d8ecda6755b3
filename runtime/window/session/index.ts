// Session windows: the only door to this folder.
export {
  fragmentLayout,
  type SessionAggregates,
  sessionColumns,
  type SessionColumns,
  sessionLayout,
} from './layouts.ts';
export { ORIGINAL_RECORD, type OriginalRecord, originalRecordBytes } from './original-record.ts';

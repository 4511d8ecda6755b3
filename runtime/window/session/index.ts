// Session windows: the only door to this folder.
export {
  fragmentLayout,
  type SessionAggregates,
  sessionColumns,
  type SessionColumns,
  sessionLayout,
} from './layouts.ts';
export { ORIGINAL_RECORD, type OriginalRecord, originalRecordBytes } from './original-record.ts';
export { type FragmentSource, SessionFragments, type SessionFragmentsOptions } from './session-fragments.ts';
export { SessionWindows, type SessionWindowsOptions } from './session-windows.ts';

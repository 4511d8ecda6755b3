// Windows and watermarks, pure: the only door to this folder.
export { createWindows, type CreateWindowsOptions, type TaskWindows } from './create-windows.ts';
export {
  type IdleState,
  type IdleThresholds,
  IdleTracker,
  NOT_IDLE,
  type SilentFetch,
} from './idle-tracker.ts';
export { type KeyedInput, type PartialRows } from './keyed-input.ts';
export { createPaneLayout, type PaneLayout, type PaneWindow, type WindowBounds } from './pane-layout.ts';
export { tracksChanges } from './pane-windows.ts';
export { PartitionWatermark } from './partition-watermark.ts';
export { SourceWatermarks } from './source-watermarks.ts';
export * from './session/index.ts';
export { watermarkStep } from './watermark-step.ts';
export {
  type EmitRows,
  type FiredWindow,
  LATE,
  type PanedWindows,
  PARTLY_LATE,
  TAKEN,
  type WindowRows,
  type Windows,
  type WindowsSnapshot,
} from './windows.ts';

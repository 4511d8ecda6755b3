// Windows and watermarks, pure: the only door to this folder.
export {
  type IdleState,
  type IdleThresholds,
  IdleTracker,
  NOT_IDLE,
  type SilentFetch,
} from './idle-tracker.ts';
export { type KeyedInput, type PartialRows } from './keyed-input.ts';
export { aggregatePaneLayout, type PaneLayout, type PaneWindow, type WindowBounds } from './pane-layout.ts';
export { PartitionWatermark } from './partition-watermark.ts';
export { SourceWatermarks } from './source-watermarks.ts';
export { isLate, type TumblingWindow, windowStart } from './tumbling.ts';
export { watermarkStep } from './watermark-step.ts';
export { type Pane, WindowState } from './window-state.ts';
export {
  type EmitRows,
  type FiredWindow,
  LATE,
  PARTLY_LATE,
  TAKEN,
  type WindowRows,
  type Windows,
  type WindowsSnapshot,
} from './windows.ts';

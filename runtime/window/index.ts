// Windows and watermarks, pure: the only door to this folder.
export { type IdleState, IdleTracker, NOT_IDLE, type SilentFetch } from './idle-tracker.ts';
export { PartitionWatermark } from './partition-watermark.ts';
export { SourceWatermarks } from './source-watermarks.ts';
export { isLate, type TumblingWindow, windowStart } from './tumbling.ts';
export { type KeyedInput, type Pane, WindowState } from './window-state.ts';

// Which rises of a watermark are worth telling others: only those that can make a window fire, or close it for good.
import type { ResolvedWindow } from '../../crds/index.ts';
import { floorTime } from './pane-layout.ts';

/**
 * A function of the watermark that never falls and rises exactly when a window may fire (end − 1) or be closed for good
 * (end − 1 + lateness): as a number that is only to be compared. Sessions may end at every millisecond, the global window never.
 */
export function watermarkStep(window: ResolvedWindow, latenessMs: number): (watermarkMs: number) => number {
  switch (window.kind) {
    case 'session':
      return (watermarkMs) => watermarkMs;
    case 'global':
      return () => 0;
    case 'tumbling':
      return steps(window.sizeMs, window.offsetMs, latenessMs);
    case 'sliding':
      return steps(window.slideMs, window.offsetMs + window.sizeMs, latenessMs);
    case 'cumulative':
      return steps(window.stepMs, window.offsetMs, latenessMs);
  }
}

function steps(spacingMs: number, offsetMs: number, latenessMs: number): (watermarkMs: number) => number {
  const ends = (timeMs: number): number =>
    Number.isFinite(timeMs) ? (floorTime(timeMs, spacingMs, offsetMs) - offsetMs) / spacingMs : timeMs;
  if (latenessMs === 0) return (watermarkMs) => ends(watermarkMs + 1);
  return (watermarkMs) => ends(watermarkMs + 1) + ends(watermarkMs + 1 - latenessMs);
}

// How time is cut for the windows that are made of panes: a record goes into one pane, and each window is a run of panes that lie
// side by side. Integer milliseconds, exact for every time a record may have, before 1970 too.
import type { ResolvedWindow } from '../../crds/index.ts';

export type PaneWindow = Exclude<ResolvedWindow, { kind: 'session' }>;

export interface WindowBounds {
  readonly startMs: number;
  readonly endMs: number;
}

/** Pane and window starts and ends of one job. `endMs` is exclusive everywhere. */
export interface PaneLayout {
  /** Length of every pane; +Infinity for the global window. */
  readonly paneMs: number;
  /** Windows end `stepMs` apart; +Infinity for the global window. */
  readonly stepMs: number;
  /** Panes of the longest window; 1 for tumbling and global. */
  readonly panesPerWindow: number;
  /** Time is also cut into blocks, each as long as the longest window: no window reaches into more than two. */
  readonly blockMs: number;
  /** Start of the pane that holds `timeMs`; 0 for the global window. */
  paneStart(timeMs: number): number;
  /** Ends of the first and the last window that hold the pane; +Infinity for the global window. */
  earliestEndMs(paneStartMs: number): number;
  latestEndMs(paneStartMs: number): number;
  /** Start of the block that holds `timeMs`. */
  blockStart(timeMs: number): number;
  /** End of the first window that ends after `timeMs`, whether or not it holds data. */
  endAfter(timeMs: number): number;
  /** Start of the window with this end. */
  startOf(endMs: number): number;
  /** Windows that hold the pane, in order of end; the global window has NaN as its bounds. */
  windowsOf(paneStartMs: number): WindowBounds[];
}

/** Pure; `slideMs` ≤ `sizeMs`, and `sizeMs` is a multiple of a cumulative window's `stepMs`. */
export function createPaneLayout(window: PaneWindow): PaneLayout {
  switch (window.kind) {
    case 'tumbling': {
      const { sizeMs, offsetMs } = window;
      return new SlidingLayout({ sizeMs, slideMs: sizeMs, offsetMs });
    }
    case 'sliding':
      return new SlidingLayout(window);
    case 'cumulative':
      return new CumulativeLayout(window);
    case 'global':
      return GLOBAL_LAYOUT;
  }
}

/**
 * The last of the times `offsetMs + k · spacingMs` that is not after `timeMs`: floor, not towards zero. Exact for integers of which
 * `timeMs - offsetMs` is safe: the quotient is further from the next integer than rounding can move it. (And several times as fast
 * as the remainder of doubles.)
 */
export function floorTime(timeMs: number, spacingMs: number, offsetMs: number): number {
  return Math.floor((timeMs - offsetMs) / spacingMs) * spacingMs + offsetMs;
}

class SlidingLayout implements PaneLayout {
  readonly paneMs: number;
  readonly stepMs: number;
  readonly panesPerWindow: number;
  readonly blockMs: number;
  private readonly offsetMs: number;

  constructor({ sizeMs, slideMs, offsetMs }: { sizeMs: number; slideMs: number; offsetMs: number }) {
    this.paneMs = greatestCommonDivisor(sizeMs, slideMs);
    this.stepMs = slideMs;
    this.panesPerWindow = sizeMs / this.paneMs;
    this.blockMs = sizeMs;
    this.offsetMs = offsetMs;
  }

  paneStart(timeMs: number): number {
    return floorTime(timeMs, this.paneMs, this.offsetMs);
  }

  blockStart(timeMs: number): number {
    return floorTime(timeMs, this.blockMs, this.offsetMs);
  }

  earliestEndMs(paneStartMs: number): number {
    return this.endAfter(paneStartMs + this.paneMs - 1);
  }

  latestEndMs(paneStartMs: number): number {
    return floorTime(paneStartMs, this.stepMs, this.offsetMs) + this.blockMs;
  }

  endAfter(timeMs: number): number {
    return floorTime(timeMs, this.stepMs, this.offsetMs + this.blockMs) + this.stepMs;
  }

  startOf(endMs: number): number {
    return endMs - this.blockMs;
  }

  windowsOf(paneStartMs: number): WindowBounds[] {
    return windowsBetween(this, this.earliestEndMs(paneStartMs), this.latestEndMs(paneStartMs));
  }
}

class CumulativeLayout implements PaneLayout {
  readonly paneMs: number;
  readonly stepMs: number;
  readonly panesPerWindow: number;
  readonly blockMs: number;
  private readonly offsetMs: number;

  constructor({ sizeMs, stepMs, offsetMs }: { sizeMs: number; stepMs: number; offsetMs: number }) {
    this.paneMs = stepMs;
    this.stepMs = stepMs;
    this.panesPerWindow = sizeMs / stepMs;
    this.blockMs = sizeMs;
    this.offsetMs = offsetMs;
  }

  paneStart(timeMs: number): number {
    return floorTime(timeMs, this.stepMs, this.offsetMs);
  }

  blockStart(timeMs: number): number {
    return floorTime(timeMs, this.blockMs, this.offsetMs);
  }

  earliestEndMs(paneStartMs: number): number {
    return paneStartMs + this.stepMs;
  }

  latestEndMs(paneStartMs: number): number {
    return floorTime(paneStartMs, this.blockMs, this.offsetMs) + this.blockMs;
  }

  endAfter(timeMs: number): number {
    return floorTime(timeMs, this.stepMs, this.offsetMs) + this.stepMs;
  }

  startOf(endMs: number): number {
    return floorTime(endMs - 1, this.blockMs, this.offsetMs);
  }

  windowsOf(paneStartMs: number): WindowBounds[] {
    return windowsBetween(this, this.earliestEndMs(paneStartMs), this.latestEndMs(paneStartMs));
  }
}

const GLOBAL_LAYOUT: PaneLayout = {
  paneMs: Number.POSITIVE_INFINITY,
  stepMs: Number.POSITIVE_INFINITY,
  panesPerWindow: 1,
  blockMs: Number.POSITIVE_INFINITY,
  paneStart: () => 0,
  blockStart: () => 0,
  earliestEndMs: () => Number.POSITIVE_INFINITY,
  latestEndMs: () => Number.POSITIVE_INFINITY,
  endAfter: () => Number.POSITIVE_INFINITY,
  startOf: () => Number.NaN,
  windowsOf: () => [{ startMs: Number.NaN, endMs: Number.NaN }],
};

function windowsBetween(layout: PaneLayout, firstEndMs: number, lastEndMs: number): WindowBounds[] {
  const windows: WindowBounds[] = [];
  for (let endMs = firstEndMs; endMs <= lastEndMs; endMs += layout.stepMs)
    windows.push({ startMs: layout.startOf(endMs), endMs });
  return windows;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

// Which windows a job gets: the simplest class that does what it asks for, chosen once.
import type { ResolvedEmit, ResolvedWindow } from '../../crds/index.ts';
import type { AggregateSet } from '../aggregate/index.ts';
import { KeyTablePool, type TableLayout } from '../state/index.ts';
import { createPaneLayout } from './pane-layout.ts';
import { PaneWindows, tracksChanges } from './pane-windows.ts';
import { SessionWindows } from './session/index.ts';
import { TumblingCloseWindows } from './tumbling-close-windows.ts';
import type { PanedWindows } from './windows.ts';

export type TaskWindows = PanedWindows | SessionWindows;

export interface CreateWindowsOptions {
  readonly window: ResolvedWindow;
  readonly allowedLatenessMs: number;
  readonly emit: ResolvedEmit;
  readonly aggregates: AggregateSet;
  /** Columns and cells of the aggregates, with epochs when `tracksChanges` says so; for sessions `sessionLayout`. */
  readonly layout: TableLayout;
}

export function createWindows(options: CreateWindowsOptions): TaskWindows {
  const { window, allowedLatenessMs, emit, aggregates, layout } = options;
  if (window.kind === 'session')
    return new SessionWindows({ gapMs: window.gapMs, allowedLatenessMs, emit, aggregates, layout });
  const pool = new KeyTablePool(layout);
  if (window.kind === 'tumbling' && !tracksChanges(options))
    return new TumblingCloseWindows({ window, aggregates, pool });
  return new PaneWindows({ layout: createPaneLayout(window), allowedLatenessMs, emit, aggregates, pool });
}

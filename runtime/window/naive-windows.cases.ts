// Windows as the rules say them, word by word: every record is kept, and every row is computed anew. Slow, and easy to believe.
import type { ResolvedEmit } from '../../crds/index.ts';
import { createPaneLayout, floorTime, type PaneWindow } from './pane-layout.ts';

export interface NaiveRecord {
  readonly key: string;
  readonly timeMs: number;
  readonly value: number;
}

export interface NaiveRow {
  readonly startMs: number;
  readonly endMs: number;
  readonly key: string;
  readonly values: readonly number[];
}

interface Kept extends NaiveRecord {
  /** Rises with everything that happens. */
  readonly at: number;
}

interface NaiveWindow {
  readonly startMs: number;
  readonly endMs: number;
  readonly records: Kept[];
  firedAt: number;
}

export interface NaiveOptions {
  readonly window: PaneWindow;
  readonly allowedLatenessMs: number;
  readonly emit: ResolvedEmit;
}

/** Bounds of every window that holds the time, by the definition of its kind; [−∞, +∞) for the global one. */
export function windowsAt(window: PaneWindow, timeMs: number): { startMs: number; endMs: number }[] {
  if (window.kind === 'global') return [{ startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY }];
  const { sizeMs, offsetMs } = window;
  const windows: { startMs: number; endMs: number }[] = [];
  if (window.kind === 'cumulative') {
    const startMs = floorTime(timeMs, sizeMs, offsetMs);
    for (let endMs = startMs + window.stepMs; endMs <= startMs + sizeMs; endMs += window.stepMs)
      if (endMs > timeMs) windows.push({ startMs, endMs });
    return windows;
  }
  const slideMs = window.kind === 'sliding' ? window.slideMs : sizeMs;
  for (let startMs = floorTime(timeMs, slideMs, offsetMs); startMs + sizeMs > timeMs; startMs -= slideMs)
    windows.unshift({ startMs, endMs: startMs + sizeMs });
  return windows;
}

export class NaiveWindows {
  readonly windows = new Map<number, NaiveWindow>();
  readonly rows: NaiveRow[] = [];
  private readonly options: NaiveOptions;
  private watermarkMs = Number.NEGATIVE_INFINITY;
  private at = 1;
  private flushedAt = 0;

  constructor(options: NaiveOptions) {
    this.options = options;
  }

  /** Bounds of the windows that the record missed. */
  add(record: NaiveRecord): { missed: number[]; taken: number } {
    const missed: number[] = [];
    let taken = 0;
    for (const { startMs, endMs } of windowsAt(this.options.window, record.timeMs)) {
      if (endMs - 1 + this.options.allowedLatenessMs <= this.watermarkMs) {
        missed.push(startMs, endMs);
        continue;
      }
      const window = this.windows.get(endMs) ?? { startMs, endMs, records: [], firedAt: 0 };
      this.windows.set(endMs, window);
      window.records.push({ ...record, at: ++this.at });
      taken++;
    }
    return { missed, taken };
  }

  advance(watermarkMs: number): void {
    if (watermarkMs <= this.watermarkMs) return;
    const { emit, allowedLatenessMs } = this.options;
    for (const window of this.sorted()) {
      const { endMs } = window;
      if (endMs === Number.POSITIVE_INFINITY) continue;
      const fires = endMs - 1 > this.watermarkMs && endMs - 1 <= watermarkMs;
      const closes = endMs - 1 + allowedLatenessMs <= watermarkMs;
      if (fires && emit.mode === 'close') this.emit(window, 0);
      else if (closes || (fires && emit.mode === 'interval')) this.emitChanges(window);
      if (fires && emit.mode !== 'update') window.firedAt = ++this.at;
      if (closes) this.windows.delete(endMs);
    }
    this.watermarkMs = watermarkMs;
  }

  flush(): void {
    for (const window of this.sorted())
      if (this.options.emit.mode !== 'close' || window.endMs - 1 <= this.watermarkMs) this.emitChanges(window);
    this.flushedAt = ++this.at;
  }

  private sorted(): NaiveWindow[] {
    return [...this.windows.values()].sort((a, b) => a.endMs - b.endMs);
  }

  private emitChanges(window: NaiveWindow): void {
    this.emit(window, Math.max(this.flushedAt, window.firedAt));
  }

  /** Keys with a record after `since`, by the first pane that has one; within a pane by the key's first record there. */
  private emit({ startMs, endMs, records }: NaiveWindow, since: number): void {
    const layout = createPaneLayout(this.options.window);
    const paneOf = ({ timeMs }: Kept): number => layout.paneStart(timeMs);
    const panes = [...new Set(records.map(paneOf))].sort((a, b) => a - b);
    const keys = new Set<string>();
    for (const pane of panes) {
      const inPane = records.filter((record) => paneOf(record) === pane);
      const changed = new Set(inPane.filter(({ at }) => at > since).map(({ key }) => key));
      for (const { key } of inPane) if (changed.has(key)) keys.add(key);
    }
    for (const key of keys) {
      const values = records.filter((record) => record.key === key).map(({ value }) => value);
      this.rows.push({ startMs, endMs, key, values });
    }
  }
}

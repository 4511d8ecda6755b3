// The panes of a task in order of start, and the windows that hold any of them in order of end, without walking through the gaps.
import type { Pane } from './pane.ts';
import type { PaneLayout, WindowBounds } from './pane-layout.ts';

export class PaneList {
  private readonly byStart = new Map<number, Pane>();
  private sorted: Pane[] = [];

  /** In order of start. */
  get all(): readonly Pane[] {
    return this.sorted;
  }

  get last(): Pane | null {
    return this.sorted.at(-1) ?? null;
  }

  at(startMs: number): Pane | null {
    return this.byStart.get(startMs) ?? null;
  }

  /** Its start must be free. */
  insert(pane: Pane): void {
    this.byStart.set(pane.startMs, pane);
    this.sorted.splice(this.firstFrom(pane.startMs), 0, pane);
  }

  /** The panes that a window holds, in order. */
  of({ startMs, endMs }: WindowBounds): readonly Pane[] {
    if (Number.isNaN(startMs)) return this.sorted;
    return this.sorted.slice(this.firstFrom(startMs), this.firstFrom(endMs));
  }

  /** Takes out and returns every pane whose last window ends at or before `endMs`. */
  removeUpTo(endMs: number): readonly Pane[] {
    let count = 0;
    while (count < this.sorted.length && this.sorted[count]!.latestEndMs <= endMs) count++;
    if (count === 0) return [];
    const removed = this.sorted.slice(0, count);
    this.sorted = this.sorted.slice(count);
    for (const { startMs } of removed) this.byStart.delete(startMs);
    return removed;
  }

  /** Windows that hold data and end after `afterMs`, in order of end. Not for the global window, which has no end. */
  *windows(layout: PaneLayout, afterMs: number): Generator<WindowBounds> {
    let endMs = Number.isFinite(afterMs) ? layout.endAfter(afterMs) : Number.NEGATIVE_INFINITY;
    for (const pane of this.sorted) {
      if (pane.latestEndMs < endMs) continue;
      for (endMs = Math.max(endMs, pane.earliestEndMs); endMs <= pane.latestEndMs; endMs += layout.stepMs)
        yield { startMs: layout.startOf(endMs), endMs };
    }
  }

  /** Windows that hold a pane with changes since the epoch, in order of end. */
  changedWindows(layout: PaneLayout, sinceEpoch: number): WindowBounds[] {
    const windows = new Map<number, WindowBounds>();
    for (const pane of this.sorted)
      if (pane.lastEpoch >= sinceEpoch)
        for (const window of layout.windowsOf(pane.startMs)) windows.set(window.endMs, window);
    return [...windows.values()].sort((a, b) => a.endMs - b.endMs);
  }

  /** Index of the first pane that starts at or after `timeMs`. */
  private firstFrom(timeMs: number): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sorted[middle]!.startMs < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

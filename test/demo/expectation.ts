// What the results must be, worked out from the clicks as they are made: so the demonstration can say whether it was exact.
import type { Click } from '../../cli/clickstream/index.ts';

export interface Row {
  readonly userId: string;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly pageViews: number;
  readonly engagementMs: number;
}

interface Cell {
  pageViews: number;
  engagementMs: number;
  seen: boolean;
}

const WINDOW_MS = 60_000;

export class Expectation {
  readonly #windows = new Map<number, Map<string, Cell>>();
  #newestSeen = Number.NEGATIVE_INFINITY;
  duplicated = 0;
  wrong = 0;

  /** The same clicks, noted on their way. */
  *noting(clicks: Iterable<Click>): Generator<Click> {
    for (const click of clicks) {
      if (click.type === 'page_view') this.#note(click);
      yield click;
    }
  }

  check({ userId, windowStart, pageViews, engagementMs }: Row): void {
    const cell = this.#windows.get(windowStart)?.get(userId);
    if (cell === undefined || cell.pageViews !== pageViews || cell.engagementMs !== engagementMs) this.wrong++;
    else if (cell.seen) this.duplicated++;
    else cell.seen = true;
    this.#newestSeen = Math.max(this.#newestSeen, windowStart);
  }

  /** Results that should have been seen: of windows before the newest one that was. */
  get lost(): number {
    let lost = 0;
    for (const [start, cells] of this.#windows)
      if (start < this.#newestSeen) for (const { seen } of cells.values()) lost += seen ? 0 : 1;
    return lost;
  }

  #note({ userId, ts, durationMs }: Click): void {
    const start = ts - (ts % WINDOW_MS);
    let cells = this.#windows.get(start);
    if (cells === undefined) this.#windows.set(start, (cells = new Map()));
    const cell = cells.get(userId);
    if (cell === undefined) cells.set(userId, { pageViews: 1, engagementMs: durationMs, seen: false });
    else {
      cell.pageViews++;
      cell.engagementMs += durationMs;
    }
  }
}

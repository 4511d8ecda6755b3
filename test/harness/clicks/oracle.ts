// What a job over a clickstream must have written in the end: worked out click by click in the plainest way, apart from the project's code.
import type { Click } from '../../../cli/clickstream/index.ts';
import type { ResultRow } from './compare-rows.ts';

export interface OracleJob {
  /** Size of the tumbling window. */
  readonly windowMs: number;
  /** Offset of the windows. Default 0. */
  readonly windowOffsetMs?: number;
  /** The job's maxOutOfOrderness; not below the clickstream's. */
  readonly maxOutOfOrderMs: number;
  /** The job's `where`. Default: page views. */
  readonly where?: (click: Click) => boolean;
  /** Name of the count of clicks in the result. Default `pageViews`. */
  readonly countAs?: string;
  /** Name of the sum of durationMs in the result. Default `engagementMs`. */
  readonly sumAs?: string;
}

interface Cell {
  readonly userId: string;
  readonly windowStart: number;
  count: number;
  sum: number;
}

const isPageView = (click: Click): boolean => click.type === 'page_view';

/** Throws when a click is late in its own partition: then the result would hang on arrival and there would be no single right answer. */
function watermarkOf(clicks: Iterable<Click>, maxOutOfOrderMs: number): number {
  const newest = new Map<number, number>();
  for (const click of clicks) {
    const before = newest.get(click.partition) ?? Number.NEGATIVE_INFINITY;
    if (click.ts < before - maxOutOfOrderMs) {
      throw new Error(
        `click ${click.eventId} is ${before - click.ts} ms behind its partition, more than maxOutOfOrderMs ${maxOutOfOrderMs}: give the oracle the bound of the clickstream`,
      );
    }
    newest.set(click.partition, Math.max(before, click.ts));
  }
  return Math.min(...newest.values()) - maxOutOfOrderMs - 1;
}

/** The rows of all windows that are closed when every click has been read, by window and user: one for each user with a click in it. */
export function oracle(clicks: Iterable<Click>, job: OracleJob): ResultRow[] {
  const { windowMs, windowOffsetMs = 0, where = isPageView, countAs = 'pageViews', sumAs = 'engagementMs' } = job;
  const watermark = watermarkOf(clicks, job.maxOutOfOrderMs);
  const cells = new Map<string, Cell>();
  for (const click of clicks) {
    if (!where(click)) continue;
    const windowStart = Math.floor((click.ts - windowOffsetMs) / windowMs) * windowMs + windowOffsetMs;
    if (windowStart + windowMs - 1 > watermark) continue;
    const id = `${windowStart} ${click.userId}`;
    const cell = cells.get(id) ?? { userId: click.userId, windowStart, count: 0, sum: 0 };
    cell.count += 1;
    cell.sum += click.durationMs;
    cells.set(id, cell);
  }
  return [...cells.values()]
    .sort((a, b) => a.windowStart - b.windowStart || (a.userId < b.userId ? -1 : 1))
    .map(({ userId, windowStart, count, sum }) => ({
      userId,
      windowStart,
      windowEnd: windowStart + windowMs,
      [countAs]: count,
      [sumAs]: sum,
    }));
}

// The results of one user's events, computed the plain way: sorted by time and put into every window they are in.
import type { RaceWindow } from '../cases.ts';
import type { ResultRow } from './result-rows.ts';

export interface Event {
  readonly timeMs: number;
  readonly durationMs: number;
}

/** The rows of one user's events, in the order of their starts. */
export function windowRows(user: number, events: readonly Event[], window: RaceWindow): ResultRow[] {
  const sorted = events.toSorted((a, b) => a.timeMs - b.timeMs);
  if (window.kind === 'session') return sessions(user, sorted, window.gapMs);
  const stepMs = window.kind === 'sliding' ? window.slideMs : window.sizeMs;
  const within = new Map<number, Event[]>();
  for (const event of sorted) {
    const lastStartMs = event.timeMs - (event.timeMs % stepMs);
    for (let startMs = lastStartMs; startMs > event.timeMs - window.sizeMs; startMs -= stepMs) {
      const list = within.get(startMs);
      if (list === undefined) within.set(startMs, [event]);
      else list.push(event);
    }
  }
  return [...within]
    .sort(([a], [b]) => a - b)
    .map(([startMs, list]) => rowOf(list, { user, startMs, endMs: startMs + window.sizeMs }));
}

function sessions(user: number, sorted: readonly Event[], gapMs: number): ResultRow[] {
  const rows: ResultRow[] = [];
  let session: Event[] = [];
  for (const [index, event] of sorted.entries()) {
    session.push(event);
    const next = sorted[index + 1];
    // An event exactly one gap later still belongs to the session.
    if (next !== undefined && next.timeMs - event.timeMs <= gapMs) continue;
    const startMs = (session[0] as Event).timeMs;
    rows.push(rowOf(session, { user, startMs, endMs: event.timeMs + gapMs }));
    session = [];
  }
  return rows;
}

function rowOf(events: readonly Event[], bounds: Pick<ResultRow, 'user' | 'startMs' | 'endMs'>): ResultRow {
  const durations = events.map(({ durationMs }) => durationMs);
  return {
    ...bounds,
    count: events.length,
    sum: durations.reduce((sum, duration) => sum + duration, 0),
    max: durations.reduce((max, duration) => Math.max(max, duration), -Infinity),
  };
}

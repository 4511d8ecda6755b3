// What a generator of clicks gives, and how a click is written: one JSON document of some 290 bytes, of which a job uses three fields.

/** Positions at the current click after `next()` returned true. Nothing is allocated per click. */
export interface ClickStream {
  next(): boolean;
  /** Number of the user; its id is `u<number>`. */
  readonly user: number;
  /** Number of the session; its id is `s<number>`. */
  readonly session: number;
  /** Event time, epoch milliseconds. */
  readonly timeMs: number;
  readonly durationMs: number;
  readonly type: 'page_view' | 'click';
  readonly page: number;
}

/** Event time of the first click. */
export const START_MS = 1_760_000_000_000;
export const PAGES = 1000;

export function userId(user: number): string {
  return `u${user}`;
}

/** The JSON document of the click that the stream stands at. */
export function clickJson(click: Omit<ClickStream, 'next'>, number: number): string {
  return (
    `{"eventId":"e${number}","userId":"u${click.user}","sessionId":"s${click.session}","type":"${click.type}",` +
    `"url":"/products/${click.page}/details","referrer":"https://www.example.com/search?q=stream",` +
    `"userAgent":"Mozilla/5.0 (X11; Linux x86_64)","durationMs":${click.durationMs},"ts":${click.timeMs}}`
  );
}

// Tumbling windows: [start, start + size), aligned to `offset`. Integer milliseconds, exact for every time a record may have.

export interface TumblingWindow {
  readonly sizeMs: number;
  readonly offsetMs: number;
}

/** Start of the window that holds `timeMs`. Floor-modulo: times before 1970 go to the window before, not towards zero. */
export function windowStart({ sizeMs, offsetMs }: TumblingWindow, timeMs: number): number {
  const rest = (timeMs - offsetMs) % sizeMs;
  return timeMs - (rest < 0 ? rest + sizeMs : rest);
}

/** A record is late for a window when the watermark has passed its last millisecond by the allowed lateness. */
export function isLate(endMs: number, allowedLatenessMs: number, watermarkMs: number): boolean {
  return endMs - 1 + allowedLatenessMs <= watermarkMs;
}

/** A window fires when no record of it is expected any more. */
export function isComplete(endMs: number, watermarkMs: number): boolean {
  return watermarkMs >= endMs - 1;
}

// Watermarks that a direct task raised by decision (silence, the end of its input) and not by a record. They are no function of the
// log, so they stand in the commit metadata with the offset at which each was taken, and a replay takes them again exactly there.

/** Before the record at `offset` was folded, the watermark was raised to `watermarkMs`. */
export interface ForcedWatermark {
  readonly offset: number;
  /** Epoch ms. */
  readonly watermarkMs: number;
}

/** As many as the commit metadata has room for; another has to wait until a checkpoint makes older ones superfluous. */
export const MAX_FORCED = 8;

export class ForcedWatermarks {
  #entries: ForcedWatermark[] = [];
  #from: number;
  #next = 0;

  constructor(from = 0) {
    this.#from = from;
  }

  /** No more decision can be written down. */
  get isFull(): boolean {
    return this.#entries.length >= MAX_FORCED;
  }

  /** A fold that begins before this offset lacks decisions. */
  get from(): number {
    return this.#from;
  }

  get entries(): readonly ForcedWatermark[] {
    return this.#entries;
  }

  /** Offset of the next decision that a replay has not come to; Infinity when there is none. */
  get nextOffset(): number {
    return this.#entries[this.#next]?.offset ?? Number.POSITIVE_INFINITY;
  }

  /** Takes the next decision of the replay. */
  take(): number {
    const entry = this.#entries[this.#next++];
    if (entry === undefined) throw new Error('a replay asked for a decision that was not taken');
    return entry.watermarkMs;
  }

  /** A decision taken now, live. */
  add(entry: ForcedWatermark): void {
    if (this.isFull)
      throw new Error(`${MAX_FORCED} decisions are written down already: a checkpoint has to come first`);
    this.#entries.push(entry);
    this.#next = this.#entries.length;
  }

  /** No fold will begin before `offset` any more. */
  forgetBefore(offset: number): void {
    const kept = this.#entries.filter((entry) => entry.offset >= offset);
    if (kept.length === this.#entries.length) return;
    this.#next = Math.max(0, this.#next - (this.#entries.length - kept.length));
    this.#entries = kept;
    this.#from = Math.max(this.#from, offset);
  }

  /** As committed, for a fold that begins at `offset`: what was decided before is in its state already. */
  static restore(
    { from, forced }: { from: number; forced: readonly ForcedWatermark[] },
    offset: number,
  ): ForcedWatermarks {
    const restored = new ForcedWatermarks(from);
    restored.#entries = [...forced];
    restored.#next = forced.findIndex((entry) => entry.offset >= offset);
    if (restored.#next < 0) restored.#next = forced.length;
    return restored;
  }
}

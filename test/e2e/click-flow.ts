// Clicks that flow for as long as a test takes, and then what must have come of them.
import { type Click, clickstream, oracle, produceClicks, type Produced, type ResultRow } from '../harness/clicks.ts';

export interface FlowTarget {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly partitions: number;
}

/** More than any test lasts. */
const CLICKS = 200_000;
const RATE_PER_SECOND = 400;
const OUT_OF_ORDER_MS = 2_000;
const WINDOW_MS = 5_000;

export class ClickFlow {
  readonly #target: FlowTarget;
  readonly #clicks: readonly Click[];
  readonly #end = new AbortController();
  readonly #producing: Promise<Produced>;
  #sent = 0;

  /** Starts to produce at once. */
  constructor(target: FlowTarget) {
    this.#target = target;
    const { partitions } = target;
    const options = { seed: 7, count: CLICKS, users: 200, partitions, startMs: Date.UTC(2026, 0, 1) };
    this.#clicks = [...clickstream({ ...options, spacingMs: 5, maxOutOfOrderMs: OUT_OF_ORDER_MS })];
    this.#producing = produceClicks({
      ...target,
      clicks: this.#clicks.slice(0, CLICKS),
      ratePerSecond: RATE_PER_SECOND,
      signal: this.#end.signal,
      onProgress: (records) => {
        this.#sent = records;
      },
    });
  }

  /** Clicks that the broker has taken. */
  get sent(): number {
    return this.#sent;
  }

  /** Ends the flow with the records that close all windows. Resolves with the rows that a job by user must have written. */
  async end(): Promise<ResultRow[]> {
    this.#end.abort();
    const { records } = await this.#producing;
    const ticks = this.#clicks.slice(CLICKS);
    await produceClicks({ ...this.#target, clicks: ticks });
    return oracle([...this.#clicks.slice(0, records), ...ticks], {
      windowMs: WINDOW_MS,
      maxOutOfOrderMs: OUT_OF_ORDER_MS,
    });
  }
}

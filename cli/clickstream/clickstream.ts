// A clickstream that is the same for the same options: clicks of many users, out of order by a known bound, in the partitions of a topic.
import { keyForPartition, keyPartitioner } from './key-partition.ts';
import { seededRandom } from './seeded-random.ts';

export interface Click {
  readonly eventId: string;
  readonly userId: string;
  readonly sessionId: string;
  /** `page_view`, `click`, `scroll`, `purchase`, or `tick` for the records that end the stream. */
  readonly type: string;
  readonly url: string;
  readonly durationMs: number;
  /** Event time, epoch milliseconds. */
  readonly ts: number;
  /** Key of the Kafka record. */
  readonly key: string;
  readonly partition: number;
}

export interface ClickstreamOptions {
  readonly seed: number;
  /** Clicks, without the ticks at the end. */
  readonly count: number;
  readonly users: number;
  readonly partitions: number;
  /** Event time of the first click, epoch milliseconds. */
  readonly startMs: number;
  /** Event time between two clicks; fractions are allowed. Default 1. */
  readonly spacingMs?: number;
  /** A click's time is behind the stream's by 0 to this many milliseconds. Default 0. */
  readonly maxOutOfOrderMs?: number;
  /** What the record key is: the session (a job by user then needs a shuffle) or the user. Default `session`. */
  readonly keyedBy?: 'session' | 'user';
  /**
   * After the last click each partition gets a record of type `tick`, this much later, which moves the watermark past all clicks' windows: so it is to be
   * more than a window and the out-of-order bound. Default 1 hour; `null` for no ticks.
   */
  readonly tickAfterMs?: number | null;
}

/** Can be iterated many times, always with the same clicks in the order in which they are to be produced. */
export interface Clickstream extends Iterable<Click> {
  readonly options: ClickstreamOptions;
}

const HOUR_MS = 3_600_000;
const PAGES = 500;
const MAX_DURATION_MS = 30_000;
// Seven of ten are page views.
const TYPES = [
  'page_view',
  'page_view',
  'page_view',
  'page_view',
  'page_view',
  'page_view',
  'page_view',
  'click',
  'scroll',
  'purchase',
];

function* ticks(options: ClickstreamOptions, partitionOf: (key: string) => number, ts: number): Generator<Click> {
  for (let partition = 0; partition < options.partitions; partition += 1) {
    const key = keyForPartition(partitionOf, partition, 'tick-');
    yield {
      eventId: `tick${partition}`,
      userId: key,
      sessionId: key,
      type: 'tick',
      url: '/',
      durationMs: 0,
      ts,
      key,
      partition,
    };
  }
}

function* clicks(options: ClickstreamOptions): Generator<Click> {
  const random = seededRandom(options.seed);
  const partitionOf = keyPartitioner(options.partitions);
  const spacingMs = options.spacingMs ?? 1;
  const lateBound = (options.maxOutOfOrderMs ?? 0) + 1;
  let streamMs = options.startMs;
  for (let i = 0; i < options.count; i += 1) {
    streamMs = options.startMs + Math.floor(i * spacingMs);
    const user = random.below(options.users);
    const userId = `u${user}`;
    // Three sessions a user: so the clicks of one user are in several partitions.
    const sessionId = `s${user}-${random.below(3)}`;
    const key = options.keyedBy === 'user' ? userId : sessionId;
    yield {
      eventId: `e${i}`,
      userId,
      sessionId,
      type: TYPES[random.below(TYPES.length)] ?? 'page_view',
      url: `/products/${(random.below(PAGES) * 7919) % 1000}/details`,
      durationMs: random.below(MAX_DURATION_MS),
      ts: streamMs - random.below(lateBound),
      key,
      partition: partitionOf(key),
    };
  }
  const tickAfterMs = options.tickAfterMs === undefined ? HOUR_MS : options.tickAfterMs;
  if (tickAfterMs !== null) yield* ticks(options, partitionOf, streamMs + tickAfterMs);
}

/** The clickstream of the given options. */
export function clickstream(options: ClickstreamOptions): Clickstream {
  return { options, [Symbol.iterator]: () => clicks(options) };
}

/** The record's value: about 235 bytes of JSON. */
export function clickJson(click: Click): string {
  const { eventId, userId, sessionId, type, url, durationMs, ts } = click;
  return JSON.stringify({
    eventId,
    userId,
    sessionId,
    type,
    url,
    referrer: 'https://www.example.com/search?q=stream',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
    durationMs,
    ts,
  });
}

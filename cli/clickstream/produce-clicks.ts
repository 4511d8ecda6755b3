// Produces a clickstream in its order, as fast as it goes or at a given rate, through kafkajs.
import { setTimeout as delay } from 'node:timers/promises';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { type Click, clickJson } from './clickstream.ts';

export interface ProduceOptions {
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly clicks: Iterable<Click>;
  /** Records per second; absent: as fast as the broker takes them. */
  readonly ratePerSecond?: number;
  /** Ends early, between two batches; what was sent stays. */
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of records that the broker has acknowledged so far. */
  readonly onProgress?: (records: number) => void;
}

export interface Produced {
  readonly records: number;
  /** Wall clock, epoch milliseconds. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

const LARGEST_BATCH = 2000;
/** At a rate, the records of this much time are sent together. */
const PACE_MS = 50;

function* batches(clicks: Iterable<Click>, size: number): Generator<Message[]> {
  let batch: Message[] = [];
  for (const click of clicks) {
    batch.push({ key: click.key, value: clickJson(click), partition: click.partition });
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Sends the clicks one batch after the other, each record once also when the broker restarts meanwhile. Resolves when all are acknowledged. */
export async function produceClicks(options: ProduceOptions): Promise<Produced> {
  const { ratePerSecond, signal } = options;
  const paced = ratePerSecond === undefined ? LARGEST_BATCH : Math.max(1, Math.round((ratePerSecond * PACE_MS) / 1000));
  const brokers = options.bootstrapServers.split(',');
  const producer = new Kafka({ brokers, clientId: 'streamjob-generate', logLevel: logLevel.NOTHING }).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 200 },
  });
  await producer.connect();
  try {
    const startedAtMs = Date.now();
    const started = performance.now();
    let records = 0;
    for (const messages of batches(options.clicks, Math.min(LARGEST_BATCH, paced))) {
      if (signal?.aborted === true) break;
      if (ratePerSecond !== undefined) {
        const aheadMs = (records / ratePerSecond) * 1000 - (performance.now() - started);
        if (aheadMs > 0) await delay(aheadMs);
      }
      await producer.send({ topic: options.topic, messages, acks: -1 });
      records += messages.length;
      options.onProgress?.(records);
    }
    return { records, startedAtMs, endedAtMs: Date.now() };
  } finally {
    await producer.disconnect();
  }
}

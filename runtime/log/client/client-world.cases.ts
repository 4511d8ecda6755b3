// An embedded cluster on a virtual clock, and the means to wait in it, for the tests of reader and producer.
import { RecordCursor, RecordsBuilder } from '../batch/index.ts';
import type { Broker } from '../broker.ts';
import {
  type Intercept,
  MemoryCluster,
  type MemoryClusterOptions,
  seededRandom,
  VirtualClock,
} from '../memory/index.ts';
import type { ReaderChunk } from './types.ts';

export class ClientWorld {
  readonly clock = new VirtualClock({ startMs: 1_000_000 });
  readonly random = seededRandom(3);
  readonly cluster: MemoryCluster;

  constructor(options: Partial<MemoryClusterOptions> = {}) {
    this.cluster = new MemoryCluster({ clock: this.clock, random: this.random, ...options });
  }

  connect(clientId: string, intercept?: Intercept): Broker {
    return this.cluster.connect(intercept === undefined ? { clientId } : { clientId, intercept });
  }

  /** Lets time pass until the work is done, at most a virtual minute. */
  async drive<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => (isDone = true));
    // It is awaited below; until then a rejection is nobody's.
    done.catch(() => undefined);
    await this.until('the work is done', () => isDone);
    return await done;
  }

  async until(what: string, isSo: () => boolean, limitMs = 60_000): Promise<number> {
    const startedMs = this.clock.monotonicMs();
    for (;;) {
      await this.clock.advance(0);
      const tookMs = this.clock.monotonicMs() - startedMs;
      if (isSo()) return tookMs;
      if (tookMs > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`);
      if (!(await this.clock.advanceToNext())) await this.clock.advance(100);
    }
  }
}

/** The same broker, with some of its requests answered by the test. */
export function withFaults(broker: Broker, faults: Partial<Broker>): Broker {
  return new Proxy(broker, {
    get: (target, name: keyof Broker) => faults[name] ?? (target[name] as () => unknown).bind(target),
  });
}

export function recordsOf(...values: string[]): RecordsBuilder {
  const records = new RecordsBuilder();
  for (const value of values) records.append({ timestampMs: 1_000_000, key: null, value: Buffer.from(value) });
  return records;
}

/** Values of the records at or behind `from`: a batch may straddle it. */
export function valuesOf(chunk: ReaderChunk, from = 0): string[] {
  const cursor = new RecordCursor();
  return chunk.batches.flatMap((batch) => {
    const values: string[] = [];
    cursor.reset(batch);
    while (cursor.next())
      if (cursor.offset >= from) values.push(cursor.buffer.toString('utf8', cursor.valueStart, cursor.valueEnd));
    return values;
  });
}

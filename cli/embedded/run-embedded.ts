// A job in this process, from lines to lines: the real workers on the in-memory log and the real clock, fed from a stream until it ends.
import type { ResolvedJob } from '../../crds/index.ts';
import { MemoryStore } from '../../runtime/checkpoint/index.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Random } from '../../runtime/random.ts';
import { eventTimeOf } from '../case-file/event-time-of.ts';
import { type LineFields, lineRecord } from '../case-file/line-record.ts';
import { EmbeddedCluster } from './embedded-cluster.ts';
import type { EmbeddedWorker } from './embedded-worker.ts';
import { embeddedJob } from './embedded-job.ts';
import { lineBatches } from './line-batches.ts';
import { inputIsOver, waitsFor } from './quiescence.ts';

/** Records that may wait to be read before the input is held up. */
const MOST_WAITING = 50_000;
const PERIOD_MS = 20;

export interface RunEmbeddedOptions {
  readonly job: ResolvedJob;
  readonly workers: number;
  /** Of the source topic. */
  readonly partitions: number;
  /** Chunks of text: a JSON document a line. */
  readonly input: AsyncIterable<string>;
  readonly fields: LineFields;
  /** Takes a row. */
  readonly print: (line: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface EmbeddedTotals {
  readonly records: number;
  readonly bad: number;
  readonly late: number;
}

/**
 * Resolves when the input is over and every window has given out its rows, or when `stop` is aborted: then windows stay open. Throws
 * what ends a worker, FatalProblem among it.
 */
export async function runEmbedded(options: RunEmbeddedOptions, stop: AbortSignal): Promise<EmbeddedTotals> {
  const run = new EmbeddedRun(options);
  try {
    await run.start();
    await run.feed(stop);
    if (!stop.aborted) await run.finish(stop);
    return await run.totals();
  } finally {
    await run.close();
  }
}

class EmbeddedRun {
  readonly #options: RunEmbeddedOptions;
  readonly #cluster: EmbeddedCluster;
  readonly #workers: EmbeddedWorker[] = [];
  #records = 0;
  /** By partition. */
  readonly #written: number[];

  constructor(options: RunEmbeddedOptions) {
    this.#options = options;
    this.#written = Array.from({ length: options.partitions }, () => 0);
    this.#cluster = new EmbeddedCluster({
      ...options,
      job: { ...embeddedJob(options.job), sinks: [{ kind: 'print' }] },
      sourcePartitions: options.partitions,
      store: new MemoryStore(),
    });
  }

  async start(): Promise<void> {
    for (let index = 0; index < this.#options.workers; index++)
      this.#workers.push(await this.#cluster.start(`embedded-${index}`));
  }

  /** Until the stream ends, or `stop`. */
  async feed(stop: AbortSignal): Promise<void> {
    const stopped = new Promise<{ readonly done: true; readonly value: undefined }>((resolve) => {
      stop.addEventListener('abort', () => resolve({ done: true, value: undefined }), { once: true });
      if (stop.aborted) resolve({ done: true, value: undefined });
    });
    const batches = lineBatches(this.#options.input);
    for (;;) {
      const { done, value } = await Promise.race([batches.next(), stopped]);
      if (done === true) return;
      this.#append(value);
      await this.#forgetWhatIsDone();
      while (this.#waiting() > MOST_WAITING && !stop.aborted) await this.#pause();
    }
  }

  /** No line follows: every window closes and its rows are out. */
  async finish(stop: AbortSignal): Promise<void> {
    await this.#until(stop, () => waitsFor(this.#cluster, this.#workers));
    // Only now: a task that is told so takes what it has read for all there is.
    this.#cluster.endInput();
    await this.#until(stop, async () => (await waitsFor(this.#cluster, this.#workers)) ?? inputIsOver(this.#workers));
  }

  async totals(): Promise<EmbeddedTotals> {
    const bad = await Promise.all(this.#workers.map((worker) => worker.badRecords()));
    const slots = this.#workers.flatMap(({ worker }) => worker.slots);
    return {
      records: this.#records,
      bad: bad.reduce((sum, count) => sum + count, 0),
      late: slots.reduce((sum, { task }) => sum + task.counters.late, 0),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
    await this.#cluster.close();
  }

  #append(lines: readonly string[]): void {
    const { job, fields, partitions, clock } = this.#options;
    const records = lines.map((line) => lineRecord(line, fields, partitions));
    for (const [partition, batch] of Map.groupBy(records, (record) => record.partition)) {
      this.#cluster.append(
        partition,
        batch.map(({ key, value, headers, timestampMs }) => ({
          key,
          value,
          headers,
          timestampMs: timestampMs ?? eventTimeOf({ key, value, headers }, job.source.eventTime) ?? clock.now(),
        })),
      );
      this.#written[partition] = (this.#written[partition] ?? 0) + batch.length;
    }
    this.#records += lines.length;
  }

  /** Records that no worker has read yet. Throws the failure of a worker. */
  #waiting(): number {
    const written = this.#written.reduce((sum, count) => sum + count, 0);
    let read = 0;
    for (const { failure, worker } of this.#workers) {
      if (failure !== null) throw failure;
      for (const { kind, task } of worker.slots) if (kind !== 'aggregate') read += task.position;
    }
    return written - read;
  }

  /** Source records that no task will ever read again, so that the input may be longer than memory. */
  async #forgetWhatIsDone(): Promise<void> {
    for (const { worker } of this.#workers)
      for (const { kind, partition, committed, chain } of worker.slots) {
        const done = kind === 'ingest' ? committed.offset : kind === 'direct' ? (chain.at(-1)?.offset ?? 0) : 0;
        if (done > 0) await this.#cluster.forget(partition.partition, done);
      }
  }

  async #until(stop: AbortSignal, reason: () => Promise<string | null>): Promise<void> {
    while (!stop.aborted && (await reason()) !== null) await this.#pause();
  }

  #pause(): Promise<void> {
    return this.#options.clock.sleep(PERIOD_MS);
  }
}

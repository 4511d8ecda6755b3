// Everything that one commit will write: encoded records per sink or shuffle partition, and printed rows. Every record belongs to
// a task, so that a task that was lost can be taken out and the rest sent again as it is.
import { partitionKey } from '../log/client/index.ts';
import { RecordsBuilder } from '../log/batch/index.ts';
import type { TopicPartition } from '../log/broker.ts';

/** Well below the 1 MiB that brokers take for one batch by default. */
const CHUNK_BYTES = 512 * 1024;
/** Larger batches are sent in parts: together records may be more than a broker takes, though it takes each of them. */
const MAX_BATCH_BYTES = 1_000_000;
/** A builder that once held a huge record would hold its memory for ever. */
const MAX_FREE_BUILDER_BYTES = 2 * 1024 * 1024;
const MAX_FREE_BUILDERS = 64;

export interface ProduceChunk extends TopicPartition {
  readonly records: RecordsBuilder;
}

/** Memory of what is known to be committed, for what is written next: fresh memory by the megabyte is what garbage collectors are busy with. */
export class BuilderPool {
  readonly #free: RecordsBuilder[] = [];

  take(): RecordsBuilder {
    return this.#free.pop() ?? new RecordsBuilder();
  }

  /** Nobody may look at the builder afterwards. */
  give(builder: RecordsBuilder): void {
    if (this.#free.length >= MAX_FREE_BUILDERS || builder.buffer.length > MAX_FREE_BUILDER_BYTES) return;
    builder.reset();
    this.#free.push(builder);
  }
}

/** The records for one topic, by partition. */
export class TopicOutput {
  readonly topic: string;
  /** By partition; the last chunk of each is being filled. */
  readonly chunks: (RecordsBuilder[] | undefined)[] = [];
  readonly #outputs: Outputs;

  constructor(topic: string, outputs: Outputs) {
    this.topic = topic;
    this.#outputs = outputs;
  }

  /** The builder to append the next record to. Ask anew for every record: full ones are put aside. */
  builder(partition: number): RecordsBuilder {
    const chunks = (this.chunks[partition] ??= []);
    let last = chunks[chunks.length - 1];
    if (last === undefined || last.sizeBytes >= CHUNK_BYTES) {
      last = this.#outputs.pool.take();
      chunks.push(last);
    }
    last.owner(this.#outputs.owner);
    return last;
  }
}

export class Outputs {
  /** All that is appended belongs to this task (a number that the worker gives out). */
  owner = -1;
  readonly pool: BuilderPool;
  readonly #topics = new Map<string, TopicOutput>();
  #printed: { owner: number; line: string }[] = [];

  constructor(pool = new BuilderPool()) {
    this.pool = pool;
  }

  topic(topic: string): TopicOutput {
    let output = this.#topics.get(topic);
    if (output === undefined) this.#topics.set(topic, (output = new TopicOutput(topic, this)));
    return output;
  }

  print(line: string): void {
    this.#printed.push({ owner: this.owner, line });
  }

  get printedLines(): readonly string[] {
    return this.#printed.map(({ line }) => line);
  }

  /** Encoded bytes waiting. */
  get sizeBytes(): number {
    return this.#all().reduce((sum, { records }) => sum + records.sizeBytes, 0);
  }

  /** Partitions that the transaction will touch. */
  get partitionCount(): number {
    return new Set(this.#all().map(partitionKey)).size;
  }

  get isEmpty(): boolean {
    return this.#printed.length === 0 && this.#all().length === 0;
  }

  /** The produce requests in order: each holds at most one chunk of a partition, as the protocol wants. */
  rounds(): readonly (readonly ProduceChunk[])[] {
    const rounds: ProduceChunk[][] = [];
    const next = new Map<string, number>();
    for (const { topic, partition, records } of this.#all()) {
      const key = partitionKey({ topic, partition });
      const isTooLarge = records.sizeBytes > MAX_BATCH_BYTES && records.count > 1;
      for (const part of isTooLarge ? records.split(CHUNK_BYTES) : [records]) {
        const round = next.get(key) ?? 0;
        next.set(key, round + 1);
        (rounds[round] ??= []).push({ topic, partition, records: part });
      }
    }
    return rounds;
  }

  /** The same without the records of some tasks. */
  without(owners: ReadonlySet<number>): Outputs {
    return this.#map(({ records }) => records.without(owners), owners);
  }

  /** The same, with another timestamp in the partitions for which a broker refused the original ones. */
  withTimestamp(refused: readonly TopicPartition[], timestampMs: number): Outputs {
    const keys = new Set(refused.map(partitionKey));
    return this.#map((chunk) =>
      keys.has(partitionKey(chunk)) ? chunk.records.withTimestamp(timestampMs) : chunk.records,
    );
  }

  /** All of it is committed, and no request that holds any of it is on its way: its memory is used again. */
  recycle(): void {
    for (const { records } of this.#all()) this.pool.give(records);
    this.#topics.clear();
  }

  /** Those of one partition in their order. */
  #all(): ProduceChunk[] {
    const all: ProduceChunk[] = [];
    for (const { topic, chunks } of this.#topics.values())
      chunks.forEach((list, partition) =>
        list?.forEach((records) => {
          if (records.count > 0) all.push({ topic, partition, records });
        }),
      );
    return all;
  }

  #map(change: (chunk: ProduceChunk) => RecordsBuilder, dropped: ReadonlySet<number> = new Set()): Outputs {
    const copy = new Outputs(this.pool);
    for (const chunk of this.#all()) (copy.topic(chunk.topic).chunks[chunk.partition] ??= []).push(change(chunk));
    copy.#printed = this.#printed.filter(({ owner }) => !dropped.has(owner));
    return copy;
  }
}

// One partition as its leader sees it: batches byte for byte, offsets, producers, open and aborted transactions, and those who
// wait for data. All replicas are in step: the high watermark is the end of the log.
import type { AbortedTransaction, ErrorCode, FetchedPartition } from '../broker.ts';
import {
  asBuffer,
  type BatchHeader,
  CONTROL_BIT,
  encodeControlBatch,
  readBatchHeader,
  RecordCursor,
  stampBatch,
} from '../batch/index.ts';
import { type EpochEndOffset, LeaderEpochs } from '../leader-epochs.ts';
import { decodeStored, validateBatch } from './batch-validation.ts';
import { ProducerStates } from './producer-states.ts';
import type { TopicConfig } from './topic-config.ts';

export interface StoredBatch {
  readonly header: BatchHeader;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly bytes: Buffer;
}

interface AbortedSpan extends AbortedTransaction {
  readonly lastOffset: number;
}

export interface AppendResult {
  readonly error: ErrorCode;
  readonly errorMessage: string | null;
  readonly baseOffset: number;
}

/** What a reader gets of a partition within its limits. */
export interface ReadLimits {
  readonly offset: number;
  readonly maxBytes: number;
  /** The first batch comes whole even when it is larger than the limit, so that every reader makes progress. */
  readonly atLeastOneBatch: boolean;
}

const NO_PRODUCER = -1n;

export class PartitionLog {
  readonly topic: string;
  readonly partition: number;
  readonly leaderId: number;
  readonly config: TopicConfig;
  #producers: ProducerStates;
  readonly #producerExpirationMs: number;
  #batches: StoredBatch[] = [];
  #aborted: AbortedSpan[] = [];
  #logStart = 0;
  #end = 0;
  #leaderEpoch = 0;
  readonly #epochs = new LeaderEpochs();
  readonly #watchers = new Set<() => void>();

  constructor(
    at: { topic: string; partition: number; leaderId: number },
    config: TopicConfig,
    producerExpirationMs: number,
  ) {
    this.topic = at.topic;
    this.partition = at.partition;
    this.leaderId = at.leaderId;
    this.config = config;
    this.#producerExpirationMs = producerExpirationMs;
    this.#producers = new ProducerStates(producerExpirationMs);
    // A leader notes its epoch when it takes over, whether it writes or not.
    this.#epochs.note(this.#leaderEpoch, 0);
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  get producers(): ProducerStates {
    return this.#producers;
  }

  get logStartOffset(): number {
    return this.#logStart;
  }

  get highWatermark(): number {
    return this.#end;
  }

  /** Everything below it is decided: no transaction that began earlier is open. */
  get lastStableOffset(): number {
    return Math.max(this.#logStart, this.producers.firstUnstableOffset() ?? this.#end);
  }

  /** Batches that hold records at or above the log start, control batches included. */
  get batches(): readonly StoredBatch[] {
    return this.#batches;
  }

  /** Appends one batch of a client; `nowMs` is the wall clock. */
  append(source: Uint8Array, nowMs: number): AppendResult {
    const batch = asBuffer(source);
    const invalid = validateBatch(batch, this.config, nowMs);
    if (invalid !== null) return { ...invalid, baseOffset: -1 };
    const header = readBatchHeader(batch);
    if (header.producerId !== NO_PRODUCER) {
      const check = this.producers.check(header, nowMs);
      if (check.kind === 'duplicate') return { error: 'NONE', errorMessage: null, baseOffset: check.baseOffset };
      if (check.kind === 'refused') return { error: check.error, errorMessage: check.message, baseOffset: -1 };
    }
    const baseOffset = this.#store(batch, this.config.logAppendTime ? nowMs : null);
    if (header.producerId !== NO_PRODUCER) this.producers.record(header, baseOffset, nowMs);
    this.#wake();
    return { error: 'NONE', errorMessage: null, baseOffset };
  }

  /** Ends a producer's transaction here: a control batch, and the aborted span when it had written something. */
  appendMarker(marker: { producerId: bigint; producerEpoch: number; commit: boolean }, nowMs: number): void {
    const { producerId, producerEpoch, commit } = marker;
    const kind = commit ? 'commit' : 'abort';
    const at = { coordinatorEpoch: 0, offset: this.#end, timestampMs: nowMs };
    const batch = encodeControlBatch({ producerId, epoch: producerEpoch, kind, ...at });
    const offset = this.#store(batch, this.config.logAppendTime ? nowMs : null);
    const firstOffset = this.producers.end(producerId, producerEpoch, nowMs);
    if (!commit && firstOffset !== null) this.#aborted.push({ producerId, firstOffset, lastOffset: offset });
    this.#wake();
  }

  /** Answer to a read_committed reader; without any limit it is all that is stable. */
  read(limits: ReadLimits): FetchedPartition {
    const { topic, partition } = this;
    if (limits.offset < this.#logStart || limits.offset > this.#end)
      return failedFetch({ topic, partition }, 'OFFSET_OUT_OF_RANGE');
    const lastStableOffset = this.lastStableOffset;
    const records = this.#slice(limits, lastStableOffset);
    // A broker lists more than the bytes it gives need, as its index is coarse.
    const abortedTransactions = (records === null ? [] : this.#aborted)
      .filter((span) => span.lastOffset >= limits.offset)
      .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
      .sort((a, b) => a.firstOffset - b.firstOffset);
    const { highWatermark, logStartOffset } = this;
    return {
      topic,
      partition,
      error: 'NONE',
      highWatermark,
      lastStableOffset,
      logStartOffset,
      abortedTransactions,
      records,
    };
  }

  /** Whether a read_committed reader at `offset` would be answered at once for the sake of `minBytes`, or of an error. */
  answersAt(offset: number, minBytes: number): { readonly bytes: number; readonly failed: boolean } {
    if (offset < this.#logStart || offset > this.#end) return { bytes: 0, failed: true };
    const stable = this.lastStableOffset;
    let bytes = 0;
    for (let i = this.#indexOf(offset); i < this.#batches.length && bytes < minBytes; i++) {
      const batch = this.#batches[i] as StoredBatch;
      if (batch.baseOffset >= stable) break;
      bytes += batch.bytes.length;
    }
    return { bytes, failed: false };
  }

  /** First record at or after this time, control records included as the broker does; null when there is none. */
  offsetForTime(timestampMs: number): number | null {
    for (const { header, bytes } of this.#batches) {
      if (header.maxTimestampMs < timestampMs) continue;
      if ((header.attributes & CONTROL_BIT) !== 0) return Math.max(header.baseOffset, this.#logStart);
      const cursor = new RecordCursor();
      cursor.reset(decodeStored(bytes));
      while (cursor.next())
        if (cursor.timestampMs >= timestampMs && cursor.offset >= this.#logStart) return cursor.offset;
    }
    return null;
  }

  /** Moves the log start; −1 means up to the high watermark. */
  deleteRecords(offset: number): ErrorCode {
    if (!this.config.deletable) return 'POLICY_VIOLATION';
    const target = offset === -1 ? this.#end : offset;
    if (target < 0 || target > this.#end) return 'OFFSET_OUT_OF_RANGE';
    if (target <= this.#logStart) return 'NONE';
    this.#logStart = target;
    this.#batches = this.#batches.filter((batch) => batch.lastOffset >= target);
    this.#aborted = this.#aborted.filter((span) => span.lastOffset >= target);
    this.#epochs.truncateStart(target);
    this.#wake();
    return 'NONE';
  }

  endOfEpoch(leaderEpoch: number): EpochEndOffset {
    return this.#epochs.endOf(leaderEpoch, this.#end);
  }

  /** The next leader takes over, without the batches that reach to `offset` or beyond. Throws when that is not in the log. */
  truncate(offset: number): void {
    if (offset < this.#logStart || offset > this.#end)
      throw new Error(`offset ${offset} of ${this.topic}-${this.partition}: ${this.#logStart} to ${this.#end}`);
    const kept = this.#batches.filter((batch) => batch.lastOffset < offset);
    this.#end = this.#batches[kept.length]?.baseOffset ?? this.#end;
    this.#logStart = Math.min(this.#logStart, this.#end);
    this.#batches = kept;
    this.#aborted = this.#aborted.filter((span) => span.lastOffset < this.#end);
    // What a leader knows of producers it has from the log.
    this.#producers = new ProducerStates(this.#producerExpirationMs);
    for (const { header, baseOffset } of kept) {
      const { producerId, producerEpoch, attributes, maxTimestampMs } = header;
      if ((attributes & CONTROL_BIT) !== 0) this.#producers.end(producerId, producerEpoch, maxTimestampMs);
      else if (producerId !== NO_PRODUCER) this.#producers.record(header, baseOffset, maxTimestampMs);
    }
    this.#leaderEpoch++;
    this.#epochs.truncateEnd(this.#end);
    this.#epochs.note(this.#leaderEpoch, this.#end);
    this.#wake();
  }

  /** Calls `onChange` after everything that may change what a reader gets, until the returned function is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** The topic was deleted: those who wait must look again. */
  drop(): void {
    this.#wake();
  }

  #store(source: Uint8Array, appendTimeMs: number | null): number {
    const baseOffset = this.#end;
    const stamp = { baseOffset, leaderEpoch: this.leaderEpoch };
    const bytes = stampBatch(source, appendTimeMs === null ? stamp : { ...stamp, appendTimestampMs: appendTimeMs });
    const header = readBatchHeader(bytes);
    const lastOffset = baseOffset + header.lastOffsetDelta;
    this.#batches.push({ header, baseOffset, lastOffset, bytes });
    this.#end = lastOffset + 1;
    return baseOffset;
  }

  #slice(limits: ReadLimits, stable: number): Buffer | null {
    const chosen: Buffer[] = [];
    let bytes = 0;
    for (let i = this.#indexOf(limits.offset); i < this.#batches.length; i++) {
      const batch = this.#batches[i] as StoredBatch;
      if (batch.baseOffset >= stable) break;
      const room = limits.maxBytes - bytes;
      const first = chosen.length === 0;
      if (first && limits.atLeastOneBatch) chosen.push(batch.bytes);
      else if (room <= 0 || (first && batch.bytes.length > room)) break;
      else chosen.push(batch.bytes.subarray(0, room));
      bytes += batch.bytes.length;
      if (bytes >= limits.maxBytes) break;
    }
    return chosen.length === 0 ? null : Buffer.concat(chosen);
  }

  /** Index of the first batch that ends at or after `offset`. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#batches[middle] as StoredBatch).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #wake(): void {
    for (const watcher of Array.from(this.#watchers)) watcher();
  }
}

/** The answer for a partition that cannot be read. */
export function failedFetch(at: { topic: string; partition: number }, error: ErrorCode): FetchedPartition {
  const { topic, partition } = at;
  const unknown = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 };
  return { topic, partition, error, ...unknown, abortedTransactions: [], records: null };
}

// Where the reader stands in one partition, and what an answer for it means. No I/O: the fetch loops act on the verdicts.
import { decodeFetch } from '../batch/index.ts';
import { BrokerError, type ErrorCode, type FetchedPartition, type TopicPartition } from '../broker.ts';
import type { LeaderEpochs } from '../leader-epochs.ts';
import { isRetriable } from './error-codes.ts';
import { partitionKey } from './partition-key.ts';
import type { ReaderChunk, ReaderFailure } from './types.ts';

/**
 * - `leaderless`: metadata must say whom to ask, not before `retryAtMs`.
 * - `reading`: part of the fetches to `leaderId`.
 * - `outOfRange`: the broker refused the offset; its limits are asked for before that is believed.
 * - `failed`: an error item was given out; nothing happens until the next assignment.
 */
export type PartitionPhase = 'leaderless' | 'reading' | 'outOfRange' | 'failed';

/** Corrupt answers in a row, and refusals of an offset that lies within the limits, before they are an error. */
const MAX_DISPUTED = 5;

export interface AnswerTimes {
  /** Wall clock when the fetch was sent, epoch ms. */
  readonly askedAtMs: number;
  /** Monotonic. */
  readonly nowMs: number;
  readonly idleReportMs: number;
}

export type FailureDetails = Pick<ReaderFailure, 'logStartOffset' | 'highWatermark' | 'topicId' | 'formerTopicId'>;

export class PartitionReader implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly epoch: number;
  /** Learns the leader epoch of every batch that is read. */
  readonly leaderEpochs: LeaderEpochs;
  phase: PartitionPhase = 'leaderless';
  leaderId = -1;
  /** Known as soon as there is a leader. */
  topicId = '';
  paused = false;
  /** Offset of the next fetch. */
  position: number;
  /** Next offset after what was given out. */
  delivered: number;
  /** Answers to a fetch that was sent under another revision are not for this position any more. */
  revision = 0;
  /** Failures in a row, and when the next attempt may be made. */
  failures = 0;
  retryAtMs = 0;
  disputed = 0;
  /** Since when the brokers say that they do not know the partition. */
  unknownSinceMs: number | null = null;
  #reported: { readonly caughtUp: boolean; readonly atMs: number } | null = null;
  #highWatermark = -1;
  #lastStableOffset = -1;
  #logStartOffset = -1;

  constructor(tp: TopicPartition, offset: number, assigned: { epoch: number; leaderEpochs: LeaderEpochs }) {
    this.topic = tp.topic;
    this.partition = tp.partition;
    this.key = partitionKey(tp);
    this.epoch = assigned.epoch;
    this.leaderEpochs = assigned.leaderEpochs;
    this.position = offset;
    this.delivered = offset;
  }

  /** Back to what was given out: whatever is buffered or under way is forgotten by the caller. */
  rewind(): void {
    this.position = this.delivered;
    this.revision++;
    this.#reported = null;
  }

  /** A successful answer. Null when it is no news. Throws BrokerError CORRUPT. */
  accept(answer: FetchedPartition, { askedAtMs, nowMs, idleReportMs }: AnswerTimes): ReaderChunk | null {
    const { batches, nextOffset } = decodeFetch(answer, this.position, this.leaderEpochs);
    const moved = nextOffset > this.position;
    this.position = nextOffset;
    this.#highWatermark = answer.highWatermark;
    this.#lastStableOffset = answer.lastStableOffset;
    this.#logStartOffset = answer.logStartOffset;
    this.failures = 0;
    this.disputed = 0;
    this.unknownSinceMs = null;
    const caughtUp = nextOffset === answer.highWatermark;
    const reported = this.#reported;
    const quiet = reported !== null && reported.caughtUp === caughtUp && nowMs - reported.atMs < idleReportMs;
    if (!moved && quiet) return null;
    this.#reported = { caughtUp, atMs: nowMs };
    const chunk = this.#chunk(batches, caughtUp, askedAtMs);
    return answer.release === undefined ? chunk : { ...chunk, release: answer.release };
  }

  /** A fetch failed: whoever was told that the partition is caught up must know that nobody can say so now (W8). */
  doubt({ askedAtMs, nowMs }: Pick<AnswerTimes, 'askedAtMs' | 'nowMs'>): ReaderChunk | null {
    if (this.#reported?.caughtUp !== true) return null;
    this.#reported = { caughtUp: false, atMs: nowMs };
    return this.#chunk([], false, askedAtMs);
  }

  fail(error: ErrorCode, message: string, details: FailureDetails = {}): ReaderFailure {
    this.phase = 'failed';
    this.failures = 0;
    const { topic, partition, epoch, position: offset } = this;
    return { kind: 'error', topic, partition, epoch, error, message, offset, ...details };
  }

  /** Counts an answer that cannot be right; true when there were too many. */
  dispute(): boolean {
    return ++this.disputed >= MAX_DISPUTED;
  }

  #chunk(batches: ReaderChunk['batches'], caughtUp: boolean, askedAtMs: number): ReaderChunk {
    return {
      kind: 'chunk',
      topic: this.topic,
      partition: this.partition,
      epoch: this.epoch,
      batches,
      nextOffset: this.position,
      highWatermark: this.#highWatermark,
      lastStableOffset: this.#lastStableOffset,
      logStartOffset: this.#logStartOffset,
      caughtUp,
      askedAtMs,
      bytes: batches.reduce((sum, { start, end }) => sum + end - start, 0),
    };
  }
}

export type FetchVerdict = 'ok' | 'outOfRange' | 'unknown' | 'retry' | 'corrupt' | 'final';

/** What a partition's error code in a fetch or in metadata leads to. */
export function fetchVerdict(error: ErrorCode): FetchVerdict {
  if (error === 'NONE') return 'ok';
  if (error === 'OFFSET_OUT_OF_RANGE') return 'outOfRange';
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return 'unknown';
  if (error === 'CORRUPT_MESSAGE') return 'corrupt';
  return isRetriable(error) || error === 'UNKNOWN_SERVER_ERROR' ? 'retry' : 'final';
}

export function isCorrupt(error: unknown): error is BrokerError {
  return error instanceof BrokerError && error.code === 'CORRUPT';
}

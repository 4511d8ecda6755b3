// Where each leader's part of a partition begins: what brokers keep to tell a log that was cut off from one that only grew, and
// what a reader remembers of the batches it has seen.

interface EpochStart {
  readonly leaderEpoch: number;
  readonly startOffset: number;
}

export interface EpochEndOffset {
  /** The largest epoch known that is not above the one asked for; −1 when there is no answer. */
  readonly leaderEpoch: number;
  /** Where the next epoch begins, the end of the log for the last one; −1 when there is no answer. */
  readonly endOffset: number;
}

export class LeaderEpochs {
  /** Epochs and offsets rise. */
  #starts: EpochStart[] = [];

  /** `leaderEpoch`: of everything before the first batch that is noted; −1 when nobody knows. */
  constructor(leaderEpoch = -1) {
    if (leaderEpoch >= 0) this.#starts.push({ leaderEpoch, startOffset: Number.NEGATIVE_INFINITY });
  }

  /** A batch of this leader begins here, or its leadership does. Nothing new for an epoch that is not above the last one. */
  note(leaderEpoch: number, startOffset: number): void {
    const last = this.#starts.at(-1);
    if (last !== undefined && leaderEpoch <= last.leaderEpoch) return;
    this.truncateEnd(startOffset);
    this.#starts.push({ leaderEpoch, startOffset });
  }

  /** Epoch of the record right before `offset`; −1 when it is not known. */
  before(offset: number): number {
    return this.#starts.findLast(({ startOffset }) => startOffset < offset)?.leaderEpoch ?? -1;
  }

  /** The answer of a broker to OffsetForLeaderEpoch. */
  endOf(leaderEpoch: number, logEndOffset: number): EpochEndOffset {
    if (this.#starts.at(-1)?.leaderEpoch === leaderEpoch) return { leaderEpoch, endOffset: logEndOffset };
    const next = this.#starts.find((each) => each.leaderEpoch > leaderEpoch);
    if (leaderEpoch < 0 || next === undefined) return { leaderEpoch: -1, endOffset: -1 };
    const own = this.#starts.findLast((each) => each.leaderEpoch <= leaderEpoch);
    return { leaderEpoch: own?.leaderEpoch ?? leaderEpoch, endOffset: next.startOffset };
  }

  /** The log ends at `endOffset` now. */
  truncateEnd(endOffset: number): void {
    this.#starts = this.#starts.filter(({ startOffset }) => startOffset < endOffset);
  }

  /** The log begins at `offset` now: the epoch that it lies in begins there too. */
  truncateStart(offset: number): void {
    const gone = this.#starts.filter(({ startOffset }) => startOffset <= offset);
    const last = gone.at(-1);
    if (last === undefined) return;
    this.#starts = [{ ...last, startOffset: offset }, ...this.#starts.slice(gone.length)];
  }
}

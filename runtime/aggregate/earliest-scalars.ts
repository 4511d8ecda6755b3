// The earliest `limit` scalars by event time and then arrival. They lie in order of arrival and are put in order only when there
// are too many, or when somebody asks: records mostly come in order, and then nothing is ever sorted.
import { scalarSize } from '../scalar/index.ts';
import { StateLimitError } from '../state/index.ts';

const INITIAL_COUNT = 4;
const INITIAL_BYTES = 64;
const MAX_BYTES = 2 ** 30;
const OBJECT_BYTES = 700;
const MIN_SURPLUS = 64;

/** So many more than `limit` are taken in before they are put in order and the surplus is dropped. */
export function surplusOf(limit: number): number {
  return Math.max(MIN_SURPLUS, limit >> 1);
}

export class EarliestScalars {
  count = 0;
  /** Event times, by arrival; of several with the same time the earlier arrival comes first, also after `settle`. */
  times = new Float64Array(INITIAL_COUNT);
  /** Scalar i is `bytes[ends[i − 1], ends[i])`. */
  ends = new Int32Array(INITIAL_COUNT);
  bytes: Buffer = Buffer.alloc(INITIAL_BYTES);
  /** Whether arrival order is time order. */
  isOrdered = true;
  /** What is not earlier than this cannot be among the earliest any more. */
  cutoffMs = Number.POSITIVE_INFINITY;

  get sizeBytes(): number {
    return OBJECT_BYTES + this.times.byteLength + this.ends.byteLength + this.bytes.length;
  }

  get used(): number {
    return this.count === 0 ? 0 : this.ends[this.count - 1]!;
  }

  /** Takes in the scalar at `from[start]`, which arrived after all that are here. */
  add(timeMs: number, from: Buffer, start: number, limit: number): void {
    if (timeMs >= this.cutoffMs) return;
    const end = start + scalarSize(from, start);
    const used = this.used;
    const last = this.count - 1;
    this.reserve(this.count + 1, used + (end - start));
    const { bytes } = this;
    if (end - start > 48) from.copy(bytes, used, start, end);
    else for (let i = start, at = used; i < end; i++, at++) bytes[at] = from[i]!;
    if (last >= 0 && timeMs < this.times[last]!) this.isOrdered = false;
    this.times[this.count] = timeMs;
    this.ends[this.count] = used + (end - start);
    this.count++;
    const isFirstTime = this.cutoffMs === Number.POSITIVE_INFINITY;
    if (this.count >= (isFirstTime ? limit : limit + surplusOf(limit))) this.settle(limit);
  }

  addAll(from: EarliestScalars, limit: number): void {
    for (let i = 0; i < from.count; i++) this.add(from.times[i]!, from.bytes, from.startOf(i), limit);
  }

  startOf(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }

  /** Indexes of the scalars by time and arrival. */
  order(): Uint32Array {
    const indexes = Uint32Array.from({ length: this.count }, (_, index) => index);
    if (this.isOrdered) return indexes;
    const { times } = this;
    return indexes.sort((a, b) => times[a]! - times[b]! || a - b);
  }

  /** Puts the scalars in order and drops those beyond `limit`, of which there are at least as many. */
  private settle(limit: number): void {
    if (!this.isOrdered || this.count > limit) this.keep(this.order().subarray(0, limit));
    this.cutoffMs = this.times[limit - 1]!;
  }

  private keep(indexes: Uint32Array): void {
    const { times, bytes } = this;
    const starts = Int32Array.from(indexes, (index) => this.startOf(index));
    const ends = Int32Array.from(indexes, (index) => this.ends[index]!);
    this.times = new Float64Array(indexes.length);
    this.ends = new Int32Array(indexes.length);
    this.bytes = Buffer.alloc(starts.reduce((sum, start, i) => sum + ends[i]! - start, 0));
    let used = 0;
    for (let i = 0; i < indexes.length; i++) {
      this.times[i] = times[indexes[i]!]!;
      used += bytes.copy(this.bytes, used, starts[i], ends[i]);
      this.ends[i] = used;
    }
    this.count = indexes.length;
    this.isOrdered = true;
  }

  private reserve(count: number, size: number): void {
    if (count > this.times.length) {
      const times = new Float64Array(count * 2);
      const ends = new Int32Array(count * 2);
      times.set(this.times);
      ends.set(this.ends);
      this.times = times;
      this.ends = ends;
    }
    if (size <= this.bytes.length) return;
    if (size > MAX_BYTES) {
      throw new StateLimitError(
        `A collect cannot grow: its ${this.count} values need ${size} bytes, at most ${MAX_BYTES} fit. Lower its limit or use a smaller window.`,
      );
    }
    const bytes = Buffer.alloc(Math.min(MAX_BYTES, Math.max(size, this.bytes.length * 2)));
    this.bytes.copy(bytes, 0, 0, this.used);
    this.bytes = bytes;
  }
}

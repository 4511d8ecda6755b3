// Counts of positive numbers by bucket, in one dense array over the buckets in use. There are at most `limit` of them from the
// highest downwards: what lies lower counts in the lowest one. So the content depends only on what was added, not on its order.

/** Arrays grow by so many buckets at least. */
const MIN_ROOM = 16;
const NONE = new Float64Array(0);

export class MagnitudeBuckets {
  /** Sum of all counts. */
  total = 0;
  /** Highest bucket in use; no meaning while `total` is 0. */
  high = 0;
  /** Lowest bucket in use. */
  low = 0;
  /** Count of bucket b is `counts[b − first]`; buckets outside of the array are empty. */
  private counts = NONE;
  private first = 0;

  get arrayBytes(): number {
    return this.counts.byteLength;
  }

  countOf(bucket: number): number {
    return this.counts[bucket - this.first] ?? 0;
  }

  /** Adds `count` > 0 to a bucket; `limit` is the same in every call. */
  add(bucket: number, count: number, limit: number): void {
    if (this.total === 0) {
      this.high = bucket;
      this.low = bucket;
      this.cover(bucket, bucket);
    } else if (bucket > this.high) this.raise(bucket, limit);
    const target = Math.max(bucket, this.high - limit + 1);
    if (target < this.low) {
      this.cover(target, this.high);
      this.low = target;
    }
    const at = target - this.first;
    this.counts[at] = this.counts[at]! + count;
    this.total += count;
  }

  addAll(from: MagnitudeBuckets, limit: number): void {
    // From the top, so that the array takes its last size at once.
    for (let bucket = from.high; from.total > 0 && bucket >= from.low; bucket--) {
      const count = from.countOf(bucket);
      if (count > 0) this.add(bucket, count, limit);
    }
  }

  private raise(high: number, limit: number): void {
    const lowest = high - limit + 1;
    if (this.low < lowest) {
      let below = 0;
      for (let bucket = this.low; bucket <= Math.min(this.high, lowest - 1); bucket++) {
        below += this.countOf(bucket);
        this.counts[bucket - this.first] = 0;
      }
      this.low = lowest;
      this.cover(lowest, high);
      this.counts[lowest - this.first] = this.counts[lowest - this.first]! + below;
    } else this.cover(this.low, high);
    this.high = high;
  }

  /** Makes the array reach over [low, high], with room on the side where it grows; what lies outside must be empty. */
  private cover(low: number, high: number): void {
    const { counts, first } = this;
    if (low >= first && high < first + counts.length) return;
    const room = Math.max(MIN_ROOM, (high - low) >> 2);
    const from = low < first ? low - room : low;
    const larger = new Float64Array((low < first ? high : high + room) + 1 - from);
    const start = Math.max(from, first);
    const end = Math.min(from + larger.length, first + counts.length);
    if (start < end) larger.set(counts.subarray(start - first, end - first), start - from);
    this.counts = larger;
    this.first = from;
  }
}

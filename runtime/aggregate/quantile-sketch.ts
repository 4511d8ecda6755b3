// The numbers of one quantile: as they are while they are few, in buckets of relative width beyond. What a sketch holds depends
// only on which numbers were added, however they were split and merged.
import { MagnitudeBuckets } from './magnitude-buckets.ts';
import type { QuantileScale } from './quantile-scale.ts';

/** Up to so many numbers are kept as they are. */
export const MAX_KEPT = 64;
const INITIAL_KEPT = 4;
const OBJECT_BYTES = 300;
const NONE = new Float64Array(0);

export class QuantileSketch {
  count = 0;
  /** The numbers are `kept[0, count)` while they are few; of length 0 once they are in buckets. */
  kept = new Float64Array(INITIAL_KEPT);
  // In use once `isExact` is false.
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  zeros = 0;
  /** By magnitude. */
  readonly positive = new MagnitudeBuckets();
  readonly negative = new MagnitudeBuckets();

  get isExact(): boolean {
    return this.kept.length > 0;
  }

  get sizeBytes(): number {
    return OBJECT_BYTES + this.kept.byteLength + this.positive.arrayBytes + this.negative.arrayBytes;
  }

  add(value: number, scale: QuantileScale): void {
    if (this.kept.length > 0) {
      if (this.count < MAX_KEPT) {
        this.keep(value);
        return;
      }
      this.toBuckets(scale);
    }
    this.count++;
    this.addToBuckets(value, scale);
  }

  addAll(from: QuantileSketch, scale: QuantileScale): void {
    if (from.isExact) {
      for (let i = 0; i < from.count; i++) this.add(from.kept[i]!, scale);
      return;
    }
    if (this.isExact) this.toBuckets(scale);
    this.count += from.count;
    this.min = Math.min(this.min, from.min);
    this.max = Math.max(this.max, from.max);
    this.zeros += from.zeros;
    this.positive.addAll(from.positive, scale.limit);
    this.negative.addAll(from.negative, scale.limit);
  }

  /** The number of rank ⌊q · (count − 1)⌋ in rising order, exact or within the relative error; `count` > 0. */
  quantile(q: number, scale: QuantileScale): number {
    const rank = rankOf(q, this.count);
    if (this.isExact) return this.kept.slice(0, this.count).sort()[rank]!;
    if (rank === 0) return this.min;
    if (rank === this.count - 1) return this.max;
    // The true number lies within the extremes, so moving the answer there can only bring it nearer.
    return Math.min(this.max, Math.max(this.min, this.numberAt(rank, scale)));
  }

  /** Goes over to buckets. */
  toBuckets(scale: QuantileScale): void {
    const { kept, count } = this;
    this.kept = NONE;
    for (let i = 0; i < count; i++) this.addToBuckets(kept[i]!, scale);
  }

  private keep(value: number): void {
    if (this.count === this.kept.length) {
      const larger = new Float64Array(this.kept.length * 2);
      larger.set(this.kept);
      this.kept = larger;
    }
    this.kept[this.count++] = value;
  }

  private addToBuckets(value: number, scale: QuantileScale): void {
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (scale.isZero(value)) this.zeros++;
    else if (value > 0) this.positive.add(scale.bucketOf(value), 1, scale.limit);
    else this.negative.add(scale.bucketOf(-value), 1, scale.limit);
  }

  private numberAt(rank: number, scale: QuantileScale): number {
    const { negative, positive } = this;
    let left = rank;
    if (left < negative.total) {
      let bucket = negative.high;
      for (; left >= negative.countOf(bucket); bucket--) left -= negative.countOf(bucket);
      return -scale.magnitudeOf(bucket);
    }
    left -= negative.total;
    if (left < this.zeros) return 0;
    left -= this.zeros;
    let bucket = positive.low;
    for (; left >= positive.countOf(bucket); bucket++) left -= positive.countOf(bucket);
    return scale.magnitudeOf(bucket);
  }
}

/** ⌊q · (count − 1)⌋, where a product that only rounding keeps from a whole number is that number: 0.29 · 100 is 29. */
function rankOf(q: number, count: number): number {
  const rank = q * (count - 1);
  const nearest = Math.round(rank);
  return Math.abs(rank - nearest) <= nearest * 2 ** -50 ? nearest : Math.floor(rank);
}

// Numbers of either sign by bucket of their magnitude, and the extremes as they are. What is in here depends only on which numbers
// were added.
import { MagnitudeBuckets } from './magnitude-buckets.ts';
import type { QuantileScale } from './quantile-scale.ts';

const OBJECT_BYTES = 450;

export class SignedBuckets {
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  zeros = 0;
  readonly positive = new MagnitudeBuckets();
  readonly negative = new MagnitudeBuckets();

  get total(): number {
    return this.negative.total + this.zeros + this.positive.total;
  }

  get sizeBytes(): number {
    return OBJECT_BYTES + this.positive.arrayBytes + this.negative.arrayBytes;
  }

  add(value: number, scale: QuantileScale): void {
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (scale.isZero(value)) this.zeros++;
    else if (value > 0) this.positive.add(scale.bucketOf(value), 1, scale.limit);
    else this.negative.add(scale.bucketOf(-value), 1, scale.limit);
  }

  addAll(from: SignedBuckets, scale: QuantileScale): void {
    this.min = Math.min(this.min, from.min);
    this.max = Math.max(this.max, from.max);
    this.zeros += from.zeros;
    this.positive.addAll(from.positive, scale.limit);
    this.negative.addAll(from.negative, scale.limit);
  }

  /** The number of a rank in 0..total − 1: the extremes exactly, the others within the relative error. */
  numberAt(rank: number, scale: QuantileScale): number {
    if (rank === 0) return this.min;
    if (rank === this.total - 1) return this.max;
    // The true number lies within the extremes, so moving the answer there can only bring it nearer.
    return Math.min(this.max, Math.max(this.min, this.middleOf(rank, scale)));
  }

  private middleOf(rank: number, scale: QuantileScale): number {
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

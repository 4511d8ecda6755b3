// The numbers of one quantile: as they are while they are few, in buckets of relative width beyond. What a sketch holds depends
// only on which numbers were added, however they were split and merged.
import type { QuantileScale } from './quantile-scale.ts';
import { SignedBuckets } from './signed-buckets.ts';

/** Up to so many numbers are kept as they are. */
export const MAX_KEPT = 64;
const INITIAL_KEPT = 4;
const OBJECT_BYTES = 250;
const NONE = new Float64Array(0);

export class QuantileSketch {
  count = 0;
  /** The numbers are `kept[0, count)` while they are few. */
  kept = new Float64Array(INITIAL_KEPT);
  /** Null while they are few. */
  buckets: SignedBuckets | null = null;

  get sizeBytes(): number {
    return OBJECT_BYTES + this.kept.byteLength + (this.buckets === null ? 0 : this.buckets.sizeBytes);
  }

  add(value: number, scale: QuantileScale): void {
    if (this.buckets === null && this.count < MAX_KEPT) {
      this.keep(value);
      return;
    }
    (this.buckets ?? this.toBuckets(scale)).add(value, scale);
    this.count++;
  }

  addAll(from: QuantileSketch, scale: QuantileScale): void {
    if (from.buckets === null) {
      for (let i = 0; i < from.count; i++) this.add(from.kept[i]!, scale);
      return;
    }
    (this.buckets ?? this.toBuckets(scale)).addAll(from.buckets, scale);
    this.count += from.count;
  }

  /** The number of rank ⌊q · (count − 1)⌋ in rising order, exact or within the relative error; `count` > 0. */
  quantile(q: number, scale: QuantileScale): number {
    const rank = rankOf(q, this.count);
    return this.buckets === null ? this.sorted()[rank]! : this.buckets.numberAt(rank, scale);
  }

  /** The numbers that are kept, in rising order. */
  sorted(): Float64Array {
    return this.kept.slice(0, this.count).sort();
  }

  /** Takes the numbers in buckets for all there are. */
  takeOver(buckets: SignedBuckets): void {
    this.kept = NONE;
    this.buckets = buckets;
    this.count = buckets.total;
  }

  private keep(value: number): void {
    if (this.count === this.kept.length) {
      const larger = new Float64Array(this.kept.length * 2);
      larger.set(this.kept);
      this.kept = larger;
    }
    this.kept[this.count++] = value;
  }

  /** Goes over to buckets. */
  private toBuckets(scale: QuantileScale): SignedBuckets {
    const buckets = new SignedBuckets();
    for (let i = 0; i < this.count; i++) buckets.add(this.kept[i]!, scale);
    this.takeOver(buckets);
    return buckets;
  }
}

/** ⌊q · (count − 1)⌋, where a product that only rounding keeps from a whole number is that number: 0.29 · 100 is 29. */
function rankOf(q: number, count: number): number {
  const rank = q * (count - 1);
  const nearest = Math.round(rank);
  return Math.abs(rank - nearest) <= nearest * 2 ** -50 ? nearest : Math.floor(rank);
}

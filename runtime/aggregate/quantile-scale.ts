// How magnitudes are cut into buckets so that the middle of a bucket is within the relative error of everything in it: bucket i
// holds (γ^(i−1), γ^i] with γ = (1 + α) / (1 − α). From DDSketch (Masson, Rim, Lee, VLDB 2019).

/** Finer errors than a double can tell are not attempted. */
const SMALLEST_ERROR = 1e-12;
/** Buckets suffice for magnitudes that differ by this factor, unless they would be more than `MAX_LIMIT`. */
const COVERED_RANGE = 1e15;
const MIN_LIMIT = 2048;
const MAX_LIMIT = 16_384;

/** Magnitudes below are zero to a sketch: the smallest number with all its digits. */
const SMALLEST_MAGNITUDE = 2 ** -1022;

export class QuantileScale {
  /** Most buckets that are kept for each sign. */
  readonly limit: number;
  private readonly relativeError: number;
  private readonly logGamma: number;

  /** 0 < relativeError < 1. */
  constructor(relativeError: number) {
    this.relativeError = Math.max(relativeError, SMALLEST_ERROR);
    // ln((1 + α) / (1 − α)), also exact for small α.
    this.logGamma = 2 * Math.atanh(this.relativeError);
    const wanted = Math.ceil(Math.log(COVERED_RANGE) / this.logGamma);
    this.limit = Math.min(MAX_LIMIT, Math.max(MIN_LIMIT, wanted));
  }

  isZero(value: number): boolean {
    return Math.abs(value) < SMALLEST_MAGNITUDE;
  }

  /** `magnitude` > 0. */
  bucketOf(magnitude: number): number {
    return Math.ceil(Math.log(magnitude) / this.logGamma);
  }

  /** The magnitude whose relative distance to both ends of the bucket is the relative error: 2γ^i / (γ + 1). */
  magnitudeOf(bucket: number): number {
    return Math.exp(bucket * this.logGamma) * (1 - this.relativeError);
  }
}

// What the aggregates take of one record: a number or the bytes of a scalar for each of them, and when it happened.

/** Filled by whoever reads records and passed on by reference: nothing here is allocated per record. */
export interface AggregateInputs {
  readonly eventTimeMs: number;
  /**
   * By aggregate: the number; 1 when a scalar (or a record that counts) is there; NaN: null, absent, or left out by the aggregate's
   * own filter.
   */
  readonly inputs: Float64Array;
  /**
   * For aggregates over scalars (`takesScalar`): canonical bytes of input i are `scalarBytes[scalarStarts[i], scalarEnds[i])`. They
   * mean something only when `inputs[i]` is not NaN.
   */
  readonly scalarBytes: Buffer;
  readonly scalarStarts: Int32Array;
  readonly scalarEnds: Int32Array;
}

// What a record's fields are after a scan: one slot per path. Whoever reads fields (key, event time, filters, inputs) reads these.

/**
 * Slot i is of `paths[i]` and has type `types[i]` (the scanner's constants). A text's content, without quotes, a number's text, and an
 * object's or list's whole text are `[starts[i], ends[i])` of the record's buffer; `escaped[i]` is 1 when a text holds a backslash;
 * `numbers[i]` is the value of a number. Valid until the next record.
 */
export interface FieldSlots {
  readonly paths: readonly string[];
  readonly types: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly escaped: Uint8Array;
  readonly numbers: Float64Array;
}

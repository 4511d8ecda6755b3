// Reads the value of an expression: the input of an aggregate.

export interface ValueReader {
  /** The number after `VALUE_NUMBER`; not necessarily finite. */
  readonly number: number;
  /** The answer after `VALUE_BOOLEAN`. */
  readonly boolean: boolean;
  /** The text after `VALUE_TEXT` is UTF-8 `bytes[start, end)` (lone surrogates in their three-byte form), until the next read. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** `VALUE_NULL`, `VALUE_NUMBER`, `VALUE_TEXT`, `VALUE_BOOLEAN` or `VALUE_ERROR` for the record whose fields are in the slots. */
  read(buffer: Buffer): number;
}

// What the reader sees of a record of the log.

/** A record where it lies, as a cursor over a batch shows it. A start of −1 is null. */
export interface RecordView {
  readonly buffer: Buffer;
  /** For messages. */
  readonly offset: number;
  /** −1: none. */
  readonly timestampMs: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  /** All headers, as the record holds them: read only when the job uses one. */
  readonly headersStart: number;
  readonly headersEnd: number;
  readonly headerCount: number;
}

// What can go wrong with state that is kept in memory or read back: two errors, told apart by what the owner has to do.

/** Bytes that do not decode: another version, a flipped bit, a cut. The owner falls back to an older copy or stops, never guesses. */
export class CorruptStateError extends Error {
  readonly code = 'CORRUPT_STATE';
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'CorruptStateError';
  }
}

/** A table that would outgrow what it can address. */
export class StateLimitError extends Error {
  readonly code = 'STATE_LIMIT';
  constructor(message: string) {
    super(message);
    this.name = 'StateLimitError';
  }
}

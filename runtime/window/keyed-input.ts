// What windows take in: one record after extraction, or rows that an ingest task has pre-aggregated.
import type { AggregateInputs } from '../aggregate/index.ts';
import type { ReadonlyColumns } from '../state/index.ts';

/** A record after extraction: its canonical key is `keyBytes[keyStart, keyEnd)`, `keyHash` is murmur2 of these bytes. */
export interface KeyedInput extends AggregateInputs {
  readonly keyBytes: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly keyHash: number;
}

/** Pre-aggregated rows of one pane. Key of row i is `buffer[keysStart + keyOffsets[i], keysStart + keyOffsets[i + 1])`. */
export interface PartialRows extends ReadonlyColumns {
  readonly paneStartMs: number;
  readonly rowCount: number;
  readonly buffer: Buffer;
  readonly keysStart: number;
  readonly keyOffsets: Int32Array;
  readonly hashes: Int32Array;
}

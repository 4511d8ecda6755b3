// Encodes records (magic 2) into one growing buffer, behind room for the header of their batch. The writer keeps the builder until the commit is
// known, so records carry an owner: a task that was lost meanwhile is left out when the rest is sent again.
import { HEADER_BYTES } from './layout.ts';
import { RecordCursor } from './record-cursor.ts';
import type { RecordBatch } from './record-batch.ts';
import { varintSize, writeVarint } from './varint.ts';

export interface RecordInput {
  /** Epoch milliseconds, an integer. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** A run of records of one owner. */
interface Segment {
  readonly owner: number;
  /** Index of its first record. */
  readonly from: number;
}

const NO_KEY = new Uint8Array(0);
const INITIAL_BYTES = 4096;
const NO_OWNER = -1;

/**
 * Records in the order they were appended. `sizeBytes` is the size of the encoded records without the batch header; the first
 * record's timestamp is the base of all. The buffer is replaced when it grows: read `buffer` after `beginRecord`.
 */
export class RecordsBuilder {
  buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  count = 0;
  /** The bytes of the builder's own buffer are, or may be, on their way to a broker. */
  isLent = false;
  #end = HEADER_BYTES;
  baseTimestampMs = 0;
  maxTimestampMs = 0;

  #segments: Segment[] = [];
  #owner = NO_OWNER;

  // The record between beginRecord and endRecord.
  #open = false;
  #openTimestampMs = 0;
  #openKey: Uint8Array = NO_KEY;
  #openKeyStart = -1;
  #openKeyEnd = -1;
  #openValueStart = 0;
  #openValueLength = 0;
  /** Bytes of its attributes, deltas and key. */
  #openFixedBytes = 0;

  get sizeBytes(): number {
    return this.#end - HEADER_BYTES;
  }

  /** Records that follow belong to this owner (a number of the caller's choice, ≥ 0). */
  owner(id: number): void {
    this.#owner = id;
  }

  /** Owners that have a record here. */
  owners(): Set<number> {
    return new Set(this.#segments.map((segment) => segment.owner));
  }

  append(record: RecordInput): void {
    const { key, value, headers } = record;
    if (headers !== undefined && headers.length > 0) {
      this.#appendWithHeaders(record, headers);
      return;
    }
    const at = this.beginRecord(
      record.timestampMs,
      key ?? NO_KEY,
      key === null ? -1 : 0,
      key?.length ?? -1,
      value?.length ?? -1,
    );
    if (value !== null) this.buffer.set(value, at);
    this.endRecord();
  }

  /**
   * Begins a record without headers and returns the position in `buffer` at which its value is to be written: exactly
   * `valueLength` bytes, or fewer when `endRecord` is told where they end. The key is `key[keyStart, keyEnd)`, null for a
   * `keyStart` of −1; it is copied by `endRecord`. A `valueLength` of −1 is the null value. Nothing is appended before
   * `endRecord`, so a record that was begun and given up leaves no trace.
   */
  // oxlint-disable-next-line max-params -- the hot path makes no object per record
  beginRecord(timestampMs: number, key: Uint8Array, keyStart: number, keyEnd: number, valueLength: number): number {
    if (!Number.isSafeInteger(timestampMs))
      throw new RangeError(`a record timestamp is an integer of milliseconds, not ${timestampMs}`);
    this.#open = true;
    this.#openTimestampMs = timestampMs;
    this.#openKey = key;
    this.#openKeyStart = keyStart;
    this.#openKeyEnd = keyEnd;
    this.#openValueLength = valueLength;
    const timestampDelta = this.count === 0 ? 0 : timestampMs - this.baseTimestampMs;
    const keyLength = keyStart < 0 ? -1 : keyEnd - keyStart;
    this.#openFixedBytes =
      1 + varintSize(timestampDelta) + varintSize(this.count) + varintSize(keyLength) + (keyLength > 0 ? keyLength : 0);
    const headBytes = this.#headBytes(valueLength);
    this.#reserve(headBytes + Math.max(valueLength, 0) + 1);
    this.#openValueStart = this.#end + headBytes;
    return this.#openValueStart;
  }

  /** Ends the record; `valueEnd` is the position in `buffer` after the last byte of a value that came out shorter. */
  endRecord(valueEnd?: number): void {
    if (!this.#open) throw new Error('endRecord was called without beginRecord');
    const writtenAt = this.#openValueStart;
    const reserved = Math.max(this.#openValueLength, 0);
    if (valueEnd !== undefined) {
      const length = valueEnd - writtenAt;
      if (length < 0 || length > reserved)
        throw new RangeError(`a value of ${length} bytes was written where ${reserved} were reserved`);
      this.#openValueLength = length;
    }
    const valueLength = this.#openValueLength;
    const valueBytes = Math.max(valueLength, 0);
    const valueAt = this.#end + this.#headBytes(valueLength);
    // Shorter lengths may take fewer bytes; then the value moves left.
    if (valueAt !== writtenAt) this.buffer.copyWithin(valueAt, writtenAt, writtenAt + valueBytes);
    this.#writeHead(this.#bodyBytes(valueLength) + valueBytes + 1, valueLength);
    this.buffer[valueAt + valueBytes] = 0; // no headers
    this.#commit(valueAt + valueBytes + 1);
  }

  /** A new builder with the records of all other owners, in their order. */
  without(owners: ReadonlySet<number>): RecordsBuilder {
    return this.#copy((owner) => !owners.has(owner), null);
  }

  /** A new builder with all records, stamped with this time: for brokers that refuse the one they had. */
  withTimestamp(timestampMs: number): RecordsBuilder {
    return this.#copy(() => true, timestampMs);
  }

  /** New builders with all records in their order, none larger than `maxBytes` unless it holds a single record. */
  split(maxBytes: number): RecordsBuilder[] {
    const parts: RecordsBuilder[] = [];
    let start = HEADER_BYTES;
    this.#each((owner, cursor) => {
      let part = parts.at(-1);
      if (part === undefined || part.sizeBytes + (cursor.headersEnd - start) > maxBytes)
        parts.push((part = new RecordsBuilder()));
      start = cursor.headersEnd;
      part.owner(owner);
      part.#appendEncoded(cursor, cursor.timestampMs);
    });
    return parts;
  }

  /** The records as a batch at offset 0, for a cursor. It refers to this builder's buffer: append nothing while it is in use. */
  asBatch(): RecordBatch {
    return {
      baseOffset: 0,
      nextOffset: this.count,
      recordCount: this.count,
      baseTimestampMs: this.baseTimestampMs,
      appendTimestampMs: null,
      leaderEpoch: -1,
      buffer: this.buffer,
      start: HEADER_BYTES,
      end: this.#end,
    };
  }

  /** Empties the builder, keeps its memory. The owner set last stays. */
  reset(): void {
    this.count = 0;
    this.isLent = false;
    this.#end = HEADER_BYTES;
    this.baseTimestampMs = 0;
    this.maxTimestampMs = 0;
    this.#segments = [];
    this.#open = false;
  }

  #copy(keep: (owner: number) => boolean, timestampMs: number | null): RecordsBuilder {
    const copy = new RecordsBuilder();
    this.#each((owner, cursor) => {
      if (!keep(owner)) return;
      copy.owner(owner);
      copy.#appendEncoded(cursor, timestampMs ?? cursor.timestampMs);
    });
    copy.owner(this.#owner);
    return copy;
  }

  #each(visit: (owner: number, cursor: RecordCursor) => void): void {
    const cursor = new RecordCursor();
    cursor.reset(this.asBatch());
    let segment = 0;
    for (let index = 0; cursor.next(); index++) {
      while ((this.#segments[segment + 1]?.from ?? Infinity) <= index) segment++;
      visit(this.#segments[segment]?.owner ?? NO_OWNER, cursor);
    }
  }

  /** Header bytes are taken over as they are, whatever they hold. */
  #appendEncoded(cursor: RecordCursor, timestampMs: number): void {
    const { buffer } = cursor;
    const valueLength = cursor.valueStart < 0 ? -1 : cursor.valueEnd - cursor.valueStart;
    const headerBytes = cursor.headersEnd - cursor.headersStart;
    const at = this.beginRecord(timestampMs, buffer, cursor.keyStart, cursor.keyEnd, valueLength);
    if (valueLength > 0) buffer.copy(this.buffer, at, cursor.valueStart, cursor.valueEnd);
    if (cursor.headerCount === 0) {
      this.endRecord();
      return;
    }
    this.#endWithHeaders(cursor.headerCount, buffer.subarray(cursor.headersStart, cursor.headersStart + headerBytes));
  }

  #appendWithHeaders(record: RecordInput, headers: NonNullable<RecordInput['headers']>): void {
    const { key, value, timestampMs } = record;
    const encoded = encodeHeaders(headers);
    const at = this.beginRecord(
      timestampMs,
      key ?? NO_KEY,
      key === null ? -1 : 0,
      key?.length ?? -1,
      value?.length ?? -1,
    );
    if (value !== null) this.buffer.set(value, at);
    this.#endWithHeaders(headers.length, encoded);
  }

  #endWithHeaders(headerCount: number, headers: Uint8Array): void {
    const valueLength = this.#openValueLength;
    const valueBytes = Math.max(valueLength, 0);
    const tailBytes = varintSize(headerCount) + headers.length;
    const bodyBytes = this.#bodyBytes(valueLength) + valueBytes + tailBytes;
    const valueAt = this.#end + varintSize(bodyBytes) + this.#bodyBytes(valueLength);
    this.#reserve(valueAt - this.#end + valueBytes + tailBytes);
    this.buffer.copyWithin(valueAt, this.#openValueStart, this.#openValueStart + valueBytes);
    this.#writeHead(bodyBytes, valueLength);
    const at = writeVarint(this.buffer, valueAt + valueBytes, headerCount);
    this.buffer.set(headers, at);
    this.#commit(at + headers.length);
  }

  /** Bytes between the length field and the value: attributes, deltas, key, value length. */
  #bodyBytes(valueLength: number): number {
    return this.#openFixedBytes + varintSize(valueLength);
  }

  /** Bytes before the value of a record without headers, its length field included. */
  #headBytes(valueLength: number): number {
    const bodyBytes = this.#bodyBytes(valueLength);
    return varintSize(bodyBytes + Math.max(valueLength, 0) + 1) + bodyBytes;
  }

  #writeHead(recordLength: number, valueLength: number): void {
    const { buffer } = this;
    const key = this.#openKey;
    const keyStart = this.#openKeyStart;
    const keyEnd = this.#openKeyEnd;
    if (this.count === 0) this.baseTimestampMs = this.maxTimestampMs = this.#openTimestampMs;
    let at = writeVarint(buffer, this.#end, recordLength);
    buffer[at++] = 0; // attributes
    at = writeVarint(buffer, at, this.#openTimestampMs - this.baseTimestampMs);
    at = writeVarint(buffer, at, this.count);
    if (keyStart < 0) {
      at = writeVarint(buffer, at, -1);
    } else {
      at = writeVarint(buffer, at, keyEnd - keyStart);
      // A loop: keys are short, and a native copy has a cost of its own.
      for (let from = keyStart; from < keyEnd; from++) buffer[at++] = key[from] as number;
    }
    writeVarint(buffer, at, valueLength);
  }

  #commit(end: number): void {
    if (this.#segments.at(-1)?.owner !== this.#owner) this.#segments.push({ owner: this.#owner, from: this.count });
    if (this.#openTimestampMs > this.maxTimestampMs) this.maxTimestampMs = this.#openTimestampMs;
    this.#end = end;
    this.count++;
    this.#open = false;
    this.#openKey = NO_KEY;
  }

  #reserve(moreBytes: number): void {
    const needed = this.#end + moreBytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    // All of it: a value may have been written beyond the end already.
    this.buffer.copy(grown);
    this.buffer = grown;
  }
}

function encodeHeaders(headers: NonNullable<RecordInput['headers']>): Buffer {
  const parts: Uint8Array[] = [];
  for (const { key, value } of headers) {
    const keyBytes = Buffer.from(key, 'utf8');
    parts.push(varint(keyBytes.length), keyBytes, varint(value === null ? -1 : value.length));
    if (value !== null) parts.push(value);
  }
  return Buffer.concat(parts);
}

function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(varintSize(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

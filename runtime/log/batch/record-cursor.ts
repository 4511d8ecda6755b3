// Walks the records of one decoded batch. Positions are left in public fields, so that the hot loop makes no object per record.
import { BrokerError } from '../broker.ts';
import type { RecordBatch } from './record-batch.ts';

const EMPTY = Buffer.alloc(0);
const INT32_VARINT_BYTES = 5;
const INT64_VARINT_BYTES = 10;

/**
 * After `next()` returned true the fields describe one record: key bytes are `buffer[keyStart, keyEnd)`, value bytes
 * `buffer[valueStart, valueEnd)`; a start of −1 means null. Header bytes lie in `buffer[headersStart, headersEnd)`.
 * The cursor may be used again for another batch. Throws `BrokerError` CORRUPT for bytes that are no records.
 */
export class RecordCursor {
  buffer: Buffer = EMPTY;
  offset = 0;
  timestampMs = 0;
  keyStart = -1;
  keyEnd = -1;
  valueStart = -1;
  valueEnd = -1;
  headersStart = 0;
  headersEnd = 0;
  headerCount = 0;

  #position = 0;
  #end = 0;
  #left = 0;
  #baseOffset = 0;
  #baseTimestampMs = 0;
  #fixedTimestamp = false;

  reset(batch: RecordBatch): void {
    this.buffer = batch.buffer;
    this.#position = batch.start;
    this.#end = batch.end;
    this.#left = batch.recordCount;
    this.#baseOffset = batch.baseOffset;
    this.#fixedTimestamp = batch.appendTimestampMs !== null;
    this.#baseTimestampMs = batch.appendTimestampMs ?? batch.baseTimestampMs;
  }

  next(): boolean {
    if (this.#left === 0) {
      if (this.#position !== this.#end) this.#fail(`${this.#end - this.#position} bytes follow the last record`);
      return false;
    }
    const length = this.#varint32();
    const recordEnd = this.#position + length;
    if (length < 0 || recordEnd > this.#end) this.#fail(`a record of ${length} bytes leaves the batch`);
    this.#position++; // record attributes: none are defined
    const timestampDelta = this.#varint64();
    this.timestampMs = this.#fixedTimestamp ? this.#baseTimestampMs : this.#baseTimestampMs + timestampDelta;
    this.offset = this.#baseOffset + this.#varint32();

    const keyLength = this.#varint32();
    if (keyLength < 0) {
      if (keyLength !== -1) this.#fail(`key length ${keyLength}`);
      this.keyStart = this.keyEnd = -1;
    } else {
      this.keyStart = this.#position;
      this.#position = this.keyEnd = this.#position + keyLength;
    }
    const valueLength = this.#position < recordEnd ? this.#varint32() : this.#fail('a key leaves its record');
    if (valueLength < 0) {
      if (valueLength !== -1) this.#fail(`value length ${valueLength}`);
      this.valueStart = this.valueEnd = -1;
    } else {
      this.valueStart = this.#position;
      this.#position = this.valueEnd = this.#position + valueLength;
    }
    const headerCount = this.#position < recordEnd ? this.#varint32() : this.#fail('a value leaves its record');
    const headerBytes = recordEnd - this.#position;
    // A header takes two bytes at least (empty key, null value).
    if (headerCount < 0 || headerBytes < headerCount * 2 || (headerCount === 0 && headerBytes !== 0)) {
      this.#fail(`${headerCount} headers in ${headerBytes} bytes`);
    }
    this.headerCount = headerCount;
    this.headersStart = this.#position;
    this.headersEnd = recordEnd;
    this.#position = recordEnd;
    this.#left--;
    return true;
  }

  // Reading beyond the buffer yields undefined, which the bit operators take for 0: the loops end, the checks above find it.
  #varint32(): number {
    let byte = this.buffer[this.#position++] as number;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    for (let index = 1; index < INT32_VARINT_BYTES; index++) {
      byte = this.buffer[this.#position++] as number;
      value |= (byte & 0x7f) << (index * 7);
      if ((byte & 0x80) === 0) return (value >>> 1) ^ -(value & 1);
    }
    return this.#fail('a 32-bit number of more than 5 bytes');
  }

  #varint64(): number {
    let byte = this.buffer[this.#position++] as number;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    const negative = (byte & 1) !== 0;
    let magnitude = (byte & 0x7f) >>> 1;
    let factor = 64;
    for (let index = 1; index < INT64_VARINT_BYTES; index++) {
      byte = this.buffer[this.#position++] as number;
      magnitude += (byte & 0x7f) * factor;
      if ((byte & 0x80) === 0) return negative ? -magnitude - 1 : magnitude;
      factor *= 128;
    }
    return this.#fail('a 64-bit number of more than 10 bytes');
  }

  #fail(what: string): never {
    throw new BrokerError(
      'CORRUPT',
      `record batch at offset ${this.#baseOffset} cannot be decoded: ${what}. The producer wrote an invalid batch; ` +
        'inspect it with kafka-dump-log.sh and skip it by moving the start offset',
    );
  }
}

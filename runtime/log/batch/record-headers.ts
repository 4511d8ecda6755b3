// Headers of a record. Apart from the cursor, because few records have any and fewer are read.
import { BrokerError } from '../broker.ts';

/** Where the headers of a record lie; what a cursor shows of the record it stands on. */
export interface HeadersView {
  readonly buffer: Buffer;
  /** For messages. */
  readonly offset: number;
  readonly headersStart: number;
  readonly headersEnd: number;
  readonly headerCount: number;
}

export interface RecordHeader {
  readonly key: string;
  /** Bytes of the fetch buffer, not copied. */
  readonly value: Buffer | null;
}

/** All headers of the record in their order; keys may repeat. Throws `BrokerError` CORRUPT. */
export function readHeaders(record: HeadersView): RecordHeader[] {
  const { buffer, headersEnd: end, offset } = record;
  let position = record.headersStart;

  const fail = (what: string): never => {
    throw new BrokerError('CORRUPT', `the headers of the record at offset ${offset} cannot be decoded: ${what}`);
  };
  const readLength = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (position >= end) fail('they leave the record');
      const byte = buffer[position++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 128) return (value >>> 1) ^ -(value & 1);
    }
    return fail('a length of more than 5 bytes');
  };
  const readBytes = (length: number): Buffer => {
    if (length < 0 || length > end - position) fail(`a length of ${length} where ${end - position} bytes are left`);
    position += length;
    return buffer.subarray(position - length, position);
  };

  const headers: RecordHeader[] = [];
  for (let index = 0; index < record.headerCount; index++) {
    const key = readBytes(readLength()).toString('utf8');
    const length = readLength();
    headers.push({ key, value: length === -1 ? null : readBytes(length) });
  }
  if (position !== end) fail(`${end - position} bytes follow the last header`);
  return headers;
}

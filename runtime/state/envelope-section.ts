// A record that travels by itself, because whether it is late depends on what the aggregate task knows: what the job takes of it
// and, when somebody wants late records, the record as it was.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** What a job takes of a record. */
export interface EnvelopeRecord {
  readonly eventTimeMs: number;
  readonly keyBytes: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly keyHash: number;
  /** By aggregate; NaN: none. */
  readonly inputs: Float64Array;
  /** Canonical bytes of input i, where it is a scalar: `scalarBytes[scalarStarts[i], scalarEnds[i])`. */
  readonly scalarBytes: Buffer;
  readonly scalarStarts: Int32Array;
  readonly scalarEnds: Int32Array;
}

/** The record in its log, as a cursor shows it: a start of −1 is null. */
export interface EnvelopeOriginal {
  readonly offset: number;
  readonly timestampMs: number;
  readonly buffer: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
  readonly headersStart: number;
  readonly headersEnd: number;
  readonly headerCount: number;
}

const FIXED_BYTES = 24 + 4 + 4 + 12 + 4 + 2;
const SCALAR_SIZE_BYTES = 4;

/** Bytes that `writeEnvelope` takes. */
export function envelopeBytes(record: EnvelopeRecord, original: EnvelopeOriginal): number {
  let size = FIXED_BYTES + record.keyEnd - record.keyStart;
  size += original.keyEnd - original.keyStart + original.valueEnd - original.valueStart;
  size += original.headersEnd - original.headersStart;
  for (let i = 0; i < record.inputs.length; i++) size += 8 + SCALAR_SIZE_BYTES + scalarSize(record, i);
  return size;
}

export function writeEnvelope(writer: ByteWriter, record: EnvelopeRecord, original: EnvelopeOriginal): void {
  const { inputs, scalarBytes, scalarStarts } = record;
  writer.f64(original.offset);
  writer.f64(record.eventTimeMs);
  writer.f64(original.timestampMs);
  writer.i32(record.keyHash);
  writer.u32(record.keyEnd - record.keyStart);
  writer.bytes(record.keyBytes, record.keyStart, record.keyEnd);
  writeBytes(writer, original.buffer, original.keyStart, original.keyEnd);
  writeBytes(writer, original.buffer, original.valueStart, original.valueEnd);
  writer.u32(original.headerCount);
  writeBytes(writer, original.buffer, original.headersStart, original.headersEnd);
  writer.u16(inputs.length);
  for (let i = 0; i < inputs.length; i++) {
    const size = scalarSize(record, i);
    writer.f64(inputs[i]!);
    writer.u32(size);
    if (size > 0) writer.bytes(scalarBytes, scalarStarts[i]!, scalarStarts[i]! + size);
  }
}

/** Bytes of the record and of the original are positions in the block's buffer. */
export class EnvelopeSection implements EnvelopeRecord {
  eventTimeMs = 0;
  keyBytes: Buffer = Buffer.alloc(0);
  keyStart = 0;
  keyEnd = 0;
  keyHash = 0;
  readonly inputs: Float64Array;
  scalarBytes: Buffer = this.keyBytes;
  readonly scalarStarts: Int32Array;
  readonly scalarEnds: Int32Array;
  /** Key, value and headers only if the writer was told to keep them: null and none otherwise. */
  readonly original = {
    offset: 0,
    timestampMs: 0,
    buffer: this.keyBytes,
    keyStart: -1,
    keyEnd: -1,
    valueStart: -1,
    valueEnd: -1,
    headersStart: 0,
    headersEnd: 0,
    headerCount: 0,
  };

  constructor(inputCount: number) {
    this.inputs = new Float64Array(inputCount);
    this.scalarStarts = new Int32Array(inputCount);
    this.scalarEnds = new Int32Array(inputCount);
  }

  read(reader: ByteReader): void {
    const { original, inputs, scalarStarts, scalarEnds } = this;
    this.keyBytes = this.scalarBytes = original.buffer = reader.buffer;
    original.offset = reader.f64();
    this.eventTimeMs = reader.f64();
    original.timestampMs = reader.f64();
    this.keyHash = reader.i32();
    const keySize = reader.u32();
    this.keyStart = reader.take(keySize);
    this.keyEnd = this.keyStart + keySize;
    original.keyStart = readBytes(reader);
    original.keyEnd = original.keyStart < 0 ? -1 : reader.position;
    original.valueStart = readBytes(reader);
    original.valueEnd = original.valueStart < 0 ? -1 : reader.position;
    original.headerCount = reader.u32();
    original.headersStart = Math.max(0, readBytes(reader));
    original.headersEnd = original.headersStart === 0 ? 0 : reader.position;
    const inputCount = reader.u16();
    if (inputCount !== inputs.length) {
      reader.fail(`a record has ${inputCount} inputs, this job takes ${inputs.length}: it belongs to another plan`);
    }
    for (let i = 0; i < inputCount; i++) {
      inputs[i] = reader.f64();
      const size = reader.u32();
      scalarStarts[i] = reader.take(size);
      scalarEnds[i] = reader.position;
    }
  }
}

/** What is kept of an original that nobody wants to see. */
export function withoutContent({ offset, timestampMs, buffer }: EnvelopeOriginal): EnvelopeOriginal {
  const nothing = { keyStart: -1, keyEnd: -1, valueStart: -1, valueEnd: -1 };
  return { offset, timestampMs, buffer, ...nothing, headersStart: -1, headersEnd: -1, headerCount: 0 };
}

/** Positions of an input that is not there are left over from other records. */
function scalarSize({ inputs, scalarStarts, scalarEnds }: EnvelopeRecord, index: number): number {
  return Number.isNaN(inputs[index]) ? 0 : scalarEnds[index]! - scalarStarts[index]!;
}

function writeBytes(writer: ByteWriter, buffer: Buffer, start: number, end: number): void {
  writer.i32(start < 0 ? -1 : end - start);
  if (start >= 0) writer.bytes(buffer, start, end);
}

/** Where the bytes start, up to `reader.position`; −1 for null. */
function readBytes(reader: ByteReader): number {
  const size = reader.i32();
  return size < 0 ? -1 : reader.take(size);
}

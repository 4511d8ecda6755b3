// Writes the blocks of one source partition for one shuffle partition. Sections keep the order of the calls, and that order is
// part of the meaning: partials before the watermark that closes them, a late record after it.
import { ByteWriter, CHECKSUM_BYTES } from './byte-writer.ts';
import { StateLimitError } from './errors.ts';
import type { KeyTable } from './key-table.ts';
import {
  BLOCK_FORMAT,
  BLOCK_HEADER_BYTES,
  BLOCK_OVERHEAD_BYTES,
  FLAG_IDLE,
  FLAG_QUIET,
  MAX_BLOCK_BYTES,
  planHashNumber,
  SECTION_CONTROL,
  SECTION_ENVELOPE,
  SECTION_HEADER_BYTES,
  SECTION_PARTIALS,
} from './shuffle-block.ts';

export interface PartialsInput {
  readonly paneStartMs: number;
  /** Highest event time among the records of these rows. */
  readonly maxEventTimeMs: number;
  /** A table with provenance. */
  readonly table: KeyTable;
  /** Rows to write: `rows[from, to)`, in order of insertion. */
  readonly rows: Int32Array;
  readonly from: number;
  readonly to: number;
}

export interface ControlInput {
  readonly watermarkMs: number;
  readonly idle: boolean;
  readonly quiet: boolean;
  /** Source partitions known to the announcer. */
  readonly partitionCount: number;
}

/** A record behind its own partition's watermark, which travels by itself. A start of −1: null key, value left out. */
export interface EnvelopeInput {
  readonly offset: number;
  readonly eventTimeMs: number;
  readonly timestampMs: number;
  readonly keyBytes: Buffer;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly keyHash: number;
  readonly inputs: Float64Array;
  readonly buffer: Buffer;
  readonly recordKeyStart: number;
  readonly recordKeyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

const PARTIALS_HEAD_BYTES = 34;
const PROVENANCE_AND_KEY_BYTES = 20;
const ENVELOPE_HEAD_BYTES = 42;
const MAX_OFFSET_SPAN = 2 ** 32 - 1;

/** Block i of those written is `buffer[starts[i], ends[i])`; `reset()` starts over in the same memory. */
export class ShuffleBlockWriter {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  private readonly planHash: number;
  private readonly sourcePartition: number;
  private readonly maxBytes: number;
  private readonly bytes = new ByteWriter(4096);
  private column = new Float64Array(64);
  private words = new Uint32Array(64);
  private open = false;

  constructor(options: { planHash: string; sourcePartition: number; maxBytes?: number }) {
    this.planHash = planHashNumber(options.planHash);
    this.sourcePartition = options.sourcePartition;
    this.maxBytes = options.maxBytes ?? MAX_BLOCK_BYTES;
  }

  get buffer(): Buffer {
    return this.bytes.buffer;
  }

  /** Bytes written so far. */
  get sizeBytes(): number {
    return this.bytes.length;
  }

  get isEmpty(): boolean {
    return this.bytes.length === 0;
  }

  appendPartials(input: PartialsInput): void {
    for (let from = input.from; from < input.to; ) from = this.appendSomePartials(input, from);
  }

  appendControl({ watermarkMs, idle, quiet, partitionCount }: ControlInput): void {
    const { bytes } = this;
    this.section(SECTION_CONTROL, 13);
    bytes.f64(watermarkMs);
    bytes.u32(partitionCount);
    bytes.u8((idle ? FLAG_IDLE : 0) | (quiet ? FLAG_QUIET : 0));
  }

  appendEnvelope(record: EnvelopeInput): void {
    const { bytes } = this;
    const { inputs } = record;
    const keySize = record.keyEnd - record.keyStart;
    const recordKeySize = record.recordKeyStart < 0 ? -1 : record.recordKeyEnd - record.recordKeyStart;
    const valueSize = record.valueStart < 0 ? -1 : record.valueEnd - record.valueStart;
    const size =
      ENVELOPE_HEAD_BYTES + keySize + Math.max(recordKeySize, 0) + Math.max(valueSize, 0) + 8 * inputs.length;
    this.section(SECTION_ENVELOPE, size);
    bytes.f64(record.offset);
    bytes.f64(record.eventTimeMs);
    bytes.f64(record.timestampMs);
    bytes.i32(record.keyHash);
    bytes.u32(keySize);
    bytes.bytes(record.keyBytes, record.keyStart, record.keyEnd);
    bytes.i32(recordKeySize);
    if (recordKeySize > 0) bytes.bytes(record.buffer, record.recordKeyStart, record.recordKeyEnd);
    bytes.i32(valueSize);
    if (valueSize > 0) bytes.bytes(record.buffer, record.valueStart, record.valueEnd);
    bytes.u16(inputs.length);
    bytes.array(inputs, inputs.length);
  }

  /** Closes the last block; the blocks stay valid until `reset` or the next append. */
  finish(): void {
    if (!this.open) return;
    this.bytes.checksum(this.starts.at(-1));
    this.ends.push(this.bytes.length);
    this.open = false;
  }

  reset(): void {
    this.bytes.reset();
    this.starts.length = 0;
    this.ends.length = 0;
    this.open = false;
  }

  /** Writes as many rows as fit into the block, one at least; returns the index of the first that did not. */
  private appendSomePartials({ paneStartMs, maxEventTimeMs, table, rows, to }: PartialsInput, from: number): number {
    const columns = table.columns.filter((column) => column.length > 0);
    const head = PARTIALS_HEAD_BYTES + table.columns.length;
    const rowBytes = PROVENANCE_AND_KEY_BYTES + 8 * columns.length;
    const baseOffset = table.firstOffsets[rows[from]!]!;
    // Rather a new block than a section of a few rows at the end of this one.
    const left =
      this.maxBytes -
      CHECKSUM_BYTES -
      SECTION_HEADER_BYTES -
      head -
      (this.open ? this.bytes.length - this.starts.at(-1)! : BLOCK_HEADER_BYTES);
    if (this.open && left < Math.min(this.maxBytes / 16, (to - from) * rowBytes)) this.finish();
    const room = this.open ? left : this.maxBytes - BLOCK_OVERHEAD_BYTES - SECTION_HEADER_BYTES - head;
    let end = from;
    let size = 0;
    let keyByteCount = 0;
    for (; end < to; end++) {
      const row = rows[end]!;
      const keySize = table.keyOffsets[row + 1]! - table.keyOffsets[row]!;
      const fits = size + rowBytes + keySize <= room && table.lastOffsets[row]! - baseOffset <= MAX_OFFSET_SPAN;
      if (!fits && end > from) break;
      size += rowBytes + keySize;
      keyByteCount += keySize;
    }
    const count = end - from;
    if (table.lastOffsets[rows[from]!]! - baseOffset > MAX_OFFSET_SPAN) {
      throw new StateLimitError(
        `One pre-aggregated row spans more than ${MAX_OFFSET_SPAN} offsets: commit more often.`,
      );
    }
    const { bytes } = this;
    this.section(SECTION_PARTIALS, head + size);
    bytes.f64(paneStartMs);
    bytes.f64(maxEventTimeMs);
    bytes.f64(baseOffset);
    bytes.u32(count);
    bytes.u32(keyByteCount);
    bytes.u16(table.columns.length);
    for (const column of table.columns) bytes.u8(column.length > 0 ? 1 : 0);
    if (count > this.column.length) {
      this.column = new Float64Array(count * 2);
      this.words = new Uint32Array(count * 2);
    }
    for (const column of columns) {
      for (let i = 0; i < count; i++) this.column[i] = column[rows[from + i]!]!;
      bytes.array(this.column, count);
    }
    this.gather(count, (i) => table.recordCounts[rows[from + i]!]!);
    this.gather(count, (i) => table.firstOffsets[rows[from + i]!]! - baseOffset);
    this.gather(count, (i) => table.lastOffsets[rows[from + i]!]! - baseOffset);
    this.gather(count, (i) => table.hashes[rows[from + i]!]!);
    let keyEnd = 0;
    this.gather(count, (i) => {
      keyEnd += table.keyOffsets[rows[from + i]! + 1]! - table.keyOffsets[rows[from + i]!]!;
      return keyEnd;
    });
    bytes.reserve(keyByteCount);
    const { buffer } = bytes;
    let at = bytes.length;
    for (let i = from; i < end; i++) {
      const keyEndAt = table.keyOffsets[rows[i]! + 1]!;
      for (let key = table.keyOffsets[rows[i]!]!; key < keyEndAt; key++) buffer[at++] = table.keyBytes[key]!;
    }
    bytes.length = at;
    return end;
  }

  private gather(count: number, value: (index: number) => number): void {
    for (let i = 0; i < count; i++) this.words[i] = value(i);
    this.bytes.array(this.words, count);
  }

  /** Begins a section of exactly `bodyBytes`, in a new block when it does not fit into this one. */
  private section(kind: number, bodyBytes: number): void {
    const { bytes } = this;
    const size = SECTION_HEADER_BYTES + bodyBytes;
    if (this.open && bytes.length - this.starts.at(-1)! + size + CHECKSUM_BYTES > this.maxBytes) this.finish();
    if (!this.open) {
      this.starts.push(bytes.length);
      this.open = true;
      bytes.u8(BLOCK_FORMAT);
      bytes.u32(this.planHash);
      bytes.u32(this.sourcePartition);
    }
    bytes.u8(kind);
    bytes.u32(bodyBytes);
  }
}

// Writes the blocks of one source partition for one shuffle partition. Sections keep the order of the calls, and that order is
// part of the meaning: partials before the watermark that closes them, a late record after it.
import { ByteWriter, CHECKSUM_BYTES } from './byte-writer.ts';
import {
  type EnvelopeOriginal,
  type EnvelopeRecord,
  envelopeBytes,
  withoutContent,
  writeEnvelope,
} from './envelope-section.ts';
import { type PartialsInput, PartialsWriter } from './partials-writer.ts';
import {
  BLOCK_FORMAT,
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

export interface ControlInput {
  readonly watermarkMs: number;
  readonly idle: boolean;
  readonly quiet: boolean;
  /** Source partitions known to the announcer. */
  readonly partitionCount: number;
}

const CONTROL_BYTES = 13;

/** Block i of those written is `buffer[starts[i], ends[i])`; `reset()` starts over in the same memory. */
export class ShuffleBlockWriter {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  private readonly planHash: number;
  private readonly sourcePartition: number;
  private readonly maxBytes: number;
  private readonly bytes = new ByteWriter(4096);
  private readonly partials: PartialsWriter;
  /** Where the open block starts; −1: none is open. */
  private blockStart = -1;

  /** `partials`: scratch memory that writers may share. */
  constructor(options: { planHash: string; sourcePartition: number; maxBytes?: number; partials?: PartialsWriter }) {
    this.planHash = planHashNumber(options.planHash);
    this.sourcePartition = options.sourcePartition;
    this.maxBytes = options.maxBytes ?? MAX_BLOCK_BYTES;
    this.partials = options.partials ?? new PartialsWriter();
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

  /** Rows in their order, in as many sections and blocks as it takes. */
  appendPartials(input: PartialsInput): void {
    const rowBytes = PartialsWriter.rowBytes(input.table);
    for (let from = input.from; from < input.to; ) {
      // Rather a new block than a section of a few rows at the end of this one.
      if (this.room < Math.min(this.maxBytes / 16, (input.to - from) * rowBytes)) this.finish();
      const slice = this.partials.plan(input, from, this.room);
      const sizeAt = this.begin(SECTION_PARTIALS, slice.bodyBytes);
      this.partials.write(this.bytes, input, slice);
      this.end(sizeAt);
      from = slice.end;
    }
  }

  appendControl({ watermarkMs, idle, quiet, partitionCount }: ControlInput): void {
    const { bytes } = this;
    const sizeAt = this.begin(SECTION_CONTROL, CONTROL_BYTES);
    bytes.f64(watermarkMs);
    bytes.u32(partitionCount);
    bytes.u8((idle ? FLAG_IDLE : 0) | (quiet ? FLAG_QUIET : 0));
    this.end(sizeAt);
  }

  /**
   * A record behind its own partition's watermark, which travels by itself. `original` is the record in its log; its key, value and
   * headers are written only with `keepsOriginal`.
   */
  appendEnvelope(record: EnvelopeRecord, original: EnvelopeOriginal, keepsOriginal: boolean): void {
    const kept = keepsOriginal ? original : withoutContent(original);
    const sizeAt = this.begin(SECTION_ENVELOPE, envelopeBytes(record, kept));
    writeEnvelope(this.bytes, record, kept);
    this.end(sizeAt);
  }

  /** Closes the last block; the blocks stay valid until `reset` or the next append. */
  finish(): void {
    if (this.blockStart < 0) return;
    this.bytes.checksum(this.blockStart);
    this.ends.push(this.bytes.length);
    this.blockStart = -1;
  }

  reset(): void {
    this.bytes.reset();
    this.starts.length = 0;
    this.ends.length = 0;
    this.blockStart = -1;
  }

  /** Bytes that the body of a section may have in the open block, or in a new one when none is open. */
  private get room(): number {
    const { maxBytes, blockStart, bytes } = this;
    if (blockStart < 0) return maxBytes - BLOCK_OVERHEAD_BYTES - SECTION_HEADER_BYTES;
    return maxBytes - (bytes.length - blockStart) - CHECKSUM_BYTES - SECTION_HEADER_BYTES;
  }

  /** Begins a section of at most `bodyBytes`, in a new block when it does not fit into this one; returns where its size goes. */
  private begin(kind: number, bodyBytes: number): number {
    const { bytes } = this;
    if (this.blockStart >= 0 && bodyBytes > this.room) this.finish();
    if (this.blockStart < 0) {
      this.blockStart = bytes.length;
      this.starts.push(bytes.length);
      bytes.u8(BLOCK_FORMAT);
      bytes.u32(this.planHash);
      bytes.u32(this.sourcePartition);
    }
    bytes.u8(kind);
    bytes.u32(0);
    return bytes.length - 4;
  }

  private end(sizeAt: number): void {
    this.bytes.patchU32(sizeAt, this.bytes.length - sizeAt - 4);
  }
}

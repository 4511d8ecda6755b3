// Walks the sections of one block. The section objects are reused: what they show is valid until the next call of `next`.
import { ByteReader } from './byte-reader.ts';
import type { TableLayout } from './columns.ts';
import { EnvelopeSection } from './envelope-section.ts';
import { PartialsSection } from './partials-section.ts';
import {
  BLOCK_FORMAT,
  FLAG_IDLE,
  FLAG_QUIET,
  SECTION_CONTROL,
  SECTION_END,
  SECTION_ENVELOPE,
  SECTION_PARTIALS,
} from './shuffle-block.ts';

/** The watermark of the block's source partition. */
export class ControlSection {
  partition = 0;
  watermarkMs = 0;
  idle = false;
  quiet = false;
  partitionCount = 0;

  read(reader: ByteReader, partition: number): void {
    this.partition = partition;
    this.watermarkMs = reader.f64();
    this.partitionCount = reader.u32();
    const flags = reader.u8();
    this.idle = (flags & FLAG_IDLE) !== 0;
    this.quiet = (flags & FLAG_QUIET) !== 0;
  }
}

export class ShuffleBlockReader {
  /** Of the block that is open; compare with `planHashNumber` of the job before anything else is believed. */
  planHash = 0;
  sourcePartition = 0;
  readonly partials: PartialsSection;
  readonly control = new ControlSection();
  readonly envelope: EnvelopeSection;
  private readonly reader = new ByteReader('shuffle record');

  /** `layout`: of the job's pre-aggregates; `inputCount`: its aggregates. */
  constructor(options: { layout: TableLayout; inputCount: number }) {
    this.partials = new PartialsSection(options.layout);
    this.envelope = new EnvelopeSection(options.inputCount);
  }

  /** Begins with the block `buffer[start, end)`. Throws `CorruptStateError` when it is not whole or of another version. */
  open(buffer: Buffer, start: number, end: number): void {
    const { reader } = this;
    reader.open(buffer, start, end).verifyChecksum();
    const version = reader.u8();
    if (version !== BLOCK_FORMAT) reader.fail(`format is version ${version}, this build reads ${BLOCK_FORMAT}`);
    this.planHash = reader.u32();
    this.sourcePartition = reader.u32();
  }

  /** Reads the next section into `partials`, `control` or `envelope` and returns its kind; `SECTION_END` after the last. */
  next(): number {
    const { reader } = this;
    if (reader.position === reader.end) return SECTION_END;
    const kind = reader.u8();
    const size = reader.u32();
    reader.within(size, () => this.read(kind));
    return kind;
  }

  private read(kind: number): void {
    const { reader } = this;
    if (kind === SECTION_PARTIALS) this.partials.read(reader);
    else if (kind === SECTION_CONTROL) this.control.read(reader, this.sourcePartition);
    else if (kind === SECTION_ENVELOPE) this.envelope.read(reader);
    else reader.fail(`section kind ${kind} is unknown`);
  }
}
